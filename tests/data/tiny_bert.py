"""A BERT of random weights in a folder as Hugging Face lays it out, and what it computes."""

import json

import numpy as np
from safetensors.numpy import save_file

PIECES = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", "a", "dog", "##s", "runs", "sleep", "."]
SIZE, LAYERS, HEADS, INNER, POSITIONS = 8, 2, 2, 16, 12
PIECES_OF = {
    "A dog runs.": ["a", "dog", "runs", "."],
    "dogs sleep": ["dog", "##s", "sleep"],
    "Zebra": ["[UNK]"],
    "": [],
}


def write_bert(folder, prefix="", seed=0):
    """Writes the folder and returns its weights by name."""
    random = np.random.default_rng(seed)
    weights = {}

    def dense(name, rows, columns):
        weights[f"{name}.weight"] = random.normal(0, 0.3, (rows, columns)).astype("float32")
        weights[f"{name}.bias"] = random.normal(0, 0.3, rows).astype("float32")

    def norm(name):
        weights[f"{name}.weight"] = random.uniform(0.5, 1.5, SIZE).astype("float32")
        weights[f"{name}.bias"] = random.normal(0, 0.3, SIZE).astype("float32")

    for name, rows in (("word", len(PIECES)), ("position", POSITIONS), ("token_type", 2)):
        dense(f"embeddings.{name}_embeddings", rows, SIZE)
        del weights[f"embeddings.{name}_embeddings.bias"]
    norm("embeddings.LayerNorm")
    for number in range(LAYERS):
        layer = f"encoder.layer.{number}"
        for part in ("query", "key", "value"):
            dense(f"{layer}.attention.self.{part}", SIZE, SIZE)
        dense(f"{layer}.attention.output.dense", SIZE, SIZE)
        norm(f"{layer}.attention.output.LayerNorm")
        dense(f"{layer}.intermediate.dense", INNER, SIZE)
        dense(f"{layer}.output.dense", SIZE, INNER)
        norm(f"{layer}.output.LayerNorm")
    dense("pooler.dense", SIZE, SIZE)
    folder.mkdir(parents=True, exist_ok=True)
    save_file({prefix + name: array for name, array in weights.items()}, folder / SAVED)
    (folder / "vocab.txt").write_text("\n".join(PIECES) + "\n")
    (folder / "tokenizer_config.json").write_text(json.dumps({"do_lower_case": True}))
    config = {
        "model_type": "bert",
        "vocab_size": len(PIECES),
        "hidden_size": SIZE,
        "num_hidden_layers": LAYERS,
        "num_attention_heads": HEADS,
        "intermediate_size": INNER,
        "max_position_embeddings": POSITIONS,
        "type_vocab_size": 2,
    }
    (folder / "config.json").write_text(json.dumps(config))
    return weights


SAVED = "model.safetensors"


def vector_by_definition(weights, pieces):
    """The vector of one sentence, without padding: token by token, head by head."""
    tokens = [PIECES.index(piece) for piece in ["[CLS]", *pieces, "[SEP]"]]
    hidden = np.stack(
        [
            weights["embeddings.word_embeddings.weight"][token]
            + weights["embeddings.position_embeddings.weight"][place]
            + weights["embeddings.token_type_embeddings.weight"][0]
            for place, token in enumerate(tokens)
        ]
    ).astype("float64")
    hidden = normed(weights, "embeddings.LayerNorm", hidden)
    for number in range(LAYERS):
        layer = f"encoder.layer.{number}"
        query, key, value = (
            through(weights, f"{layer}.attention.self.{part}", hidden)
            for part in ("query", "key", "value")
        )
        mixed, wide = np.zeros_like(hidden), SIZE // HEADS
        for head in range(HEADS):
            own = slice(head * wide, (head + 1) * wide)
            for place in range(len(tokens)):
                scores = key[:, own] @ query[place, own] / np.sqrt(wide)
                shares = np.exp(scores) / np.exp(scores).sum()
                mixed[place, own] = shares @ value[:, own]
        mixed = through(weights, f"{layer}.attention.output.dense", mixed)
        hidden = normed(weights, f"{layer}.attention.output.LayerNorm", hidden + mixed)
        inner = gelu(through(weights, f"{layer}.intermediate.dense", hidden))
        outer = through(weights, f"{layer}.output.dense", inner)
        hidden = normed(weights, f"{layer}.output.LayerNorm", hidden + outer)
    mean = hidden.mean(axis=0)
    return mean / np.sqrt((mean**2).sum())


def through(weights, name, hidden):
    return hidden @ weights[f"{name}.weight"].T + weights[f"{name}.bias"]


def normed(weights, name, hidden):
    centered = hidden - hidden.mean(axis=-1, keepdims=True)
    deviation = np.sqrt((centered**2).mean(axis=-1, keepdims=True) + 1e-12)
    return centered / deviation * weights[f"{name}.weight"] + weights[f"{name}.bias"]


def gelu(x):
    """The form with tanh, which keras-hub computes; BERT's own differs by at most 0.0005."""
    return x / 2 * (1 + np.tanh(np.sqrt(2 / np.pi) * (x + 0.044715 * x**3)))
