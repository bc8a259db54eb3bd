"""NYUD2-DIR from files to trained weights, on a small folder drawn here."""

import dataclasses
import shutil

import keras
import numpy as np
import pytest
import tensorflow as tf
from drawn_depth import (
    DEPTH_SIZE,
    EACH,
    IMAGE_SIZE,
    SCENES,
    VIEW,
    all_of,
    load,
    scene,
    write_png,
)

import keras_ranksim as kr
from keras_ranksim.data.depth.augmentation import crop_depth
from keras_ranksim.data.depth.maps import read_depth_list
from keras_ranksim.labels.shots import shots_of_counts


@pytest.fixture(scope="module")
def benchmark(drawn, tmp_path_factory):
    return load(drawn, cache_dir=tmp_path_factory.mktemp("cache"))


def test_the_pipelines_yield_images_depth_maps_and_a_weight_a_pixel(benchmark):
    sizes = {"train": 9, "val": 3, "test": 4}
    for split, size in sizes.items():
        images, depths, weights = all_of(getattr(benchmark, split))
        assert images.shape == (size, *IMAGE_SIZE, 3)
        assert depths.shape == (size, *DEPTH_SIZE, 1)
        assert weights.shape == (size, *DEPTH_SIZE)
        assert images.dtype == depths.dtype == weights.dtype == "float32"
        assert len(benchmark.labels[split]) == size
        specs = getattr(benchmark, split).element_spec
        assert specs[1].shape.as_list() == [None, *DEPTH_SIZE, 1]


