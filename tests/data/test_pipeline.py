"""Order and augmentation of pipelines: a seed repeats, epochs differ, a resumed run goes on."""

import copy

import numpy as np
import pytest
import tensorflow as tf

import keras_ranksim as kr
from keras_ranksim.data import Benchmark, Recipe, pipeline
from keras_ranksim.data.pipeline import batches_from_arrays, batches_from_samples, sample_order
from keras_ranksim.data.splits import DenseSplits
from keras_ranksim.experiments.steps import epochs_of
from keras_ranksim.models.training_data import checked_batches


def samples(order):
    return [(int(index), tuple(seed.numpy().tolist())) for index, seed in order]


def test_every_epoch_visits_every_sample_once_in_another_order():
    order = sample_order(50, shuffle=True, seed=3)
    first, second = samples(order), samples(order)
    assert sorted(index for index, _ in first) == list(range(50))
    assert [index for index, _ in first] != [index for index, _ in second]
    assert not {seed for _, seed in first} & {seed for _, seed in second}
    assert len(order) == 50


def test_a_seed_repeats_all_epochs_and_another_does_not():
    one, two, other = (sample_order(20, shuffle=True, seed=seed) for seed in (3, 3, 4))
    assert [samples(one), samples(one)] == [samples(two), samples(two)]
    assert samples(one) != samples(other)


def test_setting_the_counter_goes_to_any_epoch():
    uncut = sample_order(20, shuffle=True, seed=3)
    third = [samples(uncut) for _ in range(3)][2]
    counter = tf.Variable(2, dtype="int64")
    assert samples(sample_order(20, shuffle=True, seed=3, epoch=counter)) == third
    assert int(counter) == 3


