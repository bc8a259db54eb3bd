"""The drawing of portraits: shapes, windows, people."""

import numpy as np
import pytest

from keras_ranksim.data.portraits.drawing import colors, draw_people, shapes
from keras_ranksim.data.portraits.drawing.aging import AGES, CURVES, Cues
from keras_ranksim.data.portraits.drawing.canvas import Canvas, Frame
from keras_ranksim.data.portraits.drawing.dice import NUMBERS, Dice
from keras_ranksim.data.portraits.drawing.render import render

PEOPLE = [(3, 0, number, 0) for number in range(9)]
AGES_OF_PEOPLE = np.array([0, 2, 7, 15, 28, 45, 63, 81, 100])


def _same(value):
    return np.asarray(value, "float32")


def _distance(shape, x, y):
    return shape.distance(np.float32([[x]]), np.float32([[y]]), _same).item()


def test_an_ellipse_is_negative_inside_zero_on_its_edge_and_positive_outside():
    ellipse = shapes.ellipse(0.2, -0.1, 0.5, 0.3)
    assert _distance(ellipse, 0.2, -0.1) < 0
    for angle in np.linspace(0, 6, 7):
        x, y = 0.2 + 0.5 * np.cos(angle), -0.1 + 0.3 * np.sin(angle)
        assert _distance(ellipse, x, y) == pytest.approx(0, abs=1e-5)
        out_x, out_y = 0.2 + 0.55 * np.cos(angle), -0.1 + 0.33 * np.sin(angle)
        assert 0 < _distance(ellipse, out_x, out_y) < 0.06


def test_a_line_is_as_far_as_its_nearest_point_less_its_thickness():
    line = shapes.line(-0.5, 0.0, 0.5, 0.0, 0.1)
    assert _distance(line, 0.2, 0.4) == pytest.approx(0.3, abs=1e-6)
    assert _distance(line, 0.8, 0.4) == pytest.approx(0.5 - 0.1, abs=1e-6)
    tapering = shapes.line(-0.5, 0.0, 0.5, 0.0, 0.2, 0.0)
    assert _distance(tapering, 0.0, 0.3) == pytest.approx(0.3 - 0.1, abs=1e-6)


def test_a_bar_has_round_corners():
    bar = shapes.bar(0.0, 0.0, 0.5, 0.3, 0.1)
    assert _distance(bar, 0.7, 0.0) == pytest.approx(0.2, abs=1e-6)
    assert _distance(bar, 0.0, 0.0) == pytest.approx(-0.3, abs=1e-6)
    assert _distance(bar, 0.5, 0.3) == pytest.approx(0.1 * 2**0.5 - 0.1, abs=1e-6)


def test_the_ends_of_an_arc_lie_higher_by_its_bend():
    arc = shapes.arc(0.1, 0.2, 0.4, 0.15, 0.02)
    assert _distance(arc, 0.1, 0.2) == pytest.approx(-0.024, abs=1e-6)
    assert _distance(arc, 0.1 + 0.39, 0.2 - 0.15 * (0.39 / 0.4) ** 2) < 0
    assert _distance(arc, 0.1 + 0.5, 0.2 - 0.15) > 0.05


def test_shapes_combine_as_sets_do():
    left, right = shapes.ellipse(-0.2, 0.0, 0.3, 0.3), shapes.ellipse(0.2, 0.0, 0.3, 0.3)
    at = {"left": -0.4, "both": 0.0, "right": 0.4, "none": 0.9}
    inside = {
        shapes.union(left, right): {"left", "both", "right"},
        shapes.union(left, right, 0.1): {"left", "both", "right"},
        shapes.overlap(left, right): {"both"},
        shapes.without(left, right): {"left"},
        shapes.both_sides(right): {"left", "both", "right"},
        shapes.outline(left, 0.05): set(),
        shapes.grown(left, 0.5): {"left", "both", "right"},
    }
    for shape, where in inside.items():
        assert {name for name, x in at.items() if _distance(shape, x, 0.0) < 0} == where


def test_a_turned_shape_is_the_shape_seen_from_a_turned_head():
    shape = shapes.bar(0.3, 0.1, 0.4, 0.1, 0.02)
    turned = shapes.turned(shape, 0.3, 0.1, np.pi / 2)
    assert _distance(turned, 0.3, 0.45) < 0 < _distance(shape, 0.3, 0.45)
    assert _distance(turned, 0.65, 0.1) > 0 > _distance(shape, 0.65, 0.1)


