"""Image files and labels from a CSV file or a DataFrame."""

import shutil

import keras
import numpy as np
import pandas
import pytest
from PIL import Image

import keras_ranksim as kr
from keras_ranksim.data.image_tables import network
from keras_ranksim.networks.keras_application import keras_application

SPLITS = ("train", "val", "test")
COUNT = 40


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """JPEG and PNG files; the brightness of an image is its label."""
    folder = tmp_path_factory.mktemp("images")
    (folder / "png").mkdir()
    for number in range(COUNT):
        pixels = np.full((24, 20, 3), 5 * number, dtype="uint8")
        pixels[..., 0] += 20
        name = f"png/{number}.png" if number % 2 else f"{number}.jpg"
        Image.fromarray(pixels).save(folder / name)
    table(folder).to_csv(folder / "shop.csv", index=False)
    return folder


def table(folder):
    names = [f"png/{n}.png" if n % 2 else f"{n}.jpg" for n in range(COUNT)]
    part = np.resize(["train", "train", "val", "test"], COUNT)
    return pandas.DataFrame({"path": names, "label": np.arange(COUNT) * 5.0, "part": part})


def load(folder, frame=None, **arguments):
    frame = table(folder) if frame is None else frame
    settings = {"images_dir": folder, "image_size": 16, "split": "part", "verbose": False}
    return kr.data.load_images(frame, **{**settings, **arguments})


def batch(benchmark, split="train"):
    x, y, weight = next(iter(benchmark.dataset(split)))
    return np.asarray(x), np.asarray(y), np.asarray(weight)


def test_images_and_labels_belong_together(folder):
    benchmark = load(folder, augment=False)
    for split in SPLITS:
        x, y, weight = batch(benchmark, split)
        assert x.shape == (len(y), 16, 16, 3)
        brightness = (x[..., 1].mean(axis=(1, 2)) + 1) * 127.5
        np.testing.assert_allclose(brightness, y[:, 0], atol=1.5)
        assert (weight == 1).all()
    assert [len(benchmark.labels[split]) for split in SPLITS] == [20, 10, 10]


def test_a_csv_file_lies_beside_its_images_and_is_split_in_balance(folder):
    benchmark = kr.data.load_images(folder / "shop.csv", image_size=(16, 24), verbose=False)
    assert benchmark.name == "shop"
    assert batch(benchmark)[0].shape[1:] == (16, 24, 3)
    assert sum(len(benchmark.labels[split]) for split in SPLITS) == COUNT
    assert len(benchmark.labels["test"]) > 0


def test_images_may_lie_in_the_current_folder(folder, monkeypatch):
    monkeypatch.chdir(folder)
    assert len(load(folder, images_dir=None).train_labels) == 20


@pytest.mark.parametrize("views", [1, 3])
def test_batches_from_files_are_those_from_memory(folder, views):
    kept = load(folder, in_memory=True, views=views, batch_size=7)
    read = load(folder, in_memory=False, views=views, batch_size=7)
    for one, other in zip(kept.train, read.train):
        for a, b in zip(keras.tree.flatten(one), keras.tree.flatten(other)):
            np.testing.assert_array_equal(a, b)


def test_images_too_many_for_memory_are_read_from_files(folder, monkeypatch):
    assert hasattr(load(folder).make_pipeline, "pictures")
    monkeypatch.setattr("keras_ranksim.data.image_tables.decoded.MOST_BYTES", 1000)
    assert not hasattr(load(folder).make_pipeline, "pictures")


def test_a_cache_decodes_once(folder, tmp_path, monkeypatch):
    first = load(folder, cache_dir=tmp_path)
    monkeypatch.setattr(
        "keras_ranksim.data.image_tables.decoded.read_pictures",
        lambda *_, **__: pytest.fail("decoded again"),
    )
    again = load(folder, cache_dir=tmp_path)
    np.testing.assert_array_equal(batch(first)[0], batch(again)[0])


def test_images_may_be_written_to_records(folder, tmp_path):
    benchmark = load(folder, in_memory=False)
    kr.data.write_records(benchmark, tmp_path / "records", shards=2, verbose=False)
    again = kr.data.read_records(tmp_path / "records")
    for one, other in zip(benchmark.test, again.test):
        np.testing.assert_array_equal(one[0], other[0])


def test_missing_broken_and_gray_images_are_named(folder, tmp_path):
    frame = table(folder)
    for name in frame["path"]:
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_bytes((folder / name).read_bytes())
    (tmp_path / "2.jpg").unlink()
    (tmp_path / "4.jpg").write_bytes(b"RIFF not a JPEG")
    (tmp_path / "6.jpg").write_bytes((folder / "6.jpg").read_bytes()[:200])
    Image.fromarray(np.full((20, 20), 40, dtype="uint8")).save(tmp_path / "8.jpg")
    with pytest.raises(FileNotFoundError, match=r"1 of 40 images are missing.*2\.jpg.*images_dir"):
        load(tmp_path)
    with (
        pytest.warns(UserWarning, match=r"1 of 39 images are gray, the first: .*8\.jpg"),
        pytest.warns(UserWarning, match=r"3 of 40 rows .* missing images 1, broken images 2"),
    ):
        benchmark = load(tmp_path, skip_broken=True, augment=False)
    assert sum(len(benchmark.labels[split]) for split in SPLITS) == 37
    x, y, _ = batch(benchmark)
    np.testing.assert_allclose((x[..., 1].mean(axis=(1, 2)) + 1) * 127.5, y[:, 0], atol=1.5)
    (tmp_path / "2.jpg").write_bytes((folder / "2.jpg").read_bytes())
    with pytest.raises(ValueError, match=r"2 of 40 images cannot be decoded.*4\.jpg.*6\.jpg"):
        load(tmp_path)