@pytest.mark.parametrize("count", [8, 10])
def test_large_arrays_are_gathered_by_the_batch_to_the_same_batches(monkeypatch, count):
    x = {"a": np.arange(count * 3.0).reshape(count, 3), "b": np.arange(count)}

    def two_epochs():
        arrays = x, np.arange(count) * 2.0, np.arange(count) * 3.0
        data = batches_from_arrays(*arrays, batch_size=4, shuffle=True, seed=3)
        assert len(data) == -(-count // 4)
        return [tf.nest.map_structure(np.asarray, batch) for _ in range(2) for batch in data]

    at_once = two_epochs()
    monkeypatch.setattr(pipeline, "AT_ONCE", 0)
    by_batch = two_epochs()
    assert len(at_once) == len(by_batch) > 3
    tf.nest.map_structure(np.testing.assert_array_equal, at_once, by_batch)


@pytest.mark.parametrize("count", [8, 10])
def test_two_replicas_share_the_batches_of_arrays(two_replicas, count):
    arrays = np.arange(count), np.arange(count) * 2.0, np.arange(count) * 3.0
    data = batches_from_arrays(*arrays, batch_size=4, shuffle=True, seed=3)
    shared = []
    for batch in two_replicas.experimental_distribute_dataset(data):
        x, y, weight = map(two_replicas.experimental_local_results, batch)
        assert [len(part) for part in x] in ([2, 2], [1, 1])
        shared.append(np.concatenate(x))
        np.testing.assert_array_equal(np.concatenate(y)[:, 0], shared[-1] * 2)
        np.testing.assert_array_equal(np.concatenate(weight), shared[-1] * 3)
    alone = batches_from_arrays(*arrays, batch_size=4, shuffle=True, seed=3)
    for one, other in zip(shared, alone, strict=True):
        assert sorted(one) == sorted(other[0].numpy())


@pytest.mark.parametrize("way", ["arrays", "samples"])
def test_batches_keep_samples_labels_and_weights_together(way):
    x, labels, weights = np.arange(10.0), np.arange(10.0) * 2, np.arange(10.0) * 3
    if way == "arrays":
        data = batches_from_arrays(x, labels, weights, batch_size=4, shuffle=True)
    else:
        columns = x, labels[:, None], weights
        load = lambda index, seed: tuple(tf.gather(column, index) for column in columns)  # noqa: E731
        data = batches_from_samples(load, 10, batch_size=4, shuffle=True)
    batches = list(data)
    assert [len(batch[0]) for batch in batches] == [4, 4, 2]
    assert len(data) == 3
    for x_batch, y_batch, weight_batch in batches:
        assert y_batch.shape[1:] == (1,)
        np.testing.assert_array_equal(y_batch[:, 0], 2 * x_batch)
        np.testing.assert_array_equal(weight_batch, 3 * x_batch)


@pytest.mark.parametrize("part", ["labels", "weights"])
@pytest.mark.parametrize("shuffle", [False, True])
def test_arrays_are_checked_once_and_their_batches_not_again(part, shuffle):
    arrays = {"labels": np.arange(4.0), "weights": np.ones(4)}
    data = batches_from_arrays(np.zeros((4, 2)), **arrays, shuffle=shuffle)
    assert checked_batches(data) is data
    changed = data.take(1)
    assert checked_batches(changed) is not changed
    epochs = epochs_of(data, 1)["x"]
    assert epochs is not data
    assert checked_batches(epochs) is epochs
    epochs = epochs_of(changed, 1)["x"]
    assert checked_batches(epochs) is not epochs
    arrays[part][2] = np.nan
    with pytest.raises(ValueError, match=f"`{part}` must hold finite numbers"):
        batches_from_arrays(np.zeros((4, 2)), **arrays, shuffle=shuffle)


def test_augmentation_gets_a_seed_of_its_own_for_every_sample_and_epoch():
    data = batches_from_arrays(
        np.zeros(6), np.zeros(6), batch_size=3, augment=lambda x, seeds: seeds
    )
    seeds = [tuple(seed) for _ in range(2) for x, _, _ in data for seed in x.numpy().tolist()]
    assert len(set(seeds)) == 12


def benchmark(**changes):
    fields = {
        "name": "toy",
        "labels": {"train": np.array([1.0, 1.0, 5.0]), "val": [1.0], "test": [5.0, 9.0]},
        "bins": kr.LabelBins.uniform(0, 10, 1),
        "make_pipeline": lambda split, b: batches_from_arrays(
            np.asarray(b.labels[split]), b.labels[split], batch_size=b.batch_size
        ),
        "make_network": lambda: None,
        "recipe": Recipe(epochs=1, batch_size=2, learning_rate=0.1),
    }
    return Benchmark.of(**{**fields, **changes})


def test_a_benchmark_gives_its_splits_and_variants():
    toy = benchmark(batch_size=2)
    assert [len(batch[0]) for batch in toy.train] == [2, 1]
    assert [len(batch[0]) for batch in toy.replace(batch_size=3).train] == [3]
    assert toy.train_counts.tolist() == [0, 2, 0, 0, 0, 1, 0, 0, 0, 0]
    described = toy.describe()
    assert described.loc["test"].to_dict() == {
        "all": 2,
        "many": 0,
        "medium": 0,
        "few": 1,
        "zero": 1,
    }
    weights = toy.label_weights(scheme="inverse")
    np.testing.assert_allclose(weights, [0.75, 0.75, 1.5])


def test_reading_a_split_leaves_the_benchmark_as_it_is():
    def order(split, reading):
        x = np.arange(50)
        return batches_from_arrays(x, x, batch_size=50, shuffle=True, epoch=reading.epoch)

    toy = benchmark(make_pipeline=order)
    train = toy.train
    first, second = (next(iter(train))[0].numpy().tolist() for _ in range(2))
    assert first != second
    assert next(iter(toy.train))[0].numpy().tolist() == first
    assert next(iter(toy.dataset("train", epoch=1)))[0].numpy().tolist() == second
    counter = tf.Variable(1, dtype="int64", trainable=False)
    assert next(iter(toy.dataset("train", counter)))[0].numpy().tolist() == second
    assert int(counter) == 2


def test_fields_of_the_parts_are_read_and_replaced_through_the_benchmark():
    toy = benchmark(label_name="price")
    assert toy.label_name == toy.data.label_name == "price"
    wider = toy.replace(label_scale=2.0, batch_size=3, pixel_counts=np.ones(10))
    assert (wider.network.label_scale, wider.recipe.batch_size) == (2.0, 3)
    assert isinstance(wider.data, DenseSplits)
    assert (toy.network.label_scale, toy.recipe.batch_size, toy.pixel_counts) == (1.0, 2, None)
    with pytest.raises(AttributeError, match="no attribute 'lable_name'"):
        toy.lable_name  # noqa: B018
    with pytest.raises(TypeError, match="lable_name"):
        toy.replace(lable_name="x")
    assert copy.deepcopy(toy).label_name == "price"


def test_an_error_of_a_pipeline_is_not_hidden():
    broken = benchmark(make_pipeline=lambda split, reading: reading.lable)
    with pytest.raises(AttributeError, match="lable"):
        broken.train  # noqa: B018


def test_weighing_reads_as_one_call():
    weights = benchmark().weighted(scheme="inverse").weights
    np.testing.assert_allclose(weights, [0.75, 0.75, 1.5])
    dense = benchmark(pixel_counts=np.array([1, 4, *[0] * 8])).weighted(scheme="inverse")
    np.testing.assert_allclose(dense.weights[:2], [2.5, 0.625])


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"batch_size": 0}, r"`batch_size` must be a whole number of at least 1.*batch_size=0"),
        ({"views": 4}, r"`views` must be one of 1, 2, 3.*views=4"),
        ({"labels": {"train": [1.0], "val": [], "test": [1.0]}}, "val split must not be"),
        ({"labels": {"train": [np.nan], "val": [1.0], "test": [1.0]}}, "labels of the train split"),
        ({"weights": np.ones(2)}, r"one weight per training sample, 3.*length 2"),
        ({"label_scale": 0.0}, r"`label_scale` must be a positive number"),
    ],
)
def test_wrong_fields_raise(changes, message):
    with pytest.raises(ValueError, match=message):
        benchmark(**changes)
