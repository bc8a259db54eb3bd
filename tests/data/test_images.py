"""Image files to training inputs."""

import numpy as np
import pytest
import tensorflow as tf

from keras_ranksim.data.image_files import check_images, missing_files
from keras_ranksim.data.images import decode_image, random_views, scale_image, training_image


@pytest.fixture
def picture(random):
    """A picture no two windows of which are alike."""
    return random.integers(0, 256, (40, 40, 3), dtype="uint8")


@pytest.fixture
def photograph(random):
    """A smooth picture, 120 x 90, as JPEG stores photographs well."""
    coarse = random.uniform(0, 255, (12, 9, 3)).astype("float32")
    smooth = tf.image.resize(coarse, (120, 90), method="bicubic")
    return tf.cast(tf.clip_by_value(smooth, 0, 255), "uint8").numpy()


def placements(picture, view, padding=16):
    """Every (down, right, mirrored) whose window of the zero-padded picture is `view`."""
    height, width, _ = picture.shape
    padded = np.zeros((height + 2 * padding, width + 2 * padding, 3), dtype="uint8")
    padded[padding : padding + height, padding : padding + width] = picture
    found = []
    for top in range(2 * padding + 1):
        for left in range(2 * padding + 1):
            window = padded[top : top + height, left : left + width]
            for mirrored in (False, True):
                if np.array_equal(window[:, ::-1] if mirrored else window, view):
                    found.append((top - padding, left - padding, mirrored))
    return found


def read_image(path, size):
    return decode_image(path, tf.io.read_file(path), (size, size))


def saved(folder, name, contents):
    path = folder / name
    path.write_bytes(contents if isinstance(contents, bytes) else contents.numpy())
    return str(path)


def test_a_view_is_a_window_of_the_padded_image_mirrored_half_of_the_time(picture):
    drawn = []
    for seed in range(60):
        (view,) = random_views(tf.constant(picture), seed=[3, seed])
        found = placements(picture, view.numpy())
        assert len(found) == 1
        drawn += found
    down, right, mirrored = (np.array(column) for column in zip(*drawn))
    assert down.min() < -10
    assert down.max() > 10
    assert right.min() < -10
    assert right.max() > 10
    assert abs(np.corrcoef(down, right)[0, 1]) < 0.4
    assert 15 < mirrored.sum() < 45


def test_every_offset_up_to_the_padding_is_drawn_and_none_beyond():
    image = tf.reshape(tf.range(1, 10, dtype="int32"), (3, 3, 1))
    middles = set()
    for seed in range(200):
        (view,) = random_views(image, seed=[0, seed], padding=1)
        middles.add(int(view[1, 1, 0]))
    assert middles == set(range(1, 10))


def test_views_of_one_image_are_drawn_independently(picture):
    equal = 0
    for seed in range(30):
        first, second = random_views(tf.constant(picture), seed=[0, seed], views=2)
        equal += placements(picture, first.numpy()) == placements(picture, second.numpy())
    assert equal <= 2


def test_a_seed_repeats_its_views(picture):
    once = random_views(tf.constant(picture), seed=[5, 9], views=2)
    again = random_views(tf.constant(picture), seed=[5, 9], views=2)
    other = random_views(tf.constant(picture), seed=[6, 9], views=2)
    np.testing.assert_array_equal(once, again)
    assert not np.array_equal(once, other)


def test_pixels_are_scaled_to_minus_one_to_one():
    scaled = scale_image(tf.constant([0, 51, 255], dtype="uint8"))
    np.testing.assert_allclose(scaled, [-1.0, -0.6, 1.0], atol=1e-6)


def test_one_view_is_a_tensor_two_and_three_are_views_that_end_with_the_plain_image(picture):
    image = tf.constant(picture)
    one = training_image(image, [0, 1])
    two = training_image(image, [0, 1], views=2)
    three = training_image(image, [0, 1], views=3)
    assert one.shape == (40, 40, 3)
    assert one.dtype == "float32"
    assert (two.count, three.count) == (2, 3)
    np.testing.assert_array_equal(three[:2], two[:2])
    np.testing.assert_array_equal(three[2], scale_image(image))


@pytest.mark.parametrize("channels", [1, 3, 4])
def test_gray_colored_and_transparent_pngs_become_three_channels(tmp_path, random, channels):
    pixels = random.integers(0, 256, (20, 20, channels), dtype="uint8")
    path = saved(tmp_path, "image.png", tf.io.encode_png(pixels))
    expected = np.repeat(pixels, 3, axis=-1) if channels == 1 else pixels[..., :3]
    np.testing.assert_array_equal(read_image(tf.constant(path), 20), expected)


def test_a_jpeg_of_the_wanted_size_is_only_decoded(tmp_path, photograph):
    square = photograph[:90]
    jpeg = tf.io.encode_jpeg(square, quality=95)
    path = saved(tmp_path, "image.jpg", jpeg)
    np.testing.assert_array_equal(read_image(tf.constant(path), 90), tf.io.decode_jpeg(jpeg))


