"""Rows of the papers' tables as values."""

import pytest

import keras_ranksim as kr
from keras_ranksim.data import Recipe
from keras_ranksim.experiments import Method
from keras_ranksim.experiments.published import published_table

AGES = Recipe(epochs=1, batch_size=1, learning_rate=1)
TEXT = Recipe(epochs=1, batch_size=1, learning_rate=1, weights={"scheme": "inverse"})


@pytest.mark.parametrize("benchmark", ["agedb-dir", "imdb-wiki-dir", "sts-b-dir"])
def test_the_grid_is_the_papers_rows_in_their_order(benchmark):
    published = published_table(benchmark)
    grid = Method.paper_grid("INV" if benchmark == "sts-b-dir" else "SQINV")
    assert [str(method) for method in grid] == published.index.tolist()
    assert len(set(grid)) == 32


def test_names_are_read_in_any_case_and_order():
    expected = Method("FOCAL-R", ("LDS", "FDS", "RANKSIM"))
    assert Method.parse("focal-r+RankSim + fds +LDS") == expected
    assert Method.parse("LDS") == Method("VANILLA", ("LDS",))
    assert Method.parse(expected) is expected
    assert Method.parse(str(expected)) == expected
    assert Method.parse("FocalR") == Method.parse("focal") == Method("FOCAL-R")
    assert expected.slug == "focal_r_lds_fds_ranksim"


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("VANILA", r"base \(VANILLA, .*BMSE.*\) and additions \(LDS, .*CONR.*'VANILA' is unknown"),
        ("SQINV + INV", r"one base.*SQINV and INV"),
        ("RRT + FDS + FDS", r"an addition once.*FDS twice"),
        (
            "DENSE + LDS",
            r"DENSE cannot be combined with LDS: LDS smooths.*: 'DENSE \+ LDS'",
        ),
        ("BMSE + DIST", r"may set the loss.*BMSE and DIST do"),
        ("UVOTE + DIST", r"may set the loss.*UVOTE and DIST do"),
        ("RRT + UVOTE", r"one base.*RRT and UVOTE"),
        ("PRETRAIN + LDS", r"PRETRAIN needs one of RNC, RANKSIM beside it.*'PRETRAIN \+ LDS'"),
        ("", r"'' is unknown"),
    ],
)
def test_wrong_names_are_told(name, message):
    with pytest.raises(ValueError, match=message):
        Method.parse(name)


def test_weights_follow_the_base_and_the_recipe():
    assert Method.parse("VANILLA").weighting(AGES) is None
    assert Method.parse("FOCAL-R + FDS").weighting(AGES) is None
    assert Method.parse("SQINV").weighting(AGES) == {"scheme": "sqrt_inverse"}
    assert Method.parse("SQINV").weighting(TEXT) == {"scheme": "sqrt_inverse"}
    assert Method.parse("RRT").weighting(TEXT) == {"scheme": "inverse"}
    dense = {"weigh": kr.dense_weights, "alpha": 1.0}
    assert Method.parse("DENSE + RANKSIM").weighting(AGES) == dense
    assert Method.parse("POWER").weighting(AGES) == {"scheme": 0.75}
    smoothed = {"kernel": "gaussian", "kernel_size": 5, "sigma": 2.0}
    assert Method.parse("LDS").weighting(TEXT) == {"scheme": "inverse", **smoothed}


def test_two_parts_may_set_the_same_thing_to_the_same():
    """ConR and Rank-N-Contrast contrast the same views."""
    assert str(Method.parse("RNC + CONR")) == "VANILLA + CONR + RNC"


def test_rows_that_are_one_run_are_known():
    assert Method.parse("VANILLA + LDS").same_run(AGES) == Method.parse("SQINV + LDS")
    assert Method.parse("LDS + RANKSIM").same_run(TEXT) == Method.parse("INV + LDS + RANKSIM")
    assert Method.parse("FOCAL-R + LDS").same_run(AGES) == Method.parse("FOCAL-R + LDS")
    assert len({method.same_run(AGES) for method in Method.paper_grid()}) == 28
