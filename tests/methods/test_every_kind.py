"""Methods train on benchmarks of every kind: tables, sentences and depth maps.

`tests/experiments/test_run.py` trains all of them on images.
"""

import dataclasses

import keras
import numpy as np
import pandas as pd
import pytest
from drawn_depth import draw, half_size_maps, load
from pair_files import made_up, write

import keras_ranksim as kr
from keras_ranksim.data.sentences.sts_b_files import FILES
from keras_ranksim.experiments.model import build_model
from keras_ranksim.experiments.training import weighted_for


def table(folder):
    random = np.random.default_rng(0)
    frame = pd.DataFrame({"a": random.normal(size=120), "b": random.normal(size=120)})
    frame["price"] = np.round(np.exp(4 + 0.8 * frame["a"]), 1)
    return kr.data.load_table(frame, label="price", name="prices", batch_size=84)


def pooled_words():
    """Two sentences as the means of their words: training a recurrent network takes long here."""
    sides = [keras.Input((40,), dtype="int32") for _ in range(2)]
    words = keras.layers.Embedding(50, 4)
    means = [keras.layers.GlobalAveragePooling1D()(words(side)) for side in sides]
    return sides, keras.layers.Dense(8, activation="relu")(keras.layers.Concatenate()(means))


def sentences(folder):
    for seed, (part, name) in enumerate(FILES.items()):
        write(folder / name, *made_up(40 if part == "train" else 10, seed))
    pairs = kr.data.load_sts_b_dir(folder, verify=False, batch_size=40, vector_size=8)
    return pairs.replace(make_network=pooled_words)


def depth(folder):
    draw(folder / "nyu")
    return load(folder / "nyu", cache_dir=folder / "cache", make_network=half_size_maps)


KINDS = {"table": table, "sentences": sentences, "depth": depth}


@pytest.fixture(scope="module", params=KINDS)
def benchmark(request, tmp_path_factory):
    return KINDS[request.param](tmp_path_factory.mktemp("kind"))


# What averages inputs needs numbers, and one label per sample.
NOT_MIXED = {
    "sentence": "must hold inputs of floating point numbers",
    "depth": "CMIXUP needs one label per sample",
}
METHODS = [
    "PRETRAIN + LDS + FDS + RANKSIM + RNC",
    "SQINV + LDS + FDS + RANKSIM + RNC",
    "SQINV + LDS + FDS + RANKSIM + DIST",
    "SQINV + LDS + FDS + RANKSIM + CMIXUP",
    "POWER + LDS + FDS + RANKSIM",
    "DENSE + FDS + RANKSIM",
    "UVOTE + LDS + FDS + RANKSIM",
    "CMIXUP",
]


@pytest.mark.parametrize("method", METHODS)
def test_two_epochs_end_with_a_finite_report(benchmark, method):
    if "CMIXUP" in method and benchmark.name != "prices":
        kind = "depth" if benchmark.data.dense else "sentence"
        with pytest.raises(ValueError, match=NOT_MIXED[kind]):
            kr.experiments.run(benchmark, method, epochs=2, verbose=0)
        return
    result = kr.experiments.run(benchmark, method, epochs=2, verbose=0)
    stages = len(result.method.stages)
    assert len(result.history["loss"]) == 2 * stages
    assert np.isfinite(result.history["loss"]).all()
    report = result.report.loc["all"].drop(["n", "shots"], errors="ignore")
    assert np.isfinite(report.dropna().astype(float)).all()
    assert np.isfinite(report.iloc[0])


def test_a_voting_head_answers_in_the_unit_of_the_label():
    """Also where a benchmark scales what other heads give, as tables do."""
    prices = table(None)
    assert prices.label_scale != 1
    built = build_model(prices, "UVOTE")
    assert isinstance(built.regressor, kr.layers.VotingHead)
    assert built.model.layers[-1] is built.regressor
    assert built.regressor.mean == pytest.approx(prices.train_labels.mean())


def test_lds_smooths_the_counts_of_voting_experts_and_weighs_no_sample():
    prices = table(None)
    heads = [build_model(prices, name).regressor for name in ("UVOTE", "UVOTE + LDS")]
    assert [head.smoothing["kernel"] for head in heads] == [None, "gaussian"]
    assert weighted_for(prices, kr.experiments.Method.parse("UVOTE + LDS")) is prices


def test_the_first_stage_has_a_loss_of_its_own():
    """RRT trains as usual first; PRETRAIN from the layers' terms alone."""
    prices, losses = table(None), {}
    recipe = dataclasses.replace(prices.recipe, epochs=1)
    for name in ("RRT + DIST", "PRETRAIN + RNC + DIST"):
        first = build_model(prices.replace(recipe=recipe), name).model.loss
        result = kr.experiments.run(prices, name, epochs=1, verbose=0)
        losses[name] = first, result.model.loss
    assert losses["RRT + DIST"][0] == recipe.loss
    assert losses["PRETRAIN + RNC + DIST"][0] is None
    assert all(isinstance(second, kr.losses.DistLoss) for _, second in losses.values())
