"""The look: told apart by everybody, the same everywhere, and nothing left behind."""

import itertools
import sys

import numpy as np
import pytest
from pictured import LONG_NAME, figure_makers

import keras_ranksim as kr
from keras_ranksim.plots.ranks import mean_rank_matrices
from keras_ranksim.plots.style import LINE_STYLES, MARKERS, THEMES, in_unit, png

# Machado et al. 2009: what a linear RGB color becomes without one kind of cone.
SIGHTS = {
    "usual": np.eye(3),
    "without red": [
        [0.152286, 1.052583, -0.204868],
        [0.114503, 0.786281, 0.099216],
        [-0.003882, -0.048116, 1.051998],
    ],
    "without green": [
        [0.367322, 0.860646, -0.227968],
        [0.280085, 0.672501, 0.047413],
        [-0.011820, 0.042940, 0.968881],
    ],
    "without blue": [
        [1.255528, -0.076749, -0.178779],
        [-0.078411, 0.930809, 0.147602],
        [0.004733, 0.691367, 0.303900],
    ],
}
TO_CONES = [
    [0.4122214708, 0.5363325363, 0.0514459929],
    [0.2119034982, 0.6806995451, 0.1073969566],
    [0.0883024619, 0.2817188376, 0.6299787005],
]
TO_OKLAB = [
    [0.2104542553, 0.7936177850, -0.0040720468],
    [1.9779984951, -2.4285922050, 0.4505937099],
    [0.0259040371, 0.7827717662, -0.8086757660],
]


def linear(color):
    values = np.array([int(color[place : place + 2], 16) for place in (1, 3, 5)]) / 255
    return np.where(values <= 0.04045, values / 12.92, ((values + 0.055) / 1.055) ** 2.4)


def seen(color, sight):
    """Oklab coordinates of a color, in which distances are those that people see."""
    cones = TO_CONES @ np.clip(sight @ linear(color), 0, 1)
    return 100 * (TO_OKLAB @ np.cbrt(cones))


def contrast(color, other):
    light, dark = sorted(
        (float([0.2126, 0.7152, 0.0722] @ linear(one)) for one in (color, other)), reverse=True
    )
    return (light + 0.05) / (dark + 0.05)


@pytest.mark.parametrize("sight", SIGHTS)
@pytest.mark.parametrize("group", ["shots", "methods"])
@pytest.mark.parametrize("theme", THEMES)
def test_colors_that_mean_something_are_told_apart_by_everybody(theme, group, sight):
    colors = getattr(THEMES[theme], group)
    colors = list(colors.values()) if group == "shots" else list(colors)
    for one, other in itertools.combinations(colors, 2):
        distance = np.linalg.norm(
            seen(one, np.array(SIGHTS[sight])) - seen(other, np.array(SIGHTS[sight]))
        )
        assert distance > 10, (one, other)


@pytest.mark.parametrize("theme", THEMES)
def test_colors_stand_out_from_the_surface(theme):
    look = THEMES[theme]
    assert contrast(look.ink, look.surface) > 12
    assert contrast(look.muted, look.surface) > 4.5
    for color in (*look.methods, look.gain, look.loss, look.shots["few"], look.shots["zero"]):
        assert contrast(color, look.surface) >= 2.9, color
    rarer = [contrast(look.shots[shot], look.surface) for shot in ("many", "medium", "few")]
    assert rarer == sorted(rarer), "the rarer, the further from the surface"


def test_color_is_never_the_only_mark():
    assert len(set(map(str, LINE_STYLES))) == len(THEMES["light"].methods)
    assert len(set(MARKERS.values())) == 4


@pytest.mark.parametrize("names", [("age", "years"), (LONG_NAME, "litres on 100 km")])
def test_nothing_is_cut_off(names):
    from matplotlib.text import Text

    for name, make in figure_makers("light", *names).items():
        figure = make()
        png(figure, 100)
        for text in figure.findobj(Text):
            if text.get_text() and text.get_visible() and not text.get_clip_on():
                box = text.get_window_extent()
                inside = box.x0 >= 0 and box.y0 >= 0 and box.x1 <= 801 and box.y1 <= figure.bbox.y1
                assert inside, (name, text.get_text(), box)


