import keras
import numpy as np
import pytest
import tensorflow as tf

import keras_ranksim as kr
from keras_ranksim.data.picture_pipelines import augmented_views
from keras_ranksim.data.portraits import loader as portraits
from keras_ranksim.data.portraits.age_density import PROTOCOLS, age_density, evaluated_ages
from keras_ranksim.labels.shots import shots_of_counts

SMALL = {"train_samples": 60, "evaluation_per_age": 1, "image_size": 16}


@pytest.fixture(scope="module")
def small():
    return kr.data.load_portraits(**SMALL)


def _arrays(dataset):
    return [np.concatenate(column) for column in zip(*dataset.as_numpy_iterator())]


def _pictures(benchmark, split="train"):
    return benchmark.make_pipeline.pictures[split].numpy()


def test_batches_hold_scaled_pictures_labels_in_years_and_weights(small):
    x, y, weight = next(iter(small.replace(batch_size=32).train))
    assert (x.shape, y.shape, weight.shape) == ((32, 16, 16, 3), (32, 1), (32,))
    assert (x.dtype, y.dtype, weight.dtype) == (tf.float32,) * 3
    assert -1 <= np.min(x) < -0.2
    assert 0.2 < np.max(x) <= 1
    np.testing.assert_array_equal(y, np.round(y))
    np.testing.assert_array_equal(weight, 1)


def test_evaluation_shows_every_age_equally_often_in_order_and_unchanged(small):
    benchmark = kr.data.load_portraits(**{**SMALL, "evaluation_per_age": 2})
    for split in ("val", "test"):
        x, y, _ = _arrays(getattr(benchmark, split))
        np.testing.assert_array_equal(np.bincount(y.ravel().astype(int)), [2] * 101)
        np.testing.assert_array_equal(y.ravel(), benchmark.labels[split])
        np.testing.assert_allclose(x, _pictures(benchmark, split) / 127.5 - 1, atol=1e-6)
        again, _, _ = _arrays(getattr(benchmark, split))
        np.testing.assert_array_equal(x, again)
        np.testing.assert_array_equal(_pictures(benchmark, split)[:101], _pictures(small, split))


def test_a_seed_repeats_everything_and_another_repeats_nothing(small):
    again = kr.data.load_portraits(**SMALL)
    other = kr.data.load_portraits(**SMALL, seed=1)
    for split in ("train", "val", "test"):
        np.testing.assert_array_equal(_pictures(again, split), _pictures(small, split))
        np.testing.assert_array_equal(again.labels[split], small.labels[split])
        assert (_pictures(other, split) != _pictures(small, split)).any(axis=(1, 2, 3)).all()
    assert (other.train_labels != small.train_labels).any()


def test_a_sample_does_not_depend_on_how_many_are_drawn(small):
    fewer = kr.data.load_portraits(**{**SMALL, "train_samples": 25})
    np.testing.assert_array_equal(_pictures(fewer), _pictures(small)[:25])
    np.testing.assert_array_equal(fewer.train_labels, small.train_labels[:25])


def test_no_person_is_in_two_splits(small):
    people = portraits._people(500, 3, "long_tail", (), seed=4)
    streams = [stream for _, streams in people.values() for stream in streams]
    assert len(set(streams)) == len(streams) == 500 + 2 * 303
    assert {len(stream) for stream in streams} == {4}
    same_ages = _pictures(small, "val"), _pictures(small, "test")
    assert (same_ages[0] != same_ages[1]).any(axis=(1, 2, 3)).all()


def test_training_ages_have_a_long_tail_and_a_gap():
    ages, _ = portraits._people(4000, 1, "long_tail", ((61, 66),), seed=0)["train"]
    counts = np.bincount(ages, minlength=101)
    assert not counts[61:67].any()
    shot = shots_of_counts(counts)
    assert set(shot) == {"many", "medium", "few", "zero"}
    assert (shot[28:38] == "many").all()
    assert (shot[:10] == "few").all()
    assert np.isin(shot[75:], ["few", "zero"]).all()
    assert counts[:15].sum() > 50
    assert counts[67:].sum() > 100