def test_rows_without_a_label_are_left_out_with_a_warning(folder):
    frame = table(folder).rename(columns={"label": 7})
    frame.loc[4, 7] = None
    with pytest.warns(UserWarning, match="1 of 40 rows of The DataFrame have no number in '7'"):
        benchmark = load(folder, frame, label=7, augment=False)
    assert sum(len(benchmark.labels[split]) for split in SPLITS) == 39
    x, y, _ = batch(benchmark)
    np.testing.assert_allclose((x[..., 1].mean(axis=(1, 2)) + 1) * 127.5, y[:, 0], atol=1.5)
    frame.loc[:9, 7] = None
    with pytest.raises(ValueError, match="drop_unlabeled=True"):
        load(folder, frame, label=7)
    with pytest.warns(UserWarning, match="10 of 40 rows"):
        load(folder, frame, label=7, drop_unlabeled=True)


@pytest.mark.parametrize("in_memory", [True, False])
def test_equal_images_stay_in_one_split(folder, in_memory):
    frame = table(folder)
    frame = pandas.concat([frame, frame.assign(path="./" + frame["path"]), frame])
    benchmark = load(folder, frame, in_memory=in_memory, split=None)
    assert benchmark.facts["copies"] == 2 * COUNT
    train, val, test = (set(benchmark.labels[split].tolist()) for split in SPLITS)
    assert test
    assert not ((train & val) | (train & test) | (val & test))
    frame["mine"] = np.repeat(["train ", "val", "test"], COUNT)
    with pytest.warns(UserWarning, match="80 rows of validation and test show the image of a"):
        load(folder, frame, in_memory=in_memory, split="mine")


@pytest.fixture
def changed(folder, tmp_path):
    """A copy of the folder, and a function that writes another picture in place of the first."""
    copy = shutil.copytree(folder, tmp_path / "copy")
    return copy, lambda pixels: Image.fromarray(pixels).save(copy / "png" / "1.png")


def test_images_of_16_bits_are_refused_since_8_of_them_would_be_lost(changed):
    folder, write = changed
    write(np.full((20, 20), 200, dtype="uint16"))
    with pytest.raises(
        ValueError, match=r"8 bits per channel\. Received: 1 of 40 with 16.*png/1\."
    ):
        load(folder)


@pytest.mark.parametrize("in_memory", [True, False])
def test_a_run_knows_that_its_images_were_changed(changed, tmp_path, random, in_memory):
    folder, write = changed

    def run():
        benchmark = load(folder, in_memory=in_memory)
        return kr.experiments.run(
            benchmark, "VANILLA", epochs=1, verbose=0, output_dir=tmp_path / "run"
        )

    first = run()
    pandas.testing.assert_frame_equal(run().report, first.report)
    write(random.integers(0, 256, (24, 20, 3)).astype("uint8"))
    with pytest.raises(ValueError, match="differs in inputs"):
        run()


def test_labels_far_from_the_rest_can_be_clipped(folder):
    frame = table(folder)
    frame.loc[5, "label"] = 1e6
    assert load(folder, frame, clip_label=(0, 195)).train_labels.max() == 195


def test_the_small_network_and_its_recipe_fit_the_images(folder):
    benchmark = load(folder)
    inputs, embedding = benchmark.make_network()
    assert inputs.shape == (None, 16, 16, 3)
    assert embedding.shape == (None, 192)
    assert benchmark.recipe.epochs == 60
    result = kr.experiments.run(benchmark, "SQINV + LDS", epochs=1, verbose=0)
    assert np.isfinite(result.report.loc["all", "mae"])
    recipe = network.image_recipe(20_000, False, True, scale=10.0, bins=benchmark.bins)
    assert (recipe.epochs, recipe.milestones) == (10, (5, 7, 8, 9))


def test_a_backbone_of_keras_takes_its_own_scale_of_pixels():
    pixels = np.random.default_rng(0).integers(0, 256, (2, 32, 32, 3)).astype("float32")
    for name, module in (("MobileNet", "mobilenet"), ("ResNet50", "resnet")):
        keras.utils.set_random_seed(1)
        inputs, embedding = keras_application(name, (32, 32, 3), weights=None)
        ours = keras.Model(inputs, embedding).predict(pixels / 127.5 - 1, verbose=0)
        keras.utils.set_random_seed(1)
        application = getattr(keras.applications, name)(
            include_top=False, pooling="avg", weights=None, input_shape=(32, 32, 3)
        )
        prepare = getattr(keras.applications, module).preprocess_input
        theirs = application.predict(prepare(pixels.copy()), verbose=0)
        np.testing.assert_allclose(ours, theirs, rtol=1e-3, atol=1e-4)