def test_dollars_in_names_are_dollars():
    figure = figure_makers("light", LONG_NAME, "$ a $")["label_histogram"]()
    png(figure)
    assert not figure.axes[0].xaxis.label.get_parse_math()
    assert "$told$" in figure.axes[0].get_xlabel()


@pytest.mark.parametrize("theme", THEMES)
def test_a_png_is_repeatable_small_and_keeps_its_surface(theme):
    import io

    from PIL import Image

    one, again = (figure_makers(theme)["error_by_label"]() for _ in range(2))
    assert png(one) == png(again)
    assert len(png(one)) < 120_000
    picture = Image.open(io.BytesIO(png(one))).convert("RGB")
    assert picture.width == 1200
    assert "#{:02x}{:02x}{:02x}".format(*picture.getpixel((0, 0))) == THEMES[theme].surface


def test_what_the_user_set_in_matplotlib_neither_shows_nor_changes():
    import matplotlib

    before = dict(matplotlib.rcParams)
    plain = png(figure_makers()["training_curves"]())
    with matplotlib.rc_context({"lines.linewidth": 9, "axes.facecolor": "red", "font.size": 20}):
        assert png(figure_makers()["training_curves"]()) == plain
    assert dict(matplotlib.rcParams) == before


def test_an_unknown_theme_raises():
    with pytest.raises(
        ValueError, match=r"`theme` must be one of 'light', 'dark'. Received: .*'x'"
    ):
        kr.plots.training_curves({"mae": [1.0]}, theme="x")


def test_units_and_long_names_become_text_of_an_axis():
    assert in_unit("age", "years") == "age (years)"
    assert in_unit("age", "") == "age"
    assert in_unit("a long name", "km", width=7) == "a long\nname\n(km)"
    assert in_unit("one two three four five", "", width=5) == "one\ntwo\n..."


def test_missing_matplotlib_is_told_with_what_to_install(monkeypatch):
    monkeypatch.setitem(sys.modules, "matplotlib", None)
    monkeypatch.delitem(sys.modules, "matplotlib.style", raising=False)
    with pytest.raises(ImportError, match=r"pip install 'keras_ranksim\[plots\]'"):
        kr.plots.training_curves({"mae": [1.0]})


@pytest.mark.parametrize("scale", [1e-6, 1e9])
def test_no_axis_has_a_factor_that_a_legend_could_hide(scale):
    bins = kr.LabelBins.uniform(0, 10 * scale, scale)
    labels = [0.5 * scale, 7 * scale]
    figure = kr.plots.error_by_label(labels, {"A": [0, 0]}, bins.count(labels), bins)
    png(figure)
    for axes in figure.axes:
        assert not axes.xaxis.get_offset_text().get_text()
        assert not axes.yaxis.get_offset_text().get_text()
    largest = 7 * scale
    assert figure.axes[-1].get_xlim() == (0, 10 * scale)
    assert figure.axes[0].get_ylim()[1] < 1.1 * largest, "ticks beyond would widen it"
    ticks = [float(tick.get_text()) for tick in figure.axes[0].get_yticklabels()]
    np.testing.assert_allclose(ticks, figure.axes[0].get_yticks(), rtol=1e-6)


def test_nothing_to_draw_is_said():
    bins = kr.LabelBins.uniform(0, 10, 1)
    for draw in (
        lambda: kr.plots.true_against_predicted([], [], bins.count([1]), bins),
        lambda: kr.plots.error_by_label([], {"A": []}, bins.count([1]), bins),
    ):
        with pytest.raises(ValueError, match="`labels` must hold at least one label"):
            draw()


@pytest.mark.parametrize("count", [5, 20, 60])
def test_titles_of_rank_matrices_are_inside_the_picture(random, count):
    from matplotlib.backends.backend_agg import FigureCanvasAgg

    labels = random.uniform(0, count, 40 * count)
    bins = kr.LabelBins.uniform(0, count, 1)
    found = mean_rank_matrices(random.normal(size=(len(labels), 8)), labels, bins)
    for names in (["VANILLA"], ["VANILLA", "RANKSIM"]):
        matrices = {"label space": found.label_space, **dict.fromkeys(names, found.feature_space)}
        figure = kr.plots.rank_matrices(found.centers, matrices, "age", "years")
        FigureCanvasAgg(figure).draw()
        for axes in figure.axes[: len(matrices)]:
            assert axes._left_title.get_window_extent().y1 <= figure.bbox.y1