def test_the_benchmark_says_what_it_is(small):
    assert small.name == "portraits"
    assert (small.label_name, small.label_unit) == ("age", "years")
    assert small.facts["held_out"] == ((61, 66),)
    assert len(small.bins) == 101
    assert small.recipe.epochs == 25
    assert small.recipe.ranksim == {"gamma": 0.01, "lambda_": 100.0}
    assert small.label_offset == np.median(small.train_labels)
    assert small.label_scale == pytest.approx(np.std(small.train_labels))
    shots = kr.shots(small.train_labels, np.arange(61, 67), small.bins)
    assert set(shots) == {"zero"}


@pytest.mark.parametrize("protocol", PROTOCOLS)
def test_densities_are_densities_on_the_ages_that_are_evaluated(protocol):
    density = age_density(protocol)
    assert density.sum() == pytest.approx(1)
    assert (density >= 0).all()
    np.testing.assert_array_equal(np.flatnonzero(density), evaluated_ages(protocol))


def test_stress_protocols_are_rare_where_they_say():
    outside = age_density("extrapolation")
    assert outside[45:56].sum() > 0.4
    assert outside[16:26].sum() + outside[75:86].sum() < 0.02
    between = age_density("interpolation")
    assert between[40:66].sum() < 0.02
    assert between[20:31].sum() > 0.3
    assert between[75:86].sum() > 0.3
    blind = age_density("blind_spot", [(47, 53)])
    np.testing.assert_allclose(blind[[16, 46, 54, 85]], 1 / 63)
    np.testing.assert_array_equal(blind[47:54], 0)


@pytest.mark.parametrize(
    ("protocol", "held_out"),
    [("extrapolation", ()), ("interpolation", ()), ("blind_spot", ((47, 53),))],
)
def test_stress_protocols_evaluate_16_to_85(protocol, held_out):
    benchmark = kr.data.load_portraits(**SMALL, protocol=protocol)
    assert benchmark.name == f"portraits_{protocol}"
    assert benchmark.facts["held_out"] == held_out
    np.testing.assert_array_equal(benchmark.labels["test"], np.arange(16, 86))
    assert benchmark.train_labels.min() >= 16
    assert benchmark.train_labels.max() <= 85


def test_any_ages_can_be_held_out():
    ranges = ((0, 9), (40, 44.5))
    ages, _ = portraits._people(3000, 1, "long_tail", ranges, seed=0)["train"]
    counts = np.bincount(ages, minlength=101)
    assert not counts[0:10].any()
    assert not counts[40:45].any()
    assert counts[39] > 0
    assert counts[61:67].all()


def test_a_second_epoch_is_shuffled_and_augmented_differently_and_a_seed_repeats_both(small):
    augmented = small.make_pipeline.decoder.augment
    assert augmented
    first = small.replace(batch_size=60).train
    epochs = [_arrays(first) for _ in range(2)]
    again = small.replace(batch_size=60)
    np.testing.assert_array_equal(_arrays(again.train)[0], epochs[0][0])
    assert (epochs[0][1] != epochs[1][1]).any()
    resumed = small.replace(batch_size=60).dataset("train", epoch=1)
    np.testing.assert_array_equal(_arrays(resumed)[0], epochs[1][0])


def test_without_augmentation_training_pictures_are_as_drawn():
    benchmark = kr.data.load_portraits(**SMALL, augment=False)
    x, y, _ = _arrays(benchmark.train)
    drawn = _pictures(benchmark) / 127.5 - 1
    order = [int(np.argmin(np.abs(drawn - picture).sum(axis=(1, 2, 3)))) for picture in x]
    assert sorted(order) == list(range(60))
    np.testing.assert_allclose(x, drawn[order], atol=1e-6)
    np.testing.assert_array_equal(y.ravel(), benchmark.train_labels[order])