def test_a_window_never_cuts_a_shape(random):
    count, size = 12, 48
    spread = random.uniform
    for _ in range(20):
        x, y = spread(-0.6, 0.6, count), spread(-0.9, 0.9, count)
        width, height = spread(0.01, 0.5, count), spread(0.01, 0.5, count)
        every = [
            shapes.ellipse(x, y, width, height),
            shapes.bent_ellipse(x, y, width, height, spread(-0.2, 0.2, count)),
            shapes.line(x, y, x + width, y - height, spread(0, 0.1, count), 0.05),
            shapes.arc(x, y, width, spread(-0.2, 0.2, count), spread(0, 0.05, count)),
            shapes.turned(shapes.bar(x, y, width, height, 0.01), x - 0.1, y, height * 3),
            shapes.both_sides(shapes.ellipse(np.abs(x), y, width, height)),
            shapes.union(
                shapes.ellipse(x, y, width, height), shapes.ellipse(0.0, 0.0, 0.2, 0.2), 0.3
            ),
            shapes.outline(shapes.ellipse(x, y, width, height), 0.03),
        ]
        frame = Frame(
            size,
            x=spread(-0.3, 0.3, count),
            y=spread(-0.3, 0.3, count),
            scale=spread(0.4, 1.2, count),
            tilt=spread(-0.6, 0.6, count),
            turn=spread(-0.15, 0.15, count),
        )
        canvas = Canvas(count, size)
        for shape in every:
            unbounded = shapes.Shape(shape.distance, (-99.0, -99.0, 99.0, 99.0))
            np.testing.assert_array_equal(canvas.mask(shape, frame), canvas.mask(unbounded, frame))


def test_paint_covers_shade_multiplies_and_nobody_else_is_touched():
    frame = Frame(8, *np.zeros((2, 3)), scale=np.ones(3), tilt=np.zeros(3))
    canvas = Canvas(3, 8)
    everywhere = shapes.ellipse(0.0, 0.0, 5.0, 5.0)
    canvas.paint(everywhere, frame, (0.2, 0.4, 0.8), opacity=[1, 0, 0.5])
    np.testing.assert_allclose(canvas.planes[:, 0, 4, 4], (0.2, 0.4, 0.8), atol=1e-6)
    np.testing.assert_array_equal(canvas.planes[:, 1], 0)
    np.testing.assert_allclose(canvas.planes[:, 2, 4, 4], (0.1, 0.2, 0.4), atol=1e-6)
    canvas.shade(everywhere, frame, (0.5, 0.5, 0.5), opacity=[1, 1, 0])
    np.testing.assert_allclose(canvas.planes[:, 0, 4, 4], (0.1, 0.2, 0.4), atol=1e-6)
    np.testing.assert_allclose(canvas.planes[:, 2, 4, 4], (0.1, 0.2, 0.4), atol=1e-6)
    nowhere = np.zeros((3, 8, 8), "float32")
    before = canvas.planes.copy()
    canvas.paint(everywhere, frame, (1, 1, 1), within=nowhere)
    np.testing.assert_array_equal(canvas.planes, before)


def test_hues_go_around_the_wheel():
    expected = {0: (1, 0, 0), 1 / 6: (1, 1, 0), 1 / 3: (0, 1, 0), 2 / 3: (0, 0, 1), 1: (1, 0, 0)}
    for hue, color in expected.items():
        seen = colors.from_hue(np.array([hue]), np.array([1.0]), np.array([1.0]))
        np.testing.assert_allclose(seen[0], color, atol=1e-6)


def test_nobody_depends_on_who_else_is_drawn_or_on_the_chunks():
    together = draw_people(AGES_OF_PEOPLE, PEOPLE)
    for number in (0, 4, 8):
        alone = draw_people(AGES_OF_PEOPLE[number : number + 1], PEOPLE[number : number + 1])
        np.testing.assert_array_equal(alone[0], together[number])
    for chunk in (1, 4, 64):
        rendered = render(AGES_OF_PEOPLE, PEOPLE, verbose=False, chunk=chunk)
        np.testing.assert_array_equal(rendered, together)


