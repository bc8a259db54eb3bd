"""Pictures that compare rows and intervals, on known numbers."""

import numpy as np
import pytest
from matplotlib.colors import to_hex

import keras_ranksim as kr
from keras_ranksim.plots.style import THEMES

LIGHT = THEMES["light"]


def test_differences_are_drawn_with_their_intervals_and_colored_beyond_chance():
    nan = float("nan")
    found = {
        "A": {"all": (-2, -3, -1), "few": (4, 1, 7)},
        "B": {"all": (0.5, -1, 2), "few": (3, nan, nan)},
    }
    figure = kr.plots.differences(found, "BASE", "MAE", "years")
    few = figure.axes[1]
    drawn = [line.get_xydata().tolist() for line in few.lines[1:]]
    assert drawn[:2] == [[[1, 0], [7, 0]], [[4, 0]]]
    colors = [
        [to_hex(line.get_color()) for line in axes.lines if line.get_marker() in "od"]
        for axes in figure.axes
    ]
    assert colors == [[LIGHT.gain, LIGHT.muted], [LIGHT.loss, LIGHT.muted]]
    assert [label.get_text() for label in figure.axes[0].get_yticklabels()] == ["A", "B"]
    assert figure.get_supxlabel() == "MAE minus that of BASE (years)"
    better = kr.plots.differences(found, higher_is_better=True)
    assert to_hex(better.axes[0].lines[1].get_color()) == LIGHT.loss


def test_the_price_curve_orders_points_by_power_and_bars_are_deviations():
    axes = kr.plots.price_curve({1: (11, 15), 0: (9, 25, 0.5, 2)}).axes[0]
    np.testing.assert_array_equal(axes.lines[0].get_xydata(), [[9, 25], [11, 15]])
    (bars,) = axes.containers
    across, up = (lines.get_segments() for lines in bars[2])
    np.testing.assert_array_equal(across[0], [[8.5, 25], [9.5, 25]])
    np.testing.assert_array_equal(up[0], [[9, 23], [9, 27]])
    np.testing.assert_array_equal(across[1], [[11, 15], [11, 15]])


def test_coverage_and_width_have_a_bar_for_each_shot_that_occurs():
    shot = np.array(["many", "many", "few"])
    reports = {
        "one": kr.labels.interval_report([1, 2, 3], [0, 1, 9], [2, 3, 11], shot),
        "two": kr.labels.interval_report([1, 2, 3], [0, 9, 1], [2, 9, 7], shot),
    }
    coverage, width = kr.plots.interval_coverage(reports, level=0.8).axes
    heights = [[bar.get_height() for bar in bars] for bars in coverage.containers]
    np.testing.assert_allclose(heights, [[2 / 3, 1, 0], [2 / 3, 0.5, 1]])
    heights = [[bar.get_height() for bar in bars] for bars in width.containers]
    np.testing.assert_allclose(heights, [[2, 2, 2], [8 / 3, 1, 6]])
    assert coverage.lines[0].get_ydata()[0] == 0.8


@pytest.mark.parametrize(
    ("draw", "message"),
    [
        (lambda: kr.plots.differences({}), "`found` must hold at least one method"),
        (lambda: kr.plots.price_curve({}), "`points` must hold at least one power"),
        (lambda: kr.plots.interval_coverage({}), "`reports` must hold 1 to 4 reports"),
    ],
)
def test_nothing_to_draw_is_named(draw, message):
    with pytest.raises(ValueError, match=message):
        draw()