@pytest.mark.parametrize("image_size", [30, 64, 200])
def test_resizing_agrees_with_pil(tmp_path, photograph, image_size):
    pil = pytest.importorskip("PIL.Image")
    path = saved(tmp_path, "image.png", tf.io.encode_png(photograph))
    resized = read_image(tf.constant(path), image_size).numpy().astype(int)
    with pil.open(path) as image:
        expected = np.asarray(image.resize((image_size, image_size), pil.BILINEAR)).astype(int)
    assert resized.shape == (image_size, image_size, 3)
    assert np.abs(resized - expected).max() <= 1


@pytest.mark.parametrize("image_size", [33, 64, 151])
def test_resizing_is_that_of_tensorflow_with_antialiasing(tmp_path, photograph, image_size):
    path = saved(tmp_path, "image.png", tf.io.encode_png(photograph))
    expected = tf.image.resize(photograph, (image_size, image_size), antialias=True)
    resized = read_image(tf.constant(path), image_size)
    np.testing.assert_array_equal(resized, np.round(expected))


def test_bytes_after_the_end_of_a_jpeg_do_no_harm(tmp_path, photograph):
    jpeg = tf.io.encode_jpeg(photograph).numpy()
    plain = read_image(tf.constant(saved(tmp_path, "a.jpg", jpeg)), 64)
    longer = read_image(tf.constant(saved(tmp_path, "b.jpg", jpeg + b"\0\0\0")), 64)
    np.testing.assert_array_equal(plain, longer)


@pytest.mark.parametrize("damage", ["half", "no end", "empty", "web page", "half png"])
def test_a_broken_image_met_in_a_pipeline_is_named(tmp_path, photograph, damage):
    jpeg = tf.io.encode_jpeg(photograph).numpy()
    contents = {
        "half": jpeg[: len(jpeg) // 2],
        "no end": jpeg[:-40],
        "empty": b"",
        "web page": b"<html>404</html>",
        "half png": tf.io.encode_png(photograph).numpy()[:2000],
    }[damage]
    whole = saved(tmp_path, "whole.jpg", jpeg)
    broken = saved(tmp_path, "broken face.jpg", contents)
    images = tf.data.Dataset.from_tensor_slices([whole, broken, whole])
    images = images.map(lambda path: read_image(path, 64), num_parallel_calls=2).batch(3)
    with pytest.raises(tf.errors.InvalidArgumentError, match=r"broken face\.jpg' cannot be decod"):
        next(iter(images))


def test_a_jpeg_damaged_inside_points_to_check_images(tmp_path, photograph):
    jpeg = tf.io.encode_jpeg(photograph).numpy()
    frame = jpeg.index(b"\xff\xc0")
    damaged = jpeg[: frame + 4] + b"\x07" + jpeg[frame + 5 :]
    path = saved(tmp_path, "damaged.jpg", damaged)
    images = tf.data.Dataset.from_tensors(path).map(lambda path: read_image(path, 64))
    with pytest.raises(tf.errors.InvalidArgumentError, match="find_the_file_with_check_images"):
        next(iter(images))
    with pytest.raises(ValueError, match=r"1 of 1 images cannot be decoded.*damaged\.jpg"):
        check_images([path], verbose=False)


def test_a_missing_file_met_in_a_pipeline_is_named(tmp_path):
    with pytest.raises(tf.errors.NotFoundError, match=r"nobody\.jpg"):
        read_image(tf.constant(str(tmp_path / "nobody.jpg")), 64)


def test_check_images_says_how_many_are_broken_and_names_the_first(tmp_path, photograph):
    jpeg = tf.io.encode_jpeg(photograph).numpy()
    paths = [saved(tmp_path, f"{i}.jpg", jpeg if i % 2 else jpeg[:500]) for i in range(9)]
    with pytest.raises(ValueError, match=r"^5 of 9 images cannot .*0\.jpg, .*4\.jpg, \.\.\."):
        check_images(paths, verbose=False)
    check_images(paths[1::2], workers=2, verbose=False)


def test_check_images_shows_a_progress_bar_unless_not_verbose(tmp_path, photograph, capsys):
    path = saved(tmp_path, "a.jpg", tf.io.encode_jpeg(photograph))
    check_images([path], verbose=False)
    assert capsys.readouterr().err == ""
    check_images([path, path])
    assert "2/2" in capsys.readouterr().err


def test_missing_images_are_counted_and_the_first_named(tmp_path, photograph):
    there = saved(tmp_path, "there.jpg", tf.io.encode_jpeg(photograph))
    gone = [str(tmp_path / "gone.jpg"), str(tmp_path / "no folder" / "at all.jpg")]
    assert missing_files([there, *gone]) == gone
    with pytest.raises(FileNotFoundError, match=r"2 of the 3 files are missing, the first: .*gone"):
        check_images([there, *gone], verbose=False)
