"""New images as the models of `load_images` take them."""

from __future__ import annotations

import os
from collections.abc import Iterable

import numpy as np

from keras_ranksim.data.image_files import check_existence
from keras_ranksim.data.image_tables.decoded import usable_images
from keras_ranksim.data.images import scale_image
from keras_ranksim.data.read_pictures import picture_size


def read_images(paths: Iterable[str | os.PathLike], image_size) -> np.ndarray:
    """Reads image files as a model that was trained on `load_images` takes them.

    Args:
        paths: JPEG or PNG files. A missing or broken one raises an error that names it.
        image_size: That of `load_images`: `(height, width)`, or one number for both.

    Returns:
        A float32 array of shape `(images, height, width, 3)`, from -1 to 1.

    Example:

    >>> import keras, numpy as np, pathlib, tempfile, keras_ranksim as kr
    >>> file = pathlib.Path(tempfile.mkdtemp()) / "new.png"
    >>> keras.utils.save_img(file, np.full((40, 60, 3), 255.0), scale=False)
    >>> images = kr.data.read_images([file], image_size=32)
    >>> images.shape, float(images.max())
    ((1, 32, 32, 3), 1.0)
    """
    if isinstance(paths, (str, os.PathLike)):
        raise ValueError(f"`paths` must be a list of files. Received: paths={str(paths)!r}")
    paths, size = [os.fspath(path) for path in paths], picture_size(image_size)
    if not paths:
        return np.zeros((0, *size, 3), dtype="float32")
    check_existence(paths)
    images = usable_images(
        paths, None, size, skip_broken=False, in_memory=True, cache_dir=None, verbose=True
    )
    return scale_image(images.pictures).numpy()
