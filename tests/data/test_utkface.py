"""UTKFace: a folder or a zip of drawn faces with ages in their names."""

import io
import shutil
import zipfile

import numpy as np
import pytest
import tensorflow as tf
from PIL import Image

import keras_ranksim as kr
from keras_ranksim.data.faces.thinned import training_faces
from keras_ranksim.data.portraits.age_density import age_density

COUNTS = {1: 9, 30: 30, 50: 12, 80: 6}


def face(number, size=20):
    """The contents of a JPEG that no other number has."""
    pixels = np.random.default_rng(number).integers(0, 256, (size, size, 3), dtype="uint8")
    file = io.BytesIO()
    Image.fromarray(pixels).save(file, "JPEG")
    return file.getvalue()


@pytest.fixture(scope="module")
def files():
    """Contents by name: 57 faces of four ages."""
    ages = np.repeat(list(COUNTS), list(COUNTS.values()))
    return {f"{age}_0_2_2017{n:04d}.jpg.chip.jpg": face(n) for n, age in enumerate(ages)}


def write(folder, files):
    for name, contents in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(contents)
    return folder


def pictures(benchmark, split):
    return benchmark.make_pipeline.pictures[split].numpy()


def load(path, **arguments):
    return kr.data.load_utkface(path, **{"image_size": 16, "verbose": False, **arguments})


def test_a_folder_gives_balanced_evaluation_sets(tmp_path, files):
    benchmark = load(write(tmp_path, files), max_per_age=5)
    counts = {split: benchmark.bins.count(benchmark.labels[split]) for split in benchmark.labels}
    for age, count in COUNTS.items():
        taken = min(count // 3, 5)
        assert [counts[split][age] for split in ("train", "val", "test")] == [
            count - 2 * taken,
            taken,
            taken,
        ]
    assert benchmark.facts["files"] == 57
    assert len(benchmark.bins) == 101
    x, y, weight = next(iter(benchmark.train))
    assert (x.shape, y.shape, weight.shape) == ((29, 16, 16, 3), (29, 1), (29,))
    assert -1 <= x.numpy().min() < -0.7
    assert 0.7 < x.numpy().max() <= 1


def test_pictures_belong_to_their_ages(tmp_path, files):
    benchmark = load(write(tmp_path, files), image_size=(20, 20), seed=3)
    by_picture = {}
    for name, contents in files.items():
        decoded = tf.io.decode_jpeg(contents).numpy()
        by_picture[decoded.tobytes()] = int(name.split("_")[0])
    for split in ("train", "val", "test"):
        found = [by_picture[picture.tobytes()] for picture in pictures(benchmark, split)]
        assert found == benchmark.labels[split].tolist()


def test_a_zip_gives_what_its_folder_gives(tmp_path, files):
    folder = write(tmp_path / "folder", {f"part1/{name}": files[name] for name in files})
    archive = shutil.make_archive(tmp_path / "faces", "zip", folder)
    with zipfile.ZipFile(archive, "a") as more:
        more.writestr("part1/._30_0_2_20170104.jpg", b"what macOS adds")
        more.writestr("readme.txt", b"no image")
    one, other = load(folder), load(archive)
    for split in ("train", "val", "test"):
        np.testing.assert_array_equal(pictures(one, split), pictures(other, split))
        np.testing.assert_array_equal(one.labels[split], other.labels[split])


def test_equal_files_are_kept_once_or_dropped_if_their_ages_differ(tmp_path, files):
    names = sorted(files)
    agreeing, contradicting = names[10], names[30]
    copies = {
        f"{agreeing.split('_')[0]}_1_1_1.jpg": files[agreeing],
        f"{agreeing.split('_')[0]}_1_1_2.jpg": files[agreeing],
        "99_1_1_3.jpg": files[contradicting],
    }
    plain = load(write(tmp_path / "plain", files))
    benchmark = load(write(tmp_path / "copies", {**files, **copies}))
    seen = np.concatenate([pictures(benchmark, split) for split in ("train", "val", "test")])
    assert len(seen) == len({picture.tobytes() for picture in seen}) == len(files) - 1
    found = {name: benchmark.facts[name] for name in benchmark.facts if name.startswith("co")}
    assert found == {"copies_dropped": 2, "contradicting_groups": 1, "contradicting_files": 2}
    assert plain.facts["copies_dropped"] == plain.facts["contradicting_groups"] == 0


def test_names_without_an_age_are_listed_and_the_old_left_out(tmp_path, files):
    more = {"_0_2_2017.jpg": face(900), "unknown.png": face(901), "116_1_2_2017.jpg": face(902)}
    folder = write(tmp_path, {**files, **more})
    with pytest.warns(UserWarning, match=r"2 of 60 images .* skipped.*_0_2_2017.jpg, unknown.png"):
        benchmark = load(folder)
    assert benchmark.facts["names_without_age"] == ["_0_2_2017.jpg", "unknown.png"]
    assert benchmark.facts["above_100"] == 1
    assert sum(map(len, benchmark.labels.values())) == 57


def test_a_cache_decodes_once_and_notices_other_files(tmp_path, files, monkeypatch):
    folder, cache = write(tmp_path / "faces", files), tmp_path / "cache"
    first = load(folder, cache_dir=cache)
    with monkeypatch.context() as patch:
        broken = "keras_ranksim.data.faces.utkface.read_pictures"
        patch.setattr(broken, lambda *_, **__: pytest.fail("decoded again"))
        again = load(folder, cache_dir=cache)
    for split in ("train", "val", "test"):
        np.testing.assert_array_equal(pictures(first, split), pictures(again, split))
    (folder / "80_1_1_1.jpg").write_bytes(face(500))
    assert len(pictures(load(folder, cache_dir=cache), "train")) == len(first.train_labels) + 1


def test_ages_may_be_held_out_of_training_alone(tmp_path, files):
    folder = write(tmp_path, files)
    plain, held_out = load(folder), load(folder, held_out=((45, 54),))
    assert not (held_out.train_labels == 50).any()
    assert len(held_out.train_labels) == (plain.train_labels != 50).sum()
    np.testing.assert_array_equal(held_out.labels["test"], plain.labels["test"])
    assert "zero" in kr.shots(held_out.train_labels, held_out.labels["test"], held_out.bins)


def test_a_blind_spot_evaluates_the_ages_of_the_protocol_and_trains_longer(tmp_path):
    ages = np.tile(np.arange(10, 90), 4)
    files = {f"{age}_0_0_{n}.jpg": face(n, 16) for n, age in enumerate(ages)}
    benchmark = load(write(tmp_path, files), protocol="blind_spot")
    assert benchmark.name == "utkface_blind_spot"
    for split in ("train", "val", "test"):
        assert benchmark.labels[split].min() == 16
        assert benchmark.labels[split].max() == 85
    held_out = (benchmark.train_labels >= 47) & (benchmark.train_labels <= 53)
    assert not held_out.any()
    assert len(benchmark.train_labels) == 2 * (70 - 7)
    assert benchmark.recipe.epochs == 60
    assert benchmark.recipe.milestones[-1] < 60


def test_thinned_ages_follow_the_density_as_far_as_there_are_faces():
    counts = np.random.default_rng(0).integers(5, 40, 101)
    ages = np.repeat(np.arange(101), counts)
    kept = training_faces(ages, "extrapolation", seed=1)
    density = age_density("extrapolation")
    faces = 1
    while sum(min(count, faces * share) for count, share in zip(counts, density)) >= 0.8 * faces:
        faces += 1
    expected = [min(c, round((faces - 1) * share)) for c, share in zip(counts, density)]
    assert np.bincount(ages[kept], minlength=101).tolist() == expected
    assert 500 < kept.sum() < 700


def test_the_network_of_the_benchmark_learns(tmp_path, files):
    benchmark = load(write(tmp_path, files), batch_size=8)
    result = kr.experiments.run(benchmark, "SQINV + LDS", epochs=1, verbose=0)
    assert np.isfinite(result.report.loc["all", "mae"])


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"image_size": 8}, "`image_size` must be .height, width. in pixels, at least 16 each"),
        ({"image_size": (64, 64, 3)}, "`image_size` must be"),
        ({"image_size": "64"}, "`image_size` must be"),
        ({"protocol": "short_tail"}, "`protocol` must be one of 'long_tail', 'extrapolation'"),
        ({"held_out": (45, 54)}, "`held_out` must be pairs"),
        ({"max_per_age": 0}, "`max_per_bin` must be a whole number of at least 1"),
        ({"held_out": ((0, 100),)}, "enough faces for training, validation and test"),
    ],
)
def test_mistakes_in_arguments_raise(tmp_path, files, arguments, message):
    with pytest.raises(ValueError, match=message):
        load(write(tmp_path, files), **arguments)


