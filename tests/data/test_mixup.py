"""C-Mixup: partners of similar labels, everything mixed by one share, draws that repeat."""

import math

import numpy as np
import pytest
import tensorflow as tf

import keras_ranksim as kr
from keras_ranksim.data.mixup import draw_partners, mix_batch, mixed_batches


def batches(*columns, size=8):
    return tf.data.Dataset.from_tensor_slices(columns).batch(size)


def arrays(dataset):
    return [tf.nest.map_structure(np.asarray, batch) for batch in dataset]


def equal(one, other):
    flat = [tf.nest.flatten(side) for side in (one, other)]
    return all(np.array_equal(a, b) for a, b in zip(*flat))


def test_partners_are_drawn_by_the_distance_of_labels():
    labels, bandwidth = [0.0, 1.0, 2.0, 9.0], 1.5
    drawn, column = np.zeros((4, 4)), tf.constant(labels)[:, None]
    draw = tf.function(lambda seed: draw_partners(column, bandwidth, 2.0, [seed, 5]))
    for seed in tf.range(2000):
        partner, _ = draw(seed)
        drawn[np.arange(4), partner] += 1 / 2000
    for i, row in enumerate(drawn):
        close = [math.exp(-((labels[i] - label) ** 2) / (2 * bandwidth**2)) for label in labels]
        np.testing.assert_allclose(row, np.array(close) / sum(close), atol=0.05)


def test_shares_have_the_moments_of_their_distribution():
    batches = [draw_partners(tf.zeros(1000), 1.0, 2.0, [1, number]) for number in range(20)]
    share = np.concatenate([own for _, own in batches])
    np.testing.assert_allclose(np.mean(share), 0.5, atol=0.01)
    np.testing.assert_allclose(np.var(share), 1 / 20, atol=0.002)


def test_inputs_labels_and_weights_are_averaged_by_one_share(random):
    images, y, weight = random.normal(size=(5, 2, 2, 3)), random.normal(size=(5, 1)), np.arange(5.0)
    partner, share = [1, 1, 0, 4, 2], np.array([0.3, 0.9, 0.5, 0.0, 1.0])
    mixed = mix_batch(
        tf.nest.map_structure(tf.constant, ({"image": images}, y, weight)), partner, share
    )
    for i, (j, own) in enumerate(zip(partner, share)):
        expected = {"image": own * images[i] + (1 - own) * images[j]}
        np.testing.assert_allclose(mixed[0]["image"][i], expected["image"])
        np.testing.assert_allclose(mixed[1][i], own * y[i] + (1 - own) * y[j])
        np.testing.assert_allclose(mixed[2][i], own * weight[i] + (1 - own) * weight[j])


def test_a_tiny_bandwidth_mixes_equal_labels_only(random):
    y = np.repeat([1.0, 5.0, 9.0], 8)
    ((x, labels),) = kr.data.c_mixup(batches(y * 2, y, size=24), bandwidth=1e-3)
    np.testing.assert_allclose(labels, y, rtol=1e-6)
    np.testing.assert_allclose(x, 2 * y, rtol=1e-6)


def test_every_epoch_and_batch_has_draws_of_its_own_and_a_seed_repeats_them():
    x = np.tile(np.arange(8.0), 2)
    one, two, other = (
        kr.data.c_mixup(batches(x, x), bandwidth=3.0, seed=seed) for seed in (3, 3, 4)
    )
    first, second = arrays(one), arrays(one)
    assert len(one) == 2
    assert not equal(first[0], first[1])
    assert not equal(first, second)
    assert equal([first, second], [arrays(two), arrays(two)])
    assert not equal(first, arrays(other))


def test_a_dataset_that_does_not_know_its_length_is_mixed(random):
    x = random.normal(size=(8, 1)).astype("float32")
    unknown = batches(x, x[:, 0]).filter(lambda *batch: True)
    assert len(list(kr.data.c_mixup(unknown, bandwidth=1.0))) == len(list(unknown))


def test_setting_the_counter_goes_to_any_epoch():
    x = np.arange(16.0)
    uncut = kr.data.c_mixup(batches(x, x), bandwidth=3.0)
    third = [arrays(uncut) for _ in range(3)][2]
    counter = tf.Variable(2, dtype="int64", trainable=False)
    resumed = kr.data.c_mixup(batches(x, x), bandwidth=3.0, epoch=counter)
    assert equal(arrays(resumed), third)
    assert int(counter) == 3


def test_a_pipeline_that_counts_its_epochs_is_read_after_the_number_of_the_epoch():
    from keras_ranksim.data.pipeline import batches_from_arrays

    x, counter = np.arange(16.0), tf.Variable(0, dtype="int64", trainable=False)
    data = batches_from_arrays(x, x, batch_size=8, shuffle=True, epoch=counter)
    mixed = mixed_batches(data, counter.read_value, bandwidth=3.0)
    second = [arrays(mixed) for _ in range(2)][1]
    assert int(counter) == 2
    counter.assign(1)
    assert equal(arrays(mixed), second)


def test_structures_precisions_pictures_and_a_last_batch_of_one_are_mixed():
    pictures = np.arange(9 * 4, dtype="uint8").reshape(9, 2, 2)
    half = np.arange(18, dtype="float16").reshape(9, 2)
    data = batches({"a": pictures, "b": (half,)}, np.arange(9), size=4)
    mixed = arrays(kr.data.c_mixup(data, bandwidth=1.0))
    x, y = mixed[0]
    assert [x["a"].dtype, x["b"][0].dtype, y.dtype] == ["float32", "float16", "float32"]
    np.testing.assert_allclose(x["a"][:, 0, 0] / 4, y, rtol=1e-5)
    np.testing.assert_array_equal(mixed[2][0]["a"], pictures[8:])


@pytest.mark.parametrize(
    ("columns", "arguments", "message"),
    [
        (([1.0], [1.0]), {"bandwidth": 0}, "`bandwidth` must be a positive number .*bandwidth=0"),
        (([1.0], [1.0]), {"alpha": -1}, "`alpha` must be a positive number .*alpha=-1"),
        (([1], [1.0]), {}, "`dataset` must hold inputs of floating.*tokens.*type int32"),
        ((["a"], [1.0]), {}, "`dataset` must hold inputs of floating.*type string"),
        (([1.0], [[[1.0]]]), {}, r"`dataset` must hold one label per sample.*None, 1, 1"),
        (([1.0],), {}, r"`dataset` must give batches \(x, y\) or \(x, y, weight\)"),
    ],
)
def test_what_cannot_be_mixed_is_named(columns, arguments, message):
    with pytest.raises(ValueError, match=message):
        kr.data.c_mixup(batches(*columns), **{"bandwidth": 1.0, **arguments})
