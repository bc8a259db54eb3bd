"""How many images per second does the training pipeline deliver, compared to PyTorch's?

    pip install torch pillow
    python benchmarks/image_pipeline.py

Both sides do the same work on the same files: read and decode a JPEG, resize it unless it has 224
pixels, pad by 16, crop and mirror it at random, scale it to [-1, 1], batch 64. One side is
`load_agedb_dir(...).train`, the other a `torch.utils.data.DataLoader` with PIL and one worker
process per core. Their epochs alternate in one run. The first is a warm-up, and the table shows
the median of the others. The last column is with `in_memory=True`, which keeps the resized images
in memory. Takes about three minutes; the table goes to benchmarks/results/image_pipeline.md.
"""

import argparse
import os
import random
import tempfile
import time
from pathlib import Path

from measure import as_table, ratio_spread, spread, write

IMAGE_SIZE = 224
PADDING = 16
BATCH_SIZE = 64
SIZES = ((224, 224), (400, 320))


class PilImages:
    """A PyTorch data set of augmented images; the workers of the loader import no TensorFlow."""

    def __init__(self, paths):
        self.paths = paths

    def __len__(self):
        return len(self.paths)

    def __getitem__(self, index):
        import numpy as np
        import torch
        from PIL import Image, ImageOps

        with Image.open(self.paths[index]) as file:
            image = file.convert("RGB")
        if image.size != (IMAGE_SIZE, IMAGE_SIZE):
            image = image.resize((IMAGE_SIZE, IMAGE_SIZE), Image.Resampling.BILINEAR)
        image = ImageOps.expand(image, PADDING)
        left, top = random.randint(0, 2 * PADDING), random.randint(0, 2 * PADDING)
        image = image.crop((left, top, left + IMAGE_SIZE, top + IMAGE_SIZE))
        if random.random() < 0.5:
            image = image.transpose(Image.Transpose.FLIP_LEFT_RIGHT)
        pixels = torch.from_numpy(np.array(image)).permute(2, 0, 1).contiguous()
        return pixels.to(torch.float32).div_(127.5).sub_(1), torch.ones(1), torch.ones(1)


def draw_folder(folder, count, height, width):
    """Photograph-like JPEGs, smooth with a little noise, about 20 kB at 224 pixels."""
    import numpy as np
    import tensorflow as tf

    draw = np.random.default_rng(0)
    rows = ["age,path,split"]
    (folder / "AgeDB").mkdir(parents=True)
    for index in range(count + 2):
        coarse = draw.uniform(0, 255, (height // 16, width // 16, 3)).astype("float32")
        image = tf.image.resize(coarse, (height, width), method="bicubic")
        image = image + draw.normal(0, 8, (height, width, 3))
        image = tf.cast(tf.clip_by_value(image, 0, 255), "uint8")
        jpeg = tf.io.encode_jpeg(image, quality=90).numpy()
        (folder / "AgeDB" / f"{index}.jpg").write_bytes(jpeg)
        split = "train" if index < count else "val" if index == count else "test"
        rows.append(f"{index % 100},AgeDB/{index}.jpg,{split}")
    (folder / "agedb.csv").write_text("\n".join(rows) + "\n")
    return len(jpeg)


def torch_loader(paths, workers):
    """The other side, its workers kept from epoch to epoch."""
    import torch

    return torch.utils.data.DataLoader(
        PilImages(paths),
        batch_size=BATCH_SIZE,
        shuffle=True,
        num_workers=workers,
        persistent_workers=True,
        multiprocessing_context="spawn",
    )


def images_per_second(batches, count):
    """One epoch, timed."""
    start = time.perf_counter()
    seen = sum(len(y) for _, y, _ in batches)
    assert seen == count
    return count / (time.perf_counter() - start)


def compare(folder, count, epochs, workers):
    """Images per second of every timed epoch of each side."""
    import keras_ranksim as kr

    options = {"image_size": IMAGE_SIZE, "batch_size": BATCH_SIZE}
    files = [str(folder / "AgeDB" / f"{index}.jpg") for index in range(count)]
    sides = {
        "keras_ranksim": kr.data.load_agedb_dir(folder, **options).train,
        "torch": torch_loader(files, workers),
        "memory": kr.data.load_agedb_dir(folder, in_memory=True, **options).train,
    }
    rates = {side: [] for side in sides}
    for _ in range(epochs + 1):
        for side, batches in sides.items():
            rates[side].append(images_per_second(batches, count))
    return {side: rate[1:] for side, rate in rates.items()}


def table(results):
    """The lines of the table."""
    titles = ["JPEG files", "keras_ranksim", "PyTorch DataLoader + PIL", "ratio"]
    rows = []
    for name, rates in results.items():
        ours, theirs, kept = (spread(rates[side]) for side in ("keras_ranksim", "torch", "memory"))
        ratio = ratio_spread(rates["keras_ranksim"], rates["torch"])
        rows.append([name, ours, theirs, ratio, kept])
    return as_table([*titles, "with `in_memory=True`"], rows)


def main():
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--images", type=int, default=2048, help="images of an epoch")
    parser.add_argument("--epochs", type=int, default=7, help="timed epochs of each side")
    parser.add_argument("--workers", type=int, default=os.cpu_count(), help="PyTorch's processes")
    arguments = parser.parse_args()
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")
    os.environ.setdefault("CUDA_VISIBLE_DEVICES", "-1")
    results = {}
    for height, width in SIZES:
        with tempfile.TemporaryDirectory() as folder:
            size = draw_folder(Path(folder) / "data", arguments.images, height, width)
            name = f"{width} x {height}, {size / 1000:.0f} kB"
            results[name] = compare(
                Path(folder) / "data", arguments.images, arguments.epochs, arguments.workers
            )
    write(
        "image_pipeline",
        "# Images per second of the training pipeline",
        table(results),
        packages=("torch", "pillow"),
        note=f"Higher is better. Medians of {arguments.epochs} alternating epochs of "
        f"{arguments.images:,} images after a warm-up, with quartiles, and ratios epoch by epoch; "
        f"{arguments.workers} worker processes on the side of PyTorch. Decode, resize to "
        f"{IMAGE_SIZE} where needed, pad {PADDING}, crop, mirror, scale to [-1, 1], batches of "
        f"{BATCH_SIZE}.",
    )


if __name__ == "__main__":
    main()