def test_other_paths_raise(tmp_path, files):
    with pytest.raises(FileNotFoundError, match=r"`path` must be a folder or a zip.*nowhere"):
        load(tmp_path / "nowhere")
    (tmp_path / "half.zip").write_bytes(b"PK\x03\x04 and no more")
    with pytest.raises(ValueError, match="a folder or a complete zip archive"):
        load(tmp_path / "half.zip")
    folder = write(tmp_path / "others", {"cat.jpg": face(0)})
    with (
        pytest.warns(UserWarning, match="1 of 1 images"),
        pytest.raises(ValueError, match="must hold images named as in '26_0_2_20170104.jpg'"),
    ):
        load(folder)
    with pytest.raises(ValueError, match="at least three of one age.*2 faces, of which 2 train"):
        load(write(tmp_path / "two", {"20_1.jpg": face(1), "30_1.jpg": face(2)}))


def test_broken_images_are_named(tmp_path, files):
    folder = write(tmp_path, {**files, "31_0_0_1.jpg": b"", "32_0_0_1.jpg": face(0)[:200]})
    with pytest.raises(ValueError, match=r"2 of 59 images cannot.*31_0_0_1.jpg, 32_0_0_1.jpg"):
        load(folder)


def test_the_real_faces(shared_data):
    benchmark = kr.data.load_utkface(shared_data / "utkface" / "utkface-64.zip", verbose=False)
    sizes = {split: len(benchmark.labels[split]) for split in benchmark.labels}
    assert sizes == {"train": 19_746, "val": 1673, "test": 1673}
    assert benchmark.facts["above_100"] == 20
    assert benchmark.facts["copies_dropped"] == benchmark.facts["contradicting_groups"] == 0
