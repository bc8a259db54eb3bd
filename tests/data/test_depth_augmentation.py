"""One geometry for image and depth map; colors changed at random."""

import numpy as np
import tensorflow as tf

from keras_ranksim.data.depth.augmentation import (
    crop_depth,
    crop_image,
    jitter_colors,
    normalize_colors,
    random_turn,
)

SIZE, DEPTH_SIZE = (20, 28), (10, 14)


def test_image_and_depth_are_turned_and_mirrored_together(random):
    rows, columns = np.mgrid[0:96, 0:128].astype("float32")
    ramp = (rows + 2 * columns + 20 * np.sin(rows / 9) * np.cos(columns / 11))[..., None]
    for angle, flip in ((0.0, False), (0.0, True), (0.08, False), (-0.08, True)):
        image = crop_image(ramp, 48, (40, 56), angle, flip)
        depth = np.asarray(crop_depth(ramp, 48, (40, 56), (20, 28), angle, flip))
        expected = np.asarray(tf.nn.avg_pool2d(image[None], 2, 2, "VALID")[0])
        inner = (slice(2, -2), slice(2, -2))
        np.testing.assert_allclose(depth[inner], expected[inner], atol=6)
        for other_angle, other_flip in ((angle, not flip), (-angle - 0.08, flip)):
            other = crop_depth(ramp, 48, (40, 56), (20, 28), other_angle, other_flip)
            assert np.abs(other - expected)[inner].max() > 12


def test_a_turn_is_a_turn_about_the_middle():
    image = np.zeros((41, 41, 1), "float32")
    image[20, 32], image[20, 20] = 1, 5
    turned = np.array(crop_image(image, 41, (41, 41), np.pi / 2))
    assert np.unravel_index(turned.argmax(), turned.shape)[:2] == (20, 20)
    turned[20, 20] = 0
    row, column, _ = np.unravel_index(turned.argmax(), turned.shape)
    assert (abs(row - 20), column) == (12, 20)


def test_depths_are_never_made_up(random):
    depth = random.choice([1.0, 9.0], size=(48, 64, 1)).astype("float32")
    for angle in (0.0, 0.05):
        assert set(np.unique(crop_depth(depth, 24, SIZE, DEPTH_SIZE, angle))) == {1, 9}


def test_a_reduced_image_is_smoothed_as_it_shrinks():
    stripes = np.tile([1.0, 0.0, 0.0, 1.0], (96, 32)).astype("float32")[..., None]
    reduced = np.asarray(crop_image(stripes, 24, SIZE))
    assert 0.3 < reduced.min() <= reduced.max() < 0.7


def test_turns_stay_within_their_bounds_and_half_of_the_images_are_mirrored():
    turns = [random_turn(tf.constant([3, i], "int64"), 5.0) for i in range(200)]
    degrees = np.rad2deg([float(angle) for angle, _ in turns])
    assert np.abs(degrees).max() <= 5
    assert degrees.min() < -4.5
    assert degrees.max() > 4.5
    assert 70 < sum(bool(flip) for _, flip in turns) < 130


def test_colors_change_by_brightness_contrast_saturation_and_light(random):
    image = random.random((6, 7, 3)).astype("float32")
    seed = tf.constant([5, 1], "int64")
    same = jitter_colors(image, seed, strength=0.0, lighting=0.0)
    np.testing.assert_allclose(same, image, rtol=1e-6)
    lit = np.asarray(jitter_colors(image, seed, strength=0.0)) - image
    np.testing.assert_allclose(lit, np.broadcast_to(lit[0, 0], lit.shape), atol=1e-6)
    assert np.abs(lit).max() > 1e-4
    np.testing.assert_array_equal(jitter_colors(image, seed), jitter_colors(image, seed))

    gray = np.tensordot(image, (0.299, 0.587, 0.114), 1)[..., None] + 0 * image
    targets = {0: 0 * image, 1: np.full_like(image, gray.mean()), 2: gray}
    seeds = tf.random.experimental.stateless_split(seed, 3)
    shares = tf.random.stateless_uniform((3,), seeds[1], -0.4, 0.4).numpy()
    order = tf.random.experimental.stateless_shuffle(tf.range(3), seeds[2]).numpy()
    expected = image
    for kind in order:
        gray = np.tensordot(expected, (0.299, 0.587, 0.114), 1)[..., None] + 0 * expected
        targets = [0 * gray, np.full_like(gray, gray.mean()), gray]
        expected = (1 - shares[kind]) * expected + shares[kind] * targets[kind]
    jittered = jitter_colors(image, seed, lighting=0.0)
    np.testing.assert_allclose(jittered, expected, atol=1e-5)


def test_colors_are_scaled_by_those_of_imagenet():
    white = np.asarray(normalize_colors(tf.ones((1, 1, 3)))).ravel()
    np.testing.assert_allclose(
        white, [(1 - 0.485) / 0.229, (1 - 0.456) / 0.224, (1 - 0.406) / 0.225]
    )
