"""The files that TensorBoard's projector reads."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import tensorflow as tf

from keras_ranksim.plots.report.samples import as_pictures

MOST_POINTS = 2000
THUMBNAIL = 48  # pixels; a sprite of 2,000 stays within the 8,192 pixels that browsers take

CONFIG = """embeddings {{
  tensor_name: "validation embeddings"
  tensor_path: "embeddings.tsv"
  metadata_path: "metadata.tsv"
{sprite}}}
"""
SPRITE = """  sprite {{
    image_path: "sprite.png"
    single_image_dim: {size}
    single_image_dim: {size}
  }}
"""


def write_projector(folder: Path, features, columns: dict, pictures=None) -> None:
    """Writes embeddings for the projector: points, what is known of each, and its picture.

    Args:
        folder: A run's folder of logs.
        features: Array of shape `(samples, features)`; of more than 2,000 samples, some are
            taken, spread evenly.
        columns: What is known of the samples, arrays of their length by name.
        pictures: Optional pictures of the samples, from the first on; shown where there is one
            for every sample.
    """
    folder.mkdir(parents=True, exist_ok=True)
    count = len(features)
    chosen = np.linspace(0, count - 1, min(count, MOST_POINTS)).round().astype(int)
    rows = ("\t".join(f"{value:.5g}" for value in row) for row in np.asarray(features)[chosen])
    (folder / "embeddings.tsv").write_text("\n".join(rows) + "\n")
    told = zip(*(np.asarray(column)[chosen] for column in columns.values()))
    lines = ["\t".join(map(_plain, line)) for line in [tuple(columns), *told]]
    (folder / "metadata.tsv").write_text("\n".join(lines) + "\n", encoding="utf-8")
    sprite = ""
    if pictures is not None and len(pictures) == count <= MOST_POINTS:
        (folder / "sprite.png").write_bytes(_sprite(pictures))
        sprite = SPRITE.format(size=THUMBNAIL)
    (folder / "projector_config.pbtxt").write_text(CONFIG.format(sprite=sprite))


def _sprite(pictures):
    """All pictures in one, row by row, in a square."""
    small = tf.image.resize(as_pictures(pictures), (THUMBNAIL, THUMBNAIL), antialias=True).numpy()
    side = int(np.ceil(np.sqrt(len(small))))
    sheet = np.zeros((side * side, THUMBNAIL, THUMBNAIL, 3), dtype="uint8")
    sheet[: len(small)] = np.clip(np.round(small), 0, 255)
    sheet = sheet.reshape(side, side, THUMBNAIL, THUMBNAIL, 3).swapaxes(1, 2)
    return tf.io.encode_png(sheet.reshape(side * THUMBNAIL, side * THUMBNAIL, 3)).numpy()


def _plain(value):
    """A value without what would end a cell or a line."""
    text = f"{value:.5g}" if isinstance(value, (float, np.floating)) else str(value)
    return text.replace("\t", " ").replace("\n", " ")