def test_two_views_of_a_sample_differ_and_belong_together():
    benchmark = kr.data.load_portraits(**SMALL, views=2)
    (one, other, nothing), _, _ = next(iter(benchmark.train))
    assert nothing == ()
    assert one.shape == other.shape == (60, 16, 16, 3)
    differ = np.any(one != other, axis=(1, 2, 3))
    assert 0.7 < differ.mean() < 1
    color = np.corrcoef(np.mean(one, axis=(1, 2, 3)), np.mean(other, axis=(1, 2, 3)))
    assert color[0, 1] > 0.95
    x, _, _ = next(iter(benchmark.val))
    assert x.shape == (64, 16, 16, 3)


def test_views_that_would_be_equal_are_refused():
    benchmark = kr.data.load_portraits(**SMALL, augment=False)
    assert benchmark.recipe.conr_views == 1
    with pytest.raises(ValueError, match="`views` above 1 differ by augmentation.*views=2"):
        benchmark.replace(views=2).dataset("train")


def test_a_third_view_is_the_picture_as_it_is():
    benchmark = kr.data.load_portraits(**SMALL, views=3)
    (one, other, plain), y, _ = next(iter(benchmark.train))
    (pair_one, pair_other, _), _, _ = next(iter(benchmark.replace(views=2).train))
    np.testing.assert_array_equal(one, pair_one)
    np.testing.assert_array_equal(other, pair_other)
    drawn = _pictures(benchmark) / 127.5 - 1
    order = [int(np.argmin(np.abs(drawn - picture).sum(axis=(1, 2, 3)))) for picture in plain]
    np.testing.assert_allclose(plain, drawn[order], atol=1e-6)
    np.testing.assert_array_equal(y.numpy().ravel(), benchmark.train_labels[order])


def _views_by_definition(picture, seed, views, most):
    size = len(picture)
    draws = tf.random.stateless_uniform((views, 3), seed).numpy()
    result = []
    for down, right, mirror in draws:
        down, right = (int(np.floor(draw * (2 * most + 1))) - most for draw in (down, right))
        view = np.empty_like(picture)
        for row in range(size):
            for column in range(size):
                source = size - 1 - column if mirror < 0.5 else column
                view[row, column] = picture[
                    min(max(row + down, 0), size - 1), min(max(source + right, 0), size - 1)
                ]
        result.append(view)
    return result


def test_views_are_mirrored_and_shifted_with_the_border_repeated(random):
    pictures = random.integers(0, 255, (6, 32, 32, 3), dtype="uint8")
    seeds = np.stack([np.full(6, 3), np.arange(6)], axis=1)
    seen = augmented_views(pictures, seeds, views=2)
    for number, picture in enumerate(pictures):
        expected = _views_by_definition(picture, seeds[number], 2, most=2)
        np.testing.assert_array_equal(seen[0][number], expected[0])
        np.testing.assert_array_equal(seen[1][number], expected[1])


def test_pictures_of_one_batch_are_shifted_differently(random):
    picture = random.integers(0, 255, (1, 64, 64, 3), dtype="uint8")
    seeds = np.stack([np.zeros(32, "int64"), np.arange(32)], axis=1)
    (views,) = augmented_views(np.repeat(picture, 32, axis=0), seeds)
    assert len({view.tobytes() for view in views.numpy()}) > 20