def test_the_drawing_is_what_it_was():
    """A change here changes the benchmark: then raise `portraits.DRAWING` and draw these again."""
    pictures = draw_people(AGES_OF_PEOPLE[::4], PEOPLE[::4]).astype("float64")
    blocks = pictures.reshape(3, 2, 32, 2, 32, 3).mean(axis=(2, 4, 5))
    np.testing.assert_allclose(blocks, FINGERPRINT, atol=0.05)


def test_people_differ_and_age_changes_them():
    pictures = draw_people([30] * 9, PEOPLE).astype("float64")
    for first in range(9):
        for second in range(first):
            assert np.abs(pictures[first] - pictures[second]).mean() > 5
    young, old = draw_people([2, 90], [PEOPLE[0]] * 2).astype("float64")
    assert np.abs(young - old).mean() > 5


def test_any_size_shows_the_same_person():
    small, large = (
        draw_people(AGES_OF_PEOPLE, PEOPLE, size=size).astype("float64") for size in (32, 128)
    )
    assert large.shape == (9, 128, 128, 3)
    reduced = large.reshape(9, 32, 4, 32, 4, 3).mean(axis=(2, 4))
    assert np.abs(reduced - small).mean() < 14
    assert np.abs(reduced - small[::-1]).mean() > 40


def test_every_curve_has_a_value_at_every_age():
    assert {len(curve) for curve in CURVES.values()} == {len(AGES)}
    assert list(AGES) == sorted(AGES)


def test_cues_follow_their_curves_on_average():
    people = 400
    for age in (0, 30, 70):
        cues = Cues(np.full(people, age), Dice([(5, age, i, 0) for i in range(people)]))
        for name in ("gray", "eye_size", "crows_feet", "nose"):
            expected = np.interp(age, AGES, CURVES[name])
            assert np.mean(getattr(cues, name)) == pytest.approx(expected, abs=0.07)


def test_even_all_cues_together_do_not_determine_the_age():
    ages = np.tile(np.arange(20, 81), 40)
    cues = Cues(ages, Dice([(6, 0, i, 0) for i in range(len(ages))]))
    columns = np.stack([getattr(cues, name) for name in CURVES], axis=1).astype("float64")
    columns = np.concatenate([columns, columns**2, np.ones((len(ages), 1))], axis=1)
    half = len(ages) // 2
    weights = np.linalg.lstsq(columns[:half], ages[:half], rcond=None)[0]
    error = np.abs(columns[half:] @ weights - ages[half:]).mean()
    assert 2.0 < error < 7.0
    guess = np.abs(ages - np.median(ages)).mean()
    assert error < guess / 2


def test_dice_keep_to_their_limits_and_raise_when_they_run_out():
    dice = Dice([(1, 2, i, 0) for i in range(500)])
    assert np.abs(dice.normal(2.0, most=1.5)).max() == pytest.approx(3.0)
    uniform = dice.uniform(-3, 5)
    assert uniform.min() >= -3
    assert uniform.max() < 5
    assert dice.happens(0.25).mean() == pytest.approx(0.25, abs=0.07)
    grain = dice.grain(4)
    assert grain.shape == (500, 4, 4)
    assert grain.min() >= -1
    assert grain.max() < 1
    for _ in range(NUMBERS - 1):
        dice.normal()
    with pytest.raises(RuntimeError, match="More than NUMBERS"):
        dice.normal()


def test_the_progress_bar_waits_and_can_be_switched_off(monkeypatch, capsys):
    from keras_ranksim.data.portraits.drawing import render as module

    render(AGES_OF_PEOPLE, PEOPLE, size=16, chunk=2)
    assert capsys.readouterr().err == ""
    monkeypatch.setattr(module, "PATIENCE", -1.0)
    render(AGES_OF_PEOPLE, PEOPLE, size=16, verbose=False, chunk=2)
    assert capsys.readouterr().err == ""
    render(AGES_OF_PEOPLE, PEOPLE, size=16, verbose=True, chunk=2)
    assert "9/9" in capsys.readouterr().err


FINGERPRINT = [
    [[102.46, 97.41], [105.46, 101.19]],
    [[76.87, 74.64], [77.13, 75.81]],
    [[144.26, 149.26], [121.94, 126.47]],
]
