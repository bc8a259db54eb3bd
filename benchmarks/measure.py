"""What the benchmarks share: the time of several sides in one run, and tables with their origin."""

import os
import platform
import statistics
import time
from importlib import metadata
from pathlib import Path

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")
RESULTS = Path(__file__).parent / "results"


def milliseconds(sides, repeats=7, warm_up=2):
    """Median time of every side, in milliseconds; the sides take turns.

    Args:
        sides: Name to function; a function returns when its work is done.
        repeats: Timed calls of each.
        warm_up: Calls before those, which trace, compile and fill caches.
    """
    for side in sides.values():
        for _ in range(warm_up):
            side()
    times = {name: [] for name in sides}
    for _ in range(repeats):
        for name, side in sides.items():
            start = time.perf_counter()
            side()
            times[name].append(1e3 * (time.perf_counter() - start))
    return {name: statistics.median(of_side) for name, of_side in times.items()}


def machine(*packages):
    """One line: processor or accelerator, Python, packages."""
    import tensorflow as tf

    devices = [
        tf.config.experimental.get_device_details(device).get("device_name", "an accelerator")
        for device in tf.config.list_physical_devices("GPU")
    ]
    place = ", ".join([f"{os.cpu_count()} cores ({platform.machine()})", *devices])
    versions = [f"{name} {metadata.version(name)}" for name in ("tensorflow", "keras", *packages)]
    return f"{place}, Python {platform.python_version()}, {', '.join(versions)}"


def as_table(header, rows):
    """A Markdown table."""
    lines = [header, ["---"] * len(header), *rows]
    return ["| " + " | ".join(map(str, line)) + " |" for line in lines]


def figure(value):
    """Three digits, as many as such times are worth."""
    if value >= 1000:
        return f"{value:,.0f}"
    return f"{value:.{2 - (value >= 10) - (value >= 100)}f}" if value >= 0.1 else f"{value:.3f}"


def write(name, command, *paragraphs, packages=(), note=""):
    """Writes `results/<name>.md`; paragraphs are strings or lists of lines."""
    head = f"Regenerate with `{command}`. {machine(*packages)}. {note}".strip()
    text = [head if i == 1 else part for i, part in enumerate([paragraphs[0], "", *paragraphs[1:]])]
    path = RESULTS / f"{name}.md"
    path.parent.mkdir(parents=True, exist_ok=True)
    parts = ["\n".join(part) if isinstance(part, list) else part for part in text]
    path.write_text("\n\n".join(parts) + "\n")
    print("\n\n".join(parts))
    print(f"\nWritten to {path}")