def test_a_cache_draws_once_and_never_reads_a_torn_file(tmp_path, monkeypatch, small):
    folder = tmp_path / "deeper" / "cache"
    kr.data.load_portraits(**SMALL, cache_dir=folder)
    (file,) = folder.iterdir()
    assert file.name.startswith("portraits-")
    assert file.suffix == ".npz"

    def forbidden(*arguments):
        raise AssertionError("drawn again")

    with monkeypatch.context() as patch:
        patch.setattr(portraits, "render", forbidden)
        cached = kr.data.load_portraits(**SMALL, cache_dir=str(folder))
        np.testing.assert_array_equal(_pictures(cached), _pictures(small))
        np.testing.assert_array_equal(_pictures(cached, "test"), _pictures(small, "test"))
        with pytest.raises(AssertionError, match="drawn again"):
            kr.data.load_portraits(**SMALL, seed=2, cache_dir=folder)
    assert list(folder.iterdir()) == [file]

    whole = file.read_bytes()
    for torn in (b"", whole[:1000], whole[: len(whole) // 2], b"not an archive" * 100):
        file.write_bytes(torn)
        redrawn = kr.data.load_portraits(**SMALL, cache_dir=folder)
        np.testing.assert_array_equal(_pictures(redrawn), _pictures(small))
        assert len(file.read_bytes()) == len(whole)


def test_an_interrupted_write_leaves_nothing_behind(tmp_path, monkeypatch):
    def full_disk(file, **arrays):
        file.write(b"half")
        raise OSError("No space left on device")

    monkeypatch.setattr(np, "savez", full_disk)
    with pytest.raises(OSError, match="No space left"):
        kr.data.load_portraits(**SMALL, cache_dir=tmp_path)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"train_samples": 0}, "`train_samples` must be a whole number of at least 1"),
        ({"evaluation_per_age": 1.5}, "`evaluation_per_age` must be a whole number"),
        ({"protocol": "short_tail"}, "`protocol` must be one of 'long_tail', 'extrapolation'"),
        ({"image_size": 8}, "`image_size` must be at least 16"),
        ({"image_size": 20.5}, "`image_size` must be a whole number"),
        ({"batch_size": 0}, "`batch_size` must be a whole number of at least 1"),
        ({"seed": -1}, r"`seed` must be a whole number from 0 to 2\^32 - 1"),
        ({"seed": 0.5}, "`seed` must be a whole number"),
        ({"seed": 2**32}, "`seed` must be a whole number"),
        ({"views": 4}, "`views` must be one of"),
        ({"held_out": 61}, r"`held_out` must be pairs \(lowest age, highest age\)"),
        ({"held_out": (61, 66)}, "`held_out` must be pairs"),
        ({"held_out": ("ab",)}, "`held_out` must be pairs"),
        ({"held_out": ((66, 61),)}, r"must be \(lowest, highest\)"),
        ({"held_out": ((0, 100),)}, "`held_out` must leave some ages to train on"),
        ({"protocol": "blind_spot", "held_out": ((16, 85),)}, "`held_out` must leave some ages"),
    ],
)
def test_mistakes_raise_before_anything_is_drawn(arguments, message, monkeypatch):
    monkeypatch.setattr(portraits, "render", lambda *_: pytest.fail("drawn before checked"))
    with pytest.raises(ValueError, match=message):
        kr.data.load_portraits(**{**SMALL, **arguments})


def test_a_cache_must_be_a_folder(tmp_path):
    (tmp_path / "file").write_text("taken")
    with pytest.raises(ValueError, match="`cache_dir` must be a folder"):
        kr.data.load_portraits(**SMALL, cache_dir=tmp_path / "file")


def test_the_network_of_the_benchmark_trains_on_it(small):
    inputs, embedding = small.make_network()
    embedding = kr.layers.RankSimRegularizer(**small.recipe.ranksim)(embedding)
    outputs = keras.layers.Dense(1)(embedding)
    outputs = keras.layers.Rescaling(small.label_scale, offset=small.label_offset)(outputs)
    model = kr.ImbalancedRegressor(inputs, outputs)
    model.compile("adam", loss="mae", metrics=["mae"])
    history = model.fit(small.train, validation_data=small.val, epochs=2, verbose=0).history
    assert np.isfinite(history["loss"]).all()
    # An untrained head already gives about the usual age.
    assert history["mae"][0] < 3 * np.abs(small.train_labels - small.label_offset).mean()
