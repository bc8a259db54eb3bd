"""What `diagnose` says of labels."""

import numpy as np
import pytest

import keras_ranksim as kr

TEN = kr.LabelBins.uniform(0, 10, 1)


def labels_of(counts):
    return np.repeat(np.arange(len(counts)) + 0.5, counts)


def test_counts_and_shots_are_those_of_the_bins():
    diagnosis = kr.diagnose(labels_of([0, 200, 50, 3, 3, 0, 0, 0, 0, 0]), TEN)
    assert diagnosis.counts.tolist() == [0, 200, 50, 3, 3, 0, 0, 0, 0, 0]
    assert diagnosis.shots["bins"].to_dict() == {"many": 1, "medium": 1, "few": 2, "zero": 6}
    assert diagnosis.shots["labels"].to_dict() == {"many": 200, "medium": 50, "few": 6, "zero": 0}


def test_the_middle_half_is_the_narrowest_range_that_holds_half():
    counts = [10, 10, 10, 40, 60, 20, 10, 10, 10, 10]
    low, high = kr.diagnose(labels_of(counts), TEN).middle_half
    inside = {
        (start, stop): sum(counts[start:stop])
        for start in range(10)
        for stop in range(start + 1, 11)
    }
    narrowest = min(stop - start for (start, stop), held in inside.items() if held >= 95)
    assert high - low == narrowest
    assert inside[int(low), int(high)] >= 95


def test_imbalance_compares_the_fullest_bin_with_the_rarest_tenth():
    assert kr.diagnose(labels_of([0, 60, 4, 2]), kr.LabelBins.uniform(0, 4, 1)).imbalance == 30
    counts = [100] * 17 + [50] + [5] * 2
    assert kr.diagnose(labels_of(counts), kr.LabelBins.uniform(0, 20, 1)).imbalance == 20


@pytest.mark.parametrize(
    ("counts", "advice"),
    [
        ([300] * 10, "balanced enough"),
        ([700, 400, 10, 3], "weights can cost more"),
        ([5000, 400, 10, 3], "SQINV + LDS"),
        ([10000, 100], "likely to be ignored"),
        ([10000] * 6 + [25] * 4, "SQINV + LDS"),
        ([10] * 20, "Choose wider bins"),
    ],
)
def test_advice_follows_from_imbalance_and_number(counts, advice):
    bins = kr.LabelBins.uniform(0, len(counts), 1)
    assert advice in kr.diagnose(labels_of(counts), bins).advice


def test_it_prints_in_one_screen_and_shows_every_bin_that_holds_a_label():
    labels = np.r_[np.random.default_rng(0).gamma(2, 100, 5000), 4000.0]
    text = str(kr.diagnose(labels, kr.LabelBins.uniform(0, 4001, 10)))
    assert len(text.splitlines()) <= 40
    assert max(map(len, text.splitlines())) <= 100
    last = next(line for line in text.splitlines() if "- 4001" in line)
    assert last.split()[-2:] == ["1", "█"]


def test_bars_stand_for_equally_many_bins():
    text = str(kr.diagnose(labels_of([7] * 43), kr.LabelBins.uniform(0, 43, 1)))
    assert [int(line.split()[3]) for line in text.splitlines() if "█" in line] == [21] * 14 + [7]


def test_labels_of_any_shape_and_one_value_are_diagnosed():
    assert kr.diagnose(np.full((4, 1), 3.0), TEN).counts.sum() == 4


def test_no_labels_raise():
    with pytest.raises(ValueError, match="`labels` must hold at least one label"):
        kr.diagnose([])


def test_labels_outside_the_bins_are_warned_of():
    labels = [5] * 500 + [1000] * 400
    with pytest.warns(UserWarning, match="400 of 900 labels lie outside the bins"):
        kr.diagnose(labels, kr.LabelBins.uniform(0, 100, 10))
    kr.diagnose(np.r_[np.random.default_rng(0).normal(size=500), 1e6])  # bins of its own


def test_edges_are_written_in_digits_enough_to_tell_them_apart():
    text = str(kr.diagnose(np.random.default_rng(0).integers(10_000_000, 10_000_040, 3000)))
    assert "labels from 10000000 to 10000039" in text
    assert len({line.partition("-")[0] for line in text.splitlines() if "█" in line}) > 10
