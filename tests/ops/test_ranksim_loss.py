"""The RankSim loss: golden arrays, a slow oracle, linearity, degenerate batches."""

import keras
import numpy as np
import pytest
from gradients import evaluate, numpy, value_and_gradient

import keras_ranksim as kr
from keras_ranksim.ops.distinct import draw_one_per_label, one_per_label
from keras_ranksim.ops.ranksim import label_ranker


def loss_and_gradient(features, labels, scale=1.0, **arguments):
    loss, gradient = value_and_gradient(
        lambda x: scale * kr.ops.ranksim_loss(x, labels, **{"seed": 0, **arguments}), features
    )
    return loss / scale, gradient


def loss_of(features, labels, **arguments):
    arguments = {"seed": 0, **arguments}
    return evaluate(lambda x, y: kr.ops.ranksim_loss(x, y, **arguments), features, labels)


def loss_by_definition(features, labels, gamma):
    def ranks(row):
        return np.array([1 + sum(other > value for other in row) for value in row]) / len(row)

    unit = features / np.linalg.norm(features, axis=1, keepdims=True)
    rows = [
        np.mean((ranks(unit @ unit[i]) - ranks(-np.abs(labels - labels[i]))) ** 2)
        for i in range(len(labels))
    ]
    return gamma * np.sum(rows)


@pytest.mark.parametrize("case", range(6))
def test_loss_and_gradient_equal_the_published_ones(golden, case):
    arrays = golden("ranksim")
    loss, gradient = loss_and_gradient(
        arrays[f"{case}_features"],
        arrays[f"{case}_labels"],
        gamma=float(arrays[f"{case}_gamma"]),
        lambda_=float(arrays[f"{case}_lambda"]),
    )
    expected = arrays[f"{case}_grad"]
    np.testing.assert_allclose(loss, arrays[f"{case}_loss"], rtol=1e-4)
    np.testing.assert_allclose(gradient, expected, atol=2e-4 * np.abs(expected).max())


def test_loss_with_tied_distances_equals_the_definition(random):
    features = random.normal(size=(12, 5)).astype("float32")
    labels = np.arange(20, 32).astype("float32")
    loss = loss_of(features, labels, gamma=3.0)
    np.testing.assert_allclose(loss, loss_by_definition(features, labels, 3.0), rtol=1e-5)


@pytest.mark.parametrize("scale", [2.0**15, 1 / 8, 1.0])
def test_the_gradient_is_linear_in_what_scales_the_loss(random, scale):
    features = random.normal(size=(64, 16)).astype("float32")
    labels = random.uniform(0, 100, size=64).astype("float32")
    arguments = {"gamma": 100.0, "lambda_": 2.0}
    _, reference = loss_and_gradient(features, labels, **arguments)
    _, gradient = loss_and_gradient(features, labels, scale=scale, **arguments)
    assert np.abs(reference).max() > 0
    np.testing.assert_allclose(gradient / scale, reference, rtol=1e-5, atol=0)


def test_one_sample_is_kept_for_each_distinct_label(random):
    features = random.normal(size=(10, 4)).astype("float32")
    labels = np.array([5, 1, 5, 3, 1, 5, 9, 9, 3, 1], dtype="float32")
    kept = numpy(one_per_label(labels[:, None], seed=4))
    np.testing.assert_array_equal(labels[kept], [1, 3, 5, 9])
    loss = loss_of(features, labels, seed=4)
    np.testing.assert_allclose(loss, loss_by_definition(features[kept], labels[kept], 1), rtol=1e-5)


DRAWN = [[0, 7, 8], [1, 6, 11], [3, 6, 11], [2, 6, 10], [3, 7, 8]]


