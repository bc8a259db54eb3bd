"""How long does a table take in two processes, compared to one?

    python benchmarks/parallel_table.py

A table of 8 cells, four methods and two seeds, on 3,000 drawn rows: once in this process and once
in several, taking turns. The time of several includes their start; this process has started
already: the longer the cells, the less it weighs. The results of all cells are compared and must be
equal to the last digit. Takes about fifteen minutes; the table goes to
benchmarks/results/parallel_table.md.
"""

import argparse
import tempfile
import time

from measure import as_table, ratio_spread, spread, write
from small_network import drawn

METHODS = ("VANILLA", "SQINV + LDS", "RANKSIM", "SQINV + LDS + FDS + RANKSIM")
SEEDS = (0, 1)


def timed(benchmark, processes, epochs):
    """Seconds of a table in a new folder, and the predictions' errors of every cell."""
    import keras_ranksim as kr

    with tempfile.TemporaryDirectory() as folder:
        start = time.perf_counter()
        table = kr.experiments.run_table(
            benchmark, METHODS, SEEDS, epochs, folder, processes=processes
        )
        seconds = time.perf_counter() - start
    if table.errors():
        raise RuntimeError(f"Cells failed: {table.errors()}")
    reports = {
        (name, seed): cell.report
        for name, cells in table.results.items()
        for seed, cell in cells.items()
    }
    return seconds, reports


def main():
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--rows", type=int, default=3000, help="training rows")
    parser.add_argument(
        "--epochs", type=int, nargs="+", default=[40, 240], help="epochs of a cell, table by table"
    )
    parser.add_argument("--processes", type=int, default=2, help="cells trained at once")
    parser.add_argument("--repeats", type=int, default=3, help="tables of each side")
    arguments = parser.parse_args()
    import pandas

    benchmark = drawn(arguments.rows)
    timed(benchmark, 1, 1)  # starts TensorFlow
    lines, rows = [], []
    for epochs in arguments.epochs:
        times = {1: [], arguments.processes: []}
        for _ in range(arguments.repeats):
            found = {}
            for processes, of_side in times.items():
                seconds, found[processes] = timed(benchmark, processes, epochs)
                of_side.append(seconds)
            for cell, report in found[1].items():
                pandas.testing.assert_frame_equal(
                    report, found[arguments.processes][cell], check_exact=True, check_names=False
                )
        one, several = times.values()
        lines.append([epochs, spread(one), spread(several), ratio_spread(several, one)])
        rows += [
            {"epochs": epochs, "processes": side, "table": number, "seconds": f"{seconds:.4g}"}
            for side, of_side in times.items()
            for number, seconds in enumerate(of_side)
        ]
    header = ["epochs of a cell", "one process, s", f"{arguments.processes} processes, s", "ratio"]
    write(
        "parallel_table",
        "# A table in several processes",
        f"{len(METHODS)} methods and {len(SEEDS)} seeds, {len(METHODS) * len(SEEDS)} cells, "
        f"{arguments.rows:,} training rows. The results of all cells are equal.",
        as_table(header, lines),
        note=f"Medians of {arguments.repeats} tables of each side, taking turns; in parentheses "
        "the quartiles.",
        rows=rows,
    )


if __name__ == "__main__":
    main()
