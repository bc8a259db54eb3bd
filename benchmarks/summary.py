"""What does each method gain on rare labels, and what does it cost on frequent ones?

Reads the tables that `benchmarks/tables.py` wrote, trains nothing, and writes
`benchmarks/results/summary.md` with a picture: the change of every method to VANILLA in percent
of VANILLA's error, data set by data set, with its 95% interval over the same seeds.

    python benchmarks/summary.py
"""

import argparse
import re

import pandas
from measure import RESULTS, as_table, command

from keras_ranksim.experiments.paired import paired_difference
from keras_ranksim.plots.style import finish, look, new_figure, png

BASE = "VANILLA"
METHODS = (BASE, "VANILLA + RANKSIM", "SQINV + LDS", "SQINV + LDS + RANKSIM")
TUNED, RANKSIM, WEIGHTS, WITH_RANKSIM = (f"{method}, tuned" for method in METHODS)
TABLES = {
    "real faces": "utkface-all",
    "abalone": "abalone-tables",
    "concrete": "concrete-tables",
    "airfoil": "airfoil-tables",
    "acceleration": "acceleration-tables",
    "fuel": "fuel-consumption-tables",
    "STS-B, RankSim's split": "sts-b-ranksim-encoder-all",
    "STS-B, Yang's split": "sts-b-yang-encoder-all",
}
MARKS = "os^DvXP*"
SHOTS = {
    "few": "## Rare labels (few)",
    "many": "## Frequent labels (many, or medium where no label is frequent)",
    "all": "## All labels, each as often as the others",
}


def main():
    argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    ).parse_args()
    tables = {
        title: pandas.read_csv(RESULTS / f"{name}.csv", index_col="method").rename(index=same_row)
        for title, name in TABLES.items()
        if (RESULTS / f"{name}.csv").exists()
    }
    changes = {shot: changes_of(tables, shot) for shot in SHOTS}
    order = changes["few"].map(lambda cell: cell[0], na_action="ignore").mean(axis=1)
    order = order.sort_values().index
    parts = []
    for shot, title in SHOTS.items():
        rows = [
            [name, *(text_of(changes[shot].at[name, data]) for data in tables)] for name in order
        ]
        parts.append(f"{title}\n\n" + "\n".join(as_table(["method", *tables], rows)))
    parts += tuned_parts()
    links = ", ".join(f"[{title}]({TABLES[title]}.md)" for title in tables)
    (RESULTS / "summary.png").write_bytes(png(picture(changes, order), 150))
    (RESULTS / "summary.md").write_text(
        "# What every method gains on rare labels, and what it costs\n\n"
        f"`{command()}`, from {links}.\n\n"
        f"Change in the test error in percent of the base's, which is {BASE} where a title does "
        "not name another, over the same seeds (their number in "
        "each table), with its 95% interval. Below zero is better. Bold: the interval excludes "
        "zero. Rows are sorted by their mean on rare labels. On STS-B, whose error is squared, "
        "SQINV stands for INV. The last tables compare rows after searches of twelve trials; those "
        "with RankSim had one more, without it, which the search chose for RankSim on abalone.\n\n"
        "![Change in the error on rare and on frequent labels, by method](summary.png)\n\n"
        + "\n\n".join(parts)
        + "\n"
    )
    print((RESULTS / "summary.md").read_text())


def same_row(name):
    """The row of the other tables, whose weights are SQINV where those of sentences are INV."""
    return re.sub(r"\bINV\b", "SQINV", name)


def changes_of(tables, shot):
    """A frame of `(change, low, high)` in percent: a row per method, a column per table."""
    columns = {}
    for title, table in tables.items():
        own = shot if f"{shot}_mean" in table and table[f"{shot}_mean"].notna().any() else "medium"
        percent = 100 / table.at[BASE, f"{own}_mean"]
        parts = table[[f"{own}_difference", f"{own}_low", f"{own}_high"]] * percent
        columns[title] = {name: tuple(row) for name, row in parts.iterrows() if name != BASE}
    return pandas.DataFrame(columns)


def tuned_parts():
    """The same after searches: compared with the tuned base, and what RankSim adds to weights."""
    comparisons = {TUNED: (WITH_RANKSIM, WEIGHTS, RANKSIM), WEIGHTS: (WITH_RANKSIM,)}
    tables = {}
    for title, name in TABLES.items():
        data = name.rpartition("-")[0]
        page = RESULTS / f"{data}-short.md"
        if page.exists() and TUNED in page.read_text():
            cells = pandas.read_csv(RESULTS / "cells" / f"{data}.csv")
            cells = cells[cells["row"].str.endswith(", tuned")]
            metric = re.search(r"^\| (\w+) on ", page.read_text(), flags=re.MULTILINE)[1]
            tables[f"[{title}]({page.name})"] = cells.assign(
                row=cells["row"].map(same_row), error=cells[metric]
            )
    for base, names in comparisons.items():
        for shot in ("few", "all"):
            rows = [
                [name, *(text_of(in_percent(table, shot, name, base)) for table in tables.values())]
                for name in names
            ]
            yield f"{SHOTS[shot]}, after searches, compared with {base}\n\n" + "\n".join(
                as_table(["method", *tables], rows)
            )


def in_percent(table, shot, name, base):
    """`(change, low, high)` of a row's error, relative to another row's."""
    errors = table[table["shot"] == shot].pivot(index="seed", columns="row", values="error")
    difference = paired_difference(errors[name], errors[base])
    percent = 100 / errors[base].mean()
    return difference.mean * percent, difference.low * percent, difference.high * percent


def text_of(cell):
    if not isinstance(cell, tuple):
        return "-"
    change, low, high = cell
    text = f"{change:+.0f} [{low:+.0f}, {high:+.0f}]"
    return f"**{text}**" if low > 0 or high < 0 else text


def picture(changes, order):
    """Two panels, rare and frequent labels: a row per method, a mark per data set."""
    tables = changes["few"].columns
    with look("light") as colors:
        figure = new_figure(1.6 + 0.27 * len(order))
        panels = figure.subplots(1, 2, sharey=True)
        for axes, shot, title in zip(panels, ("few", "many"), ("rare labels", "frequent labels")):
            axes.axvline(0, color=colors.ink, linewidth=1)
            for data, mark in zip(tables, MARKS):
                cells = changes[shot].loc[order, data]
                for row, cell in enumerate(cells):
                    if not isinstance(cell, tuple):
                        continue
                    change, low, high = cell
                    clear = low > 0 or high < 0
                    color = (colors.gain if change < 0 else colors.loss) if clear else colors.muted
                    axes.plot(change, row, mark, color=color, markersize=5, alpha=0.85)
            axes.set_title(title)
            axes.grid(axis="y", visible=True)
            axes.set_ylim(len(order) - 0.4, -0.6)
        for data, mark in zip(tables, MARKS):
            panels[0].plot([], [], mark, color=colors.muted, label=data)
        handles, labels = panels[0].get_legend_handles_labels()
        figure.legend(handles, labels, loc="outside upper left", ncols=4)
        panels[0].set_yticks(range(len(order)), order)
        figure.supxlabel(f"change in the error relative to {BASE}, percent", fontsize=10)
        finish(figure)
    return figure


if __name__ == "__main__":
    main()
