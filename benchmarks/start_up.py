"""How long do imports take, and an example until its first training step?

    python benchmarks/start_up.py

Fresh processes take turns: `import keras`, the same with `import keras_ranksim` and with the
experiments, and portraits loaded from their cache with a model trained for one step. Seconds of
the processor are shown beside the time on the clock; they hardly depend on what else a machine
does. Takes a minute or two; the table goes to benchmarks/results/start_up.md.
"""

import argparse
import resource
import subprocess
import sys
import time

from measure import as_table, spread, write

FIRST_STEP = """
import keras_ranksim as kr
from keras_ranksim.experiments import command_line
from keras_ranksim.experiments.model import build_model
benchmark = kr.data.load_portraits()
model = build_model(benchmark, "SQINV + LDS + RANKSIM").model
model.fit(benchmark.weighted(kernel="gaussian").train.take(1), verbose=0)
"""
SIDES = {
    "`import keras`": "import keras",
    "and `keras_ranksim`": "import keras, keras_ranksim",
    "and its experiments": "import keras, keras_ranksim.experiments.command_line",
    "the first step of `examples/portraits.py`": FIRST_STEP,
}


def seconds(code):
    """Seconds on the clock and of the processor that a fresh process takes."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    start = time.perf_counter()
    subprocess.run([sys.executable, "-c", code], check=True, capture_output=True)
    wall = time.perf_counter() - start
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    used = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return wall, used


def main():
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--repeats", type=int, default=5, help="processes of each side")
    arguments = parser.parse_args()
    times = {name: [] for name in SIDES}
    for number in range(arguments.repeats + 1):
        for name, code in SIDES.items():
            measured = seconds(code)
            if number:  # the first round fills the caches of the disk and of the portraits
                times[name].append(measured)
    lines = [
        [name, *(spread(of_kind) for of_kind in zip(*of_side))] for name, of_side in times.items()
    ]
    write(
        "start_up",
        "# Time to start",
        as_table(["until", "on the clock, s", "of the processor, s"], lines),
        note=f"Medians of {arguments.repeats} processes, taking turns; in parentheses the "
        "quartiles.",
        rows=[
            {"until": name.replace("`", ""), "seconds": f"{wall:.4g}", "processor": f"{used:.4g}"}
            for name, of_side in times.items()
            for wall, used in of_side
        ],
    )


if __name__ == "__main__":
    main()