def draws(labels, usable, seeds):
    """For every seed, who is drawn, as an array of the batch."""

    def draw(labels, usable, seed):
        order, drawn = draw_one_per_label(labels, usable, seed)
        return keras.ops.take(drawn, keras.ops.argsort(order))

    if keras.config.backend() == "jax":
        import jax

        draw = jax.jit(draw)
    labels, usable = (keras.ops.convert_to_tensor(np.asarray(a)) for a in (labels, usable))
    return np.array([numpy(draw(labels, usable, seed)) for seed in seeds])


def test_the_draw_among_equal_labels_is_uniform_and_repeats_from_a_seed():
    labels, usable, seeds = [[7.0], [7.0], [8.0], [7.0]], [True] * 4, range(600)
    drawn = draws(labels, usable, seeds)
    assert drawn[:, 2].all()
    np.testing.assert_array_equal(drawn.sum(axis=1), 2)
    assert (drawn.sum(axis=0)[[0, 1, 3]] > 150).all()
    np.testing.assert_array_equal(drawn[:50], draws(labels, usable, seeds[:50]))


def test_the_draw_is_the_same_on_every_backend():
    """A hash of the seed and the index, written out once; these rows came from TensorFlow."""
    labels = np.repeat(np.arange(3.0), 4)[:, None]
    drawn = draws(labels, [True] * 12, range(5))
    assert [np.flatnonzero(row).tolist() for row in drawn] == DRAWN


def test_labels_of_several_dimensions_are_told_apart_by_all_of_them(random):
    labels = np.array([[1, 2], [1, 3], [1, 2], [0.0, 2], [-0.0, 2], [2, 1]], dtype="float32")
    kept = numpy(one_per_label(labels, seed=0))
    assert sorted(map(tuple, labels[kept])) == [(0, 2), (1, 2), (1, 3), (2, 1)]


@pytest.mark.parametrize("similarity", ["euclidean", "cosine", "function"])
def test_labels_of_several_dimensions_are_ranked_by_the_chosen_similarity(random, similarity):
    features = random.normal(size=(9, 4)).astype("float32")
    labels = random.normal(size=(9, 3)).astype("float32")
    difference = np.linalg.norm(labels[:, None] - labels[None], axis=-1)
    unit = labels / np.linalg.norm(labels, axis=1, keepdims=True)
    chosen = similarity if similarity != "function" else (lambda y: -abs(y[:, :1] - y[:, 0]))
    expected = {
        "euclidean": -difference,
        "cosine": unit @ unit.T,
        "function": -np.abs(labels[:, :1] - labels[:, 0]),
    }[similarity]
    ranks = (expected[:, None, :] > expected[:, :, None]).sum(-1) + 1
    rows = keras.ops.arange(9, dtype="int32")
    found = label_ranker(keras.ops.convert_to_tensor(labels), chosen)(rows)
    np.testing.assert_array_equal(found, ranks)
    assert np.isfinite(loss_of(features, labels, label_similarity=chosen))


def test_features_of_any_rank_are_flattened_per_sample(random):
    features = random.normal(size=(6, 3, 4)).astype("float32")
    labels = np.arange(6.0)
    flat = loss_of(features.reshape(6, 12), labels)
    assert loss_of(features, labels) == flat


def test_the_mean_reduction_divides_by_the_samples_kept(random):
    features, labels = random.normal(size=(8, 4)).astype("float32"), np.arange(8.0)
    total = loss_of(features, labels)
    np.testing.assert_allclose(loss_of(features, labels, reduction="mean"), total / 8)


DEGENERATE = {
    "one sample": (np.ones((1, 3)), [4.0]),
    "one label": (np.random.default_rng(0).normal(size=(5, 3)), [4.0] * 5),
    "zero features": (np.zeros((5, 3)), [1.0, 2.0, 3.0, 4.0, 5.0]),
    "no sample": (np.zeros((0, 3)), []),
}


@pytest.mark.parametrize("batch", DEGENERATE)
def test_degenerate_batches_give_zero_loss_and_zero_gradient(batch):
    features, labels = DEGENERATE[batch]
    loss, gradient = loss_and_gradient(
        features.astype("float32"), np.array(labels, dtype="float32"), gamma=100.0
    )
    assert loss == 0
    np.testing.assert_array_equal(gradient, np.zeros_like(features))


