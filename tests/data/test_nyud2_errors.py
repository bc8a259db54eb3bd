"""What goes wrong with NYUD2-DIR is named before training."""

import numpy as np
import pytest
import tensorflow as tf
from drawn_depth import DEPTH_SIZE, EACH, HEIGHT, IMAGE_SIZE, WIDTH, all_of, load, write_png

from keras_ranksim.data.depth.view import DepthView


def test_a_missing_list_says_what_to_put_where(tmp_path):
    with pytest.raises(
        FileNotFoundError,
        match=r"list of images and depth maps at '.*nyu2_train.csv'. Unpack the NYU v2 archive",
    ):
        load(tmp_path)


def test_missing_files_are_counted_and_named(copied):
    (copied / "nyu2_train/office/2.jpg").unlink()
    (copied / "nyu2_train/attic/1.png").unlink()
    message = r"2 of the 24 files that '.*nyu2_train.csv' names are missing.*office/2.jpg"
    with pytest.raises(FileNotFoundError, match=message):
        load(copied)


def test_a_broken_depth_map_is_named_before_training(copied):
    path = copied / "nyu2_train/office/2.png"
    whole = path.read_bytes()
    for broken in (whole[: len(whole) // 2], b"", b"no image at all, but some text in its place"):
        path.write_bytes(broken)
        with pytest.raises(
            ValueError, match=r"^Depth map '.*office/2.png' cannot be decoded.*list.$"
        ):
            load(copied)
    assert not list(copied.glob("unfinished-*"))


def test_an_empty_depth_map_is_named_before_training(copied):
    write_png(copied / "nyu2_train/office/2.png", np.zeros((HEIGHT, WIDTH, 1), "uint8"))
    with pytest.raises(ValueError, match=r"office/2.png' must have a pixel of a depth above 0"):
        load(copied)


def test_a_broken_image_met_in_training_is_named(copied):
    path = copied / "nyu2_test/00002_colors.png"
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
    with pytest.raises(
        tf.errors.InvalidArgumentError, match=r"00002_colors.png' cannot be decoded"
    ):
        all_of(load(copied).test)


def test_an_image_too_small_for_the_crop_is_named(drawn):
    with pytest.raises(
        ValueError,
        match=r"`image_size` \(24, 36\) must fit .*1.png' of 48 x 64 pixels, resized to 24 x 32",
    ):
        load(drawn, view=DepthView(24, (24, 36)), cache_dir=drawn / "unused")


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"val_fraction": 0}, "`val_fraction` must be above 0 and at most 0.5"),
        ({"val_fraction": 0.6}, "`val_fraction` must be above 0 and at most 0.5"),
        ({"degrees": -1}, "`degrees` must be a number of at least 0"),
        ({"bins": 100}, "`bins` must be a keras_ranksim.LabelBins"),
        ({"count_list": "none.csv"}, "There must be a list"),
    ],
)
def test_wrong_arguments_raise(drawn, changes, message):
    with pytest.raises((ValueError, FileNotFoundError), match=message):
        load(drawn, **changes)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"image_size": 28}, r"`image_size` must be \(height, width\) in pixels"),
        ({"depth_size": (10, 0)}, "`depth_size` must be a whole number of at least 1"),
        ({"shorter_side": 0}, "`shorter_side` must be a whole number of at least 1"),
        ({"eight_bit_range": 0}, "`eight_bit_range` must be a positive number"),
        ({"sixteen_bit_units": 0}, "`sixteen_bit_units` must be a positive number"),
    ],
)
def test_a_wrong_view_raises(changes, message):
    with pytest.raises(ValueError, match=message):
        DepthView(**changes)


def test_scenes_of_one_folder_cannot_be_held_out(copied):
    lines = (copied / "nyu2_train.csv").read_text().splitlines()
    (copied / "nyu2_train.csv").write_text("\n".join(lines[:EACH]))
    with pytest.raises(ValueError, match=r"must name images of at least two folders.*3 images in"):
        load(copied)


def test_two_views_are_refused(copied):
    benchmark = load(copied)
    with pytest.raises(ValueError, match="`views` must be 1 for dense labels"):
        _ = benchmark.replace(views=2).train


def test_a_view_reads_one_file(drawn):
    view = DepthView(24, IMAGE_SIZE, DEPTH_SIZE)
    path = str(drawn / "nyu2_train/office/1.jpg")
    image = view.image(path, tf.io.read_file(path))
    assert image.shape == (*IMAGE_SIZE, 3)
    assert 0 <= float(tf.reduce_min(image)) <= float(tf.reduce_max(image)) <= 1
