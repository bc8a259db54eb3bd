"""A small NYUD2-DIR, drawn: tilted planes whose colors show their depth."""

import functools

import keras
import numpy as np
import tensorflow as tf

import keras_ranksim as kr
from keras_ranksim.networks.depth import depth_network

HEIGHT, WIDTH = 48, 64
IMAGE_SIZE, DEPTH_SIZE = (20, 28), (10, 14)
VIEW = kr.data.DepthView(shorter_side=24, image_size=IMAGE_SIZE)
SCENES = ("kitchen", "office", "bedroom", "attic")
EACH = 3


def scene(number):
    """A tilted plane whose nearness is painted: red, green and blue are its depth over 10 m."""
    rows, columns = np.mgrid[0:HEIGHT, 0:WIDTH]
    tilt = 0.3 + 0.1 * (number % 5)
    meters = 1 + (rows / HEIGHT * (1 - tilt) + columns / WIDTH * tilt) * (2.5 + 0.3 * number)
    return meters[..., None].astype("float32")


def write_png(path, array):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(tf.io.encode_png(array).numpy())


def draw(folder):
    """Fills a folder as the archive of NYU v2 is laid out; lists name it `data`."""
    lines = {"nyu2_train.csv": [], "nyu2_test.csv": []}
    for number in range(len(SCENES) * EACH):
        meters = scene(number)
        stem = f"nyu2_train/{SCENES[number // EACH]}/{number % EACH + 1}"
        colors = np.repeat(meters * 25.5, 3, axis=-1).astype("uint8")
        (folder / stem).parent.mkdir(parents=True, exist_ok=True)
        jpeg = tf.io.encode_jpeg(colors, quality=100, chroma_downsampling=False)
        (folder / f"{stem}.jpg").write_bytes(jpeg.numpy())
        write_png(folder / f"{stem}.png", np.round(meters * 25.5).astype("uint8"))
        lines["nyu2_train.csv"].append(f"data/{stem}.jpg,data/{stem}.png")
    for number in range(4):
        meters, stem = scene(number), f"nyu2_test/{number:05d}"
        write_png(folder / f"{stem}_colors.png", np.repeat(meters * 25.5, 3, -1).astype("uint8"))
        write_png(folder / f"{stem}_depth.png", np.round(meters * 1000).astype("uint16"))
        lines["nyu2_test.csv"].append(f"data/{stem}_colors.png,data/{stem}_depth.png")
    for name, rows in lines.items():
        (folder / name).write_text("\n".join(rows) + "\n")
    subset = [line for line in lines["nyu2_train.csv"] if "/1.jpg" in line]
    (folder / "subset.csv").write_text("\n".join(subset))


def load(folder, **changes):
    small = {"view": VIEW, "make_network": small_network, "val_fraction": 0.3, "verbose": False}
    return kr.data.load_nyud2_dir(folder, **{**small, **changes})


def small_encoder(images):
    stages, features = [], keras.layers.AveragePooling2D(2)(images)
    for width in (4, 8, 16, 64):
        features = keras.layers.Conv2D(width, 3, strides=2, padding="same")(features)
        stages.append(features)
    return stages


def half_size_maps():
    """The smallest network: one convolution."""
    images = keras.Input((*IMAGE_SIZE, 3))
    maps = keras.layers.Conv2D(4, 3, strides=2, padding="same", activation="relu")(images)
    return images, maps


small_network = functools.partial(depth_network, (*IMAGE_SIZE, 3), small_encoder, 2)


def all_of(dataset):
    return [np.concatenate(columns) for columns in zip(*dataset.as_numpy_iterator())]