def test_samples_without_direction_are_left_out(random):
    features = random.normal(size=(6, 3)).astype("float32")
    features[2] = 0
    labels = np.arange(6.0)
    loss, gradient = loss_and_gradient(features, labels)
    np.testing.assert_array_equal(gradient[2], 0)
    rest = np.delete(features, 2, 0), np.delete(labels, 2)
    np.testing.assert_allclose(loss, loss_of(*rest), rtol=1e-6)


def test_identical_features_give_no_nan():
    features = np.ones((6, 3), dtype="float32")
    loss, gradient = loss_and_gradient(features, np.arange(6.0))
    assert np.isfinite(loss)
    assert np.isfinite(gradient).all()


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"gamma": -1}, r"`gamma` must be a number of at least 0.*gamma=-1"),
        ({"lambda_": 0}, r"`lambda_` must be a positive number.*lambda_=0"),
        ({"reduction": "max"}, r"`reduction` must be one of 'sum', 'mean'.*'max'"),
        ({"label_similarity": "l7"}, r"`label_similarity` must be one of 'euclidean', 'cosine'"),
    ],
)
def test_wrong_arguments_are_named(arguments, message):
    with pytest.raises(ValueError, match=message):
        kr.ops.ranksim_loss(np.ones((3, 2)), np.arange(3.0), **arguments)


def gradient_by_definition(features, labels, gamma, lambda_):
    """The black-box gradient written out: ranks of similarities before and after a step."""

    def ranks(rows):
        return np.array([[1 + sum(b > a for b in row) for a in row] for row in rows]) / len(rows)

    norms = np.linalg.norm(features, axis=1, keepdims=True)
    unit = features / norms
    similarity = unit @ unit.T
    label_ranks = ranks(-np.abs(labels[:, None] - labels))
    upstream = gamma * 2 * (ranks(similarity) - label_ranks) / len(labels)
    slope = -(ranks(similarity) - ranks(similarity + lambda_ * upstream)) / lambda_
    of_unit = (slope + slope.T) @ unit
    return (of_unit - unit * np.sum(unit * of_unit, axis=1, keepdims=True)) / norms


@pytest.mark.parametrize(("gamma", "lambda_"), [(1.0, 2.0), (0.01, 100.0), (30.0, 0.5)])
def test_the_gradient_equals_the_definition_at_the_true_gamma(random, gamma, lambda_):
    features, labels = random.normal(size=(14, 5)), np.arange(14.0)
    _, gradient = loss_and_gradient(
        features.astype("float32"), labels, gamma=gamma, lambda_=lambda_, scale=7.0
    )
    expected = gradient_by_definition(features, labels, gamma, lambda_)
    assert np.abs(expected).max() > 0
    np.testing.assert_allclose(gradient / 7, expected, atol=1e-4 * np.abs(expected).max())


def test_every_step_draws_again_and_never_a_sample_that_is_not_usable():
    generator = keras.random.SeedGenerator(3)
    labels, usable = np.zeros((6, 1)), np.array([True, False] * 3)
    drawn = {int(one_per_label(labels, usable, generator)[0]) for _ in range(25)}
    assert drawn == {0, 2, 4}


def test_tiny_features_have_no_direction(random):
    features = random.normal(size=(6, 3)).astype("float32")
    features[2] *= 1e-9
    _, gradient = loss_and_gradient(features, np.arange(6.0))
    assert np.abs(gradient).max() < 100


@pytest.mark.parametrize("count", [1, 5, 9])
def test_labels_of_other_samples_are_told(count):
    with pytest.raises(
        ValueError, match=r"`features` and `labels` must have the same number of samples"
    ):
        kr.ops.ranksim_loss(np.ones((8, 3)), np.arange(float(count)))
