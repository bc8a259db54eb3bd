"""What the benchmarks share: the time of several sides in one run, and tables with their origin."""

import csv
import os
import platform
import shlex
import statistics
import sys
import time
from importlib import metadata
from pathlib import Path

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")
RESULTS = Path(__file__).parent / "results"
clock = time.perf_counter  # see `set_threads`


def rounds(sides, repeats=7, warm_up=2):
    """Milliseconds of every call of every side, a list of `repeats` each; the sides take turns.

    Each round begins with another side, since what ran before may leave caches warm or cold.

    Args:
        sides: Name to function; a function returns when its work is done.
        repeats: Timed calls of each.
        warm_up: Calls before those, which trace, compile and fill caches.
    """
    for side in sides.values():
        for _ in range(warm_up):
            side()
    names = list(sides)
    times = {name: [] for name in names}
    for number in range(repeats):
        first = number % len(names)
        for name in names[first:] + names[:first]:
            start = clock()
            sides[name]()
            times[name].append(1e3 * (clock() - start))
    return times


def quartiles(values):
    """First quartile, median and third quartile."""
    if len(values) == 1:
        return (values[0],) * 3
    return tuple(statistics.quantiles(values, n=4, method="inclusive"))


def spread(values):
    """`median (first to third quartile)`, as many digits as times are worth."""
    low, middle, high = map(figure, quartiles(values))
    return f"{middle} ({low} to {high})"


def ratio_spread(times, baselines):
    """The same of the ratios round by round, in which a drift of the machine cancels."""
    low, middle, high = quartiles([time / base for time, base in zip(times, baselines)])
    return f"{middle:.3f} ({low:.3f} to {high:.3f})"


def measurements(times, **case):
    """Rows of a CSV file: the case, the side, its calls and the quartiles of their times."""
    rows = []
    for side, of_side in times.items():
        low, middle, high = (f"{value:.4g}" for value in quartiles(of_side))
        figures = {"calls": len(of_side), "median_ms": middle, "quartile_1": low}
        rows.append({**case, "side": side, **figures, "quartile_3": high})
    return rows


def set_threads(count):
    """Sets the threads of TensorFlow and PyTorch; `None` leaves them. Call it first.

    With one thread, `rounds` measures the time of the processor, on which others that use the
    machine have little influence. On an idle machine it is that of the clock.
    """
    global clock
    if count is None:
        return
    if count == 1:
        clock = time.process_time
    import tensorflow as tf

    tf.config.threading.set_intra_op_parallelism_threads(count)
    tf.config.threading.set_inter_op_parallelism_threads(count)
    try:
        import torch
    except ImportError:
        return
    torch.set_num_threads(count)


def machine(*packages):
    """One line: processor or accelerator, memory, Python, packages.

    Args:
        *packages: Packages whose versions matter besides those of Keras and its backend.
    """
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    cores = f"{len(os.sched_getaffinity(0))} of {os.cpu_count()} cores ({_processor()})"
    return ", ".join([cores, f"{memory:.0f} GiB", *accelerators(), *versions(*packages)])


def versions(*packages):
    """Python, Keras and its backend, and further packages, each with its version."""
    import keras

    names = dict.fromkeys((keras.config.backend(), "keras", *packages))
    found = [f"{name} {metadata.version(name)}" for name in names]
    return [f"Python {platform.python_version()}", *found]


def accelerators():
    """Names of the accelerators that the backend of Keras sees."""
    import keras

    backend = keras.config.backend()
    if backend == "jax":
        import jax

        return [device.device_kind for device in jax.devices() if device.platform != "cpu"]
    if backend == "torch":
        import torch

        return [torch.cuda.get_device_name(i) for i in range(torch.cuda.device_count())]
    import tensorflow as tf

    return [
        tf.config.experimental.get_device_details(device).get("device_name", "an accelerator")
        for device in tf.config.list_physical_devices("GPU")
    ]


def _processor():
    information = Path("/proc/cpuinfo")
    lines = information.read_text().splitlines() if information.exists() else []
    names = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return f"{names[0]}, {platform.machine()}" if names else platform.machine()


def as_table(header, rows):
    """The lines of a Markdown table."""
    from keras_ranksim.markdown import markdown_table  # loads TensorFlow

    return markdown_table(header, rows, numbers=False).splitlines()


def figure(value):
    """Three digits, as many as such times are worth."""
    if value >= 1000:
        return f"{value:,.0f}"
    return f"{value:.{2 - (value >= 10) - (value >= 100)}f}" if value >= 0.1 else f"{value:.3f}"


def command():
    """The command at work, as another machine would type it: absolute paths by their last name."""
    words = (Path(word).name if Path(word).is_absolute() else word for word in sys.argv[1:])
    backend = os.environ.get("KERAS_BACKEND", "tensorflow")
    before = "" if backend == "tensorflow" else f"KERAS_BACKEND={backend} "
    return before + shlex.join(["python", f"benchmarks/{Path(sys.argv[0]).name}", *words])


def write(name, *paragraphs, packages=(), note="", rows=(), pictures=None):
    """Writes `results/<name>.md`, headed by the command at work, and beside it what belongs to it.

    Args:
        name: Name of the files.
        *paragraphs: Strings or lists of lines, a title first.
        packages: As in `machine`.
        note: How it was measured.
        rows: Dictionaries, the lines of `results/<name>.csv`.
        pictures: Names of PNG files to their bytes.
    """
    head = f"Regenerate with `{command()}`. {machine(*packages)}. {note}".strip()
    RESULTS.mkdir(parents=True, exist_ok=True)
    if rows:
        head += f" All figures: [{name}.csv]({name}.csv)."
        fields = list(dict.fromkeys(field for row in rows for field in row))
        with open(RESULTS / f"{name}.csv", "w", newline="") as file:
            table = csv.DictWriter(file, fields, lineterminator="\n")
            table.writeheader()
            table.writerows(rows)
    for picture, contents in (pictures or {}).items():
        (RESULTS / picture).write_bytes(contents)
    title, *rest = paragraphs
    parts = ["\n".join(part) if isinstance(part, list) else part for part in (title, head, *rest)]
    path = RESULTS / f"{name}.md"
    path.write_text("\n\n".join(parts) + "\n")
    print("\n\n".join(parts))
    print(f"\nWritten to {path}")