def test_a_backbone_is_saved_and_its_predictions_with_it(tmp_path):
    inputs, embedding = keras_application("MobileNetV3Small", (32, 32, 3), None)
    model = kr.ImbalancedRegressor(inputs, keras.layers.Dense(1)(embedding))
    x = np.random.default_rng(0).uniform(-1, 1, (2, 32, 32, 3))
    model.save(tmp_path / "model.keras")
    again = keras.models.load_model(tmp_path / "model.keras")
    np.testing.assert_allclose(model.predict(x, verbose=0), again.predict(x, verbose=0), rtol=1e-5)


def test_weights_that_cannot_be_downloaded_give_random_ones_and_a_warning(folder, monkeypatch):
    import urllib.request

    def no_network(*arguments, **keywords):
        raise urllib.error.URLError("no network in tests")

    monkeypatch.setattr("keras.src.utils.file_utils.urlretrieve", no_network)
    monkeypatch.setenv("KERAS_HOME", str(folder))
    monkeypatch.setattr("keras.src.utils.file_utils.config.keras_home", lambda: str(folder))
    with pytest.warns(UserWarning, match="weights of EfficientNetV2B0 cannot be downloaded"):
        benchmark = load(folder, backbone="EfficientNetV2B0", image_size=32)
    assert benchmark.facts["weights"] == "random"
    assert benchmark.recipe.learning_rate == 2e-3
    assert benchmark.make_network.args == ("EfficientNetV2B0", (32, 32, 3), None)


def test_weights_may_come_from_a_file(folder, tmp_path):
    donor = keras.applications.MobileNet(
        include_top=False, weights=None, pooling="avg", input_shape=(32, 32, 3)
    )
    donor.save_weights(tmp_path / "mobile.weights.h5")
    benchmark = load(
        folder, backbone="MobileNet", image_size=32, weights=str(tmp_path / "mobile.weights.h5")
    )
    inputs, embedding = benchmark.make_network()
    x = np.random.default_rng(0).uniform(-1, 1, (2, 32, 32, 3)).astype("float32")
    ours = keras.Model(inputs, embedding).predict(x, verbose=0)
    np.testing.assert_allclose(ours, donor.predict(x, verbose=0), rtol=1e-3, atol=1e-5)
    assert benchmark.recipe.learning_rate == 2e-4


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"path": "file"}, r"`path` must name a column.*path='file'.*'path', 'label', 'part'"),
        ({"label": "price"}, "`label` must name a column"),
        ({"label": "path"}, "`label` must name a column"),
        ({"split": "fold"}, "`split` must name a column of the table"),
        ({"split": "label"}, "`split` must name a column that holds 'train', 'val' or 'test'"),
        ({"image_size": 8}, "`image_size` must be"),
        ({"backbone": "EfficientNetV9"}, "`backbone` must be one of 'ConvNeXtBase'"),
        ({"bins": 10}, "`bins` must be a keras_ranksim.LabelBins"),
        ({"views": 4}, "`views` must be one of 1, 2, 3"),
    ],
)
def test_mistakes_in_arguments_raise(folder, arguments, message):
    with pytest.raises(ValueError, match=message):
        load(folder, **arguments)


def test_rows_without_an_image_and_other_tables_raise(folder, tmp_path):
    frame = table(folder)
    frame.loc[[3, 5], "path"] = [None, "  "]
    with pytest.raises(ValueError, match=r"`path` must name .* none in 2 of 40 rows.*row 3"):
        load(folder, frame)
    with pytest.raises(FileNotFoundError, match="`table` must be the path of a CSV file.*nowhere"):
        kr.data.load_images(tmp_path / "nowhere.csv")
    with pytest.raises(ValueError, match="`table` must be the path of a CSV file.*Received: list"):
        kr.data.load_images([1, 2])
    with pytest.raises(FileNotFoundError, match="40 of 40 images are missing"):
        load(folder, images_dir=tmp_path, skip_broken=True)


def test_without_augmentation_there_is_one_view(folder):
    benchmark = load(folder, augment=False)
    assert benchmark.recipe.conr_views == 1
    assert load(folder).recipe.conr_views == 2
    with pytest.raises(ValueError, match="`views` above 1 differ by augmentation.*views=2"):
        load(folder, augment=False, views=2).dataset("train")


def test_new_images_are_read_as_those_of_the_table(folder):
    benchmark = load(folder)
    paths = [folder / name for name in table(folder).query("part == 'test'")["path"]]
    np.testing.assert_array_equal(kr.data.read_images(paths, 16), batch(benchmark, "test")[0])
    assert kr.data.read_images([], (16, 20)).shape == (0, 16, 20, 3)
    with pytest.raises(ValueError, match="`paths` must be a list of files"):
        kr.data.read_images(folder / "0.jpg", 16)
    with pytest.raises(FileNotFoundError, match=r"1 of the 2 files are missing.*gone\.jpg"):
        kr.data.read_images([paths[0], folder / "gone.jpg"], 16)