def test_whole_scenes_are_held_out_and_the_seed_says_which(drawn, tmp_path):
    images, _ = read_depth_list(drawn, "nyu2_train.csv")
    scene_of = {round(float(np.mean(scene(i))), 3): SCENES[i // EACH] for i in range(len(images))}
    held = set()
    for split_seed in range(4):
        benchmark = load(drawn, split_seed=split_seed, cache_dir=tmp_path)
        named = [
            scene_of[min(scene_of, key=lambda mean, label=label: abs(mean - label))]
            for label in benchmark.labels["val"]
        ]
        assert len(named) == EACH
        assert len(set(named)) == 1
        held.add(tuple(sorted(benchmark.labels["val"])))
        again = load(drawn, split_seed=split_seed, cache_dir=tmp_path)
        np.testing.assert_array_equal(benchmark.labels["train"], again.labels["train"])
    assert len(held) > 1


def test_labels_and_counts_are_those_of_the_unturned_training_pixels(benchmark, drawn):
    depths = []
    for number in range(len(SCENES) * EACH):
        stored = np.round(scene(number) * 25.5) / 255 * 10
        frame = np.asarray(crop_depth(stored, 24, IMAGE_SIZE, DEPTH_SIZE))
        if any(np.isclose(frame.mean(), benchmark.labels["train"], rtol=1e-5)):
            depths.append(frame)
    assert len(depths) == 9
    np.testing.assert_array_equal(benchmark.pixel_counts, benchmark.bins.count(depths))
    assert benchmark.pixel_counts.sum() == 9 * 140


def test_the_test_maps_of_16_bits_are_read_in_millimeters(benchmark):
    _, depths, _ = all_of(benchmark.test)
    expected = [
        crop_depth(np.round(scene(number) * 1000) / 1000, 24, IMAGE_SIZE, DEPTH_SIZE)
        for number in range(4)
    ]
    np.testing.assert_allclose(depths, expected, rtol=1e-6)
    np.testing.assert_allclose(benchmark.labels["test"], depths.mean(axis=(1, 2, 3)), rtol=1e-5)


def test_the_units_of_depth_maps_can_be_given(drawn, tmp_path):
    plain = load(drawn, cache_dir=tmp_path)
    view = dataclasses.replace(VIEW, eight_bit_range=5.0, sixteen_bit_units=2000.0)
    scaled = load(drawn, cache_dir=tmp_path, view=view, batch_size=4)
    for split in ("train", "val", "test"):
        np.testing.assert_allclose(scaled.labels[split], plain.labels[split] / 2, rtol=1e-5)


def test_lists_are_read_however_their_paths_begin(drawn, tmp_path):
    named_data = shutil.copytree(drawn, tmp_path / "data")
    by_parent = tmp_path / "lists"
    by_parent.mkdir()
    (by_parent / "nyu2_test.csv").write_text((drawn / "nyu2_test.csv").read_text())
    relative = (drawn / "nyu2_test.csv").read_text().replace("data/", "")
    (named_data / "relative.csv").write_text(relative)
    for folder, name in ((drawn, "nyu2_test.csv"), (named_data, "nyu2_test.csv")):
        assert read_depth_list(folder, name)[0][0].endswith("nyu2_test/00000_colors.png")
    assert read_depth_list(named_data, "relative.csv")[1][3].endswith("nyu2_test/00003_depth.png")
    images, depths = read_depth_list(by_parent, "nyu2_test.csv")
    assert images[0] == str(tmp_path / "data/nyu2_test/00000_colors.png")
    assert len(images) == len(depths) == 4


def test_training_pixels_weigh_as_their_bin(benchmark):
    table = benchmark.label_weights(**benchmark.recipe.weights, **benchmark.recipe.lds)
    counts = benchmark.pixel_counts
    np.testing.assert_allclose(np.average(table, weights=counts), 1)
    _, depths, weights = all_of(benchmark.replace(weights=table).train)
    for depth, weight in zip(depths[..., 0].ravel(), weights.ravel()):
        np.testing.assert_allclose(weight, table[min(int(np.float32(depth * 10)), 99)], rtol=1e-5)
    assert len(np.unique(weights)) > 10
    _, _, plain = all_of(benchmark.train)
    assert (plain == 1).all()


def test_weights_of_a_bin_each_are_asked_for(benchmark):
    message = r"`weights` must hold one weight per bin, 100. .* length 9"
    with pytest.raises(ValueError, match=message):
        benchmark.replace(weights=np.ones(9))


def test_validation_pixels_make_every_bin_weigh_the_same(benchmark):
    _, depths, weights = all_of(benchmark.val)
    index = benchmark.bins.index(depths[..., 0])
    total = np.bincount(index.ravel(), weights.ravel())
    np.testing.assert_allclose(total[total > 0], total.max(), rtol=1e-4)


def test_without_a_mask_file_as_many_test_pixels_of_every_bin_count(benchmark):
    _, depths, weights = all_of(benchmark.test)
    index = benchmark.bins.index(depths[..., 0])
    everything = np.bincount(index.ravel(), minlength=100)
    counted = np.bincount(index[weights > 0], minlength=100)
    rarest = everything[everything > 0].min()
    np.testing.assert_array_equal(counted, np.where(everything > 0, rarest, 0))
    assert set(np.unique(weights)) == {0, 1}
    assert "drawn with seed 0, since there is no" in benchmark.facts["mask"]


def test_a_mask_file_is_used_at_either_size(copied, random):
    fine = random.random((4, *IMAGE_SIZE)) < 0.3
    np.save(copied / "test_balanced_mask.npy", fine.astype("uint8"))
    _, _, weights = all_of(load(copied).test)
    np.testing.assert_array_equal(weights > 0, fine[:, 1::2, 1::2])
    full = load(copied, test_depth_size=IMAGE_SIZE)
    _, depths, weights = all_of(full.test)
    assert depths.shape == (4, *IMAGE_SIZE, 1)
    np.testing.assert_array_equal(weights > 0, fine)
    assert "test_balanced_mask.npy" in full.facts["mask"]
    np.save(copied / "test_balanced_mask.npy", fine[:, ::2, ::2])
    _, _, weights = all_of(load(copied).test)
    np.testing.assert_array_equal(weights > 0, fine[:, ::2, ::2])
    _, _, weights = all_of(load(copied, mask_file=None).test)
    assert (weights == 1).all()


def test_a_mask_that_is_no_array_raises(copied):
    (copied / "test_balanced_mask.npy").write_bytes(b"not an array")
    with pytest.raises(ValueError, match=r"mask.npy' must be an array saved by NumPy"):
        load(copied)


def test_a_mask_of_another_shape_raises(copied):
    np.save(copied / "test_balanced_mask.npy", np.ones((3, *IMAGE_SIZE)))
    message = r"test_balanced_mask.npy' must hold one entry per test pixel.*Received: shape \(3, 20"
    with pytest.raises(ValueError, match=message):
        load(copied)


def test_pixels_without_measurement_weigh_nothing(copied):
    path = copied / "nyu2_test/00000_depth.png"
    meters = np.round(scene(0) * 1000).astype("uint16")
    meters[:, :40] = 0
    write_png(path, meters)
    benchmark = load(copied, mask_file=None)
    _, depths, weights = all_of(benchmark.test)
    assert (depths[0] == 0).any()
    np.testing.assert_array_equal(weights > 0, depths[..., 0] > 0)
    np.testing.assert_allclose(benchmark.labels["test"][0], depths[0][depths[0] > 0].mean())
    _, depths, weights = all_of(load(copied).test)
    assert not weights[depths[..., 0] == 0].any()


def test_shots_go_by_the_share_of_training_pixels(benchmark):
    shot = shots_of_counts(benchmark.pixel_counts, *benchmark.shot_limits)
    total = benchmark.pixel_counts.sum()
    for count, name in zip(benchmark.pixel_counts, shot):
        expected = "medium" if count else "zero"
        expected = "many" if count > 0.0074 * total else expected
        expected = "few" if 0 < count < 0.00285 * total else expected
        assert name == expected
    table = benchmark.describe()
    assert table.loc["test", "all"] == 4
    assert table.loc["test", ["many", "medium", "few", "zero"]].sum() == 4


def test_depth_maps_are_counted_once(copied, monkeypatch):
    first = load(copied)
    kept = sorted(copied.glob("depths-*.npz"))
    assert len(kept) == 2
    monkeypatch.setattr("keras_ranksim.data.depth.survey._survey", lambda *_: 1 / 0)
    again = load(copied, split_seed=3)
    assert again.pixel_counts.sum() == first.pixel_counts.sum()
    (copied / "nyu2_train/office/1.png").write_bytes(b"another size")
    with pytest.raises(ZeroDivisionError):
        load(copied)


def test_a_folder_that_cannot_be_written_to_is_left_alone(copied, monkeypatch):
    monkeypatch.setattr("os.access", lambda *_: False)
    benchmark = load(copied)
    assert not list(copied.glob("*.npz"))
    assert benchmark.facts["counts"].endswith("not kept")


def test_a_subset_can_be_counted_instead(copied):
    benchmark = load(copied, count_list="subset.csv")
    assert len(benchmark.labels["train"]) == 3
    assert benchmark.pixel_counts.sum() == 3 * 140
    assert len(benchmark.labels["val"]) == 3
    assert len(all_of(benchmark.train)[0]) == 9
    assert "subset.csv" in benchmark.facts["counts"]
    assert benchmark.facts["encoder"] == "given by the caller"
    images, _ = read_depth_list(copied, "nyu2_train.csv")
    held = {float(label) for label in benchmark.labels["val"]}
    for line, image in zip((copied / "nyu2_train.csv").read_text().splitlines(), images):
        depth = np.round(scene(images.index(image)) * 25.5) / 255 * 10
        frame = crop_depth(depth, 24, IMAGE_SIZE, DEPTH_SIZE)
        if any(np.isclose(np.mean(frame), label, rtol=1e-5) for label in held):
            (copied / "held_out.csv").write_text(line)
    with pytest.raises(ValueError, match=r"`count_list` must name .* Received: 1 images, all"):
        load(copied, count_list="held_out.csv")


def test_a_progress_bar_is_shown_on_request(copied, capsys):
    load(copied, verbose=True)
    assert "12/12" in capsys.readouterr().err
    load(copied, cache_dir=copied / "elsewhere")
    assert capsys.readouterr().err == ""


def test_in_the_pipeline_depth_follows_its_image(benchmark):
    for _ in range(2):
        images, depths, _ = all_of(benchmark.train)
        for image, depth in zip(images, depths):
            small = tf.nn.avg_pool2d(image[None], 2, 2, "VALID")[0, 1:-1, 1:-1].numpy()
            correlation = np.corrcoef(small.mean(-1).ravel(), depth[1:-1, 1:-1].ravel())
            assert correlation[0, 1] > 0.98


def test_a_seed_repeats_an_epoch_and_the_next_epoch_differs(benchmark):
    one, other = benchmark.replace(seed=4), benchmark.replace(seed=4)
    train = one.train
    first = all_of(train)
    for mine, its in zip(first, all_of(other.train)):
        np.testing.assert_array_equal(mine, its)
    second = all_of(train)
    assert not np.allclose(first[0], second[0])
    resumed = benchmark.replace(seed=4).dataset("train", epoch=1)
    np.testing.assert_array_equal(second[0], all_of(resumed)[0])
    assert not np.allclose(first[0], all_of(benchmark.replace(seed=5).train)[0])
    np.testing.assert_array_equal(all_of(one.val)[0], all_of(other.val)[0])


def test_a_depth_net_trains_with_fds_and_regularizers(benchmark):
    recipe = benchmark.recipe
    table = benchmark.label_weights(**recipe.weights, **recipe.lds)
    benchmark = benchmark.replace(weights=table, batch_size=3)
    inputs, embedding = benchmark.make_network()
    fds = kr.layers.FeatureDistributionSmoothing(recipe.fds_bins, **recipe.fds)
    embedding = kr.layers.PerImage(kr.layers.RankSimRegularizer(seed=1))(fds(embedding))
    model = kr.ImbalancedRegressor(inputs, benchmark.make_head()(embedding))
    model.compile(
        keras.optimizers.SGD(1e-3),
        loss=recipe.loss,
        weighted_metrics=[
            kr.metrics.DepthRMSE(),
            kr.metrics.ShotMetric(
                kr.metrics.DeltaAccuracy(),
                "many",
                None,
                benchmark.bins,
                train_counts=benchmark.pixel_counts,
                many_above=benchmark.shot_limits[0],
                few_below=benchmark.shot_limits[1],
            ),
        ],
    )
    history = model.fit(benchmark.train, validation_data=benchmark.val, epochs=2, verbose=0).history
    assert np.isfinite(list(history.values())).all()
    assert int(fds.epochs_folded) == 1
    seen = fds.samples_seen.numpy()
    assert len(seen) == len(recipe.fds_bins) == 93
    assert seen.sum() == 9 * 140
    labels, weights = all_of(benchmark.test)[1:]
    report = kr.labels.depth_report(
        labels,
        model.predict(benchmark.test, verbose=0),
        benchmark.pixel_counts,
        benchmark.bins,
        mask=weights,
    )
    assert report.loc["all", "n"] == weights.sum()
    evaluated = model.evaluate(benchmark.test, verbose=0, return_dict=True)
    np.testing.assert_allclose(report.loc["all", "rmse"], evaluated["rmse"], rtol=1e-4)
