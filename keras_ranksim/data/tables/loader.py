"""A CSV file or a DataFrame with a column of labels as a benchmark."""

from __future__ import annotations

import functools
import os
import warnings
from collections.abc import Iterable
from pathlib import Path

import numpy as np

from keras_ranksim.data.benchmark import SPLITS, Benchmark
from keras_ranksim.data.label_scale import center_and_spread, scaled_recipe
from keras_ranksim.data.parts import balanced_parts, given_parts
from keras_ranksim.data.pipeline import ArrayPipelines
from keras_ranksim.data.tables.columns import NumericColumn
from keras_ranksim.data.tables.encoder import TableEncoder
from keras_ranksim.data.tables.file import read_table
from keras_ranksim.data.tables.kinds import IDENTIFIES_ROWS, column_kinds
from keras_ranksim.data.tables.labels import label_values
from keras_ranksim.labels.bins import LabelBins, as_bins
from keras_ranksim.networks.mlp import mlp


def load_table(
    csv_path_or_frame,
    label: str,
    *,
    columns: Iterable[str] | None = None,
    drop: Iterable[str] = (),
    nominal: Iterable[str] = (),
    bins: LabelBins | None = None,
    split: str | None = None,
    max_per_bin: int | None = None,
    max_categories: int = 50,
    batch_size: int | None = None,
    seed: int = 0,
    name: str | None = None,
    label_unit: str = "",
) -> Benchmark:
    """Loads a regression table from a CSV file or a DataFrame.

    The table has one row per sample and one column of labels. A CSV file must be in UTF-8 with a
    header line, separated by commas, semicolons, tabs or bars. Numeric columns are centered and
    scaled; missing values are replaced by the median and marked by an extra input. Text, booleans,
    categorical columns and those in `nominal` become one input per category. All statistics come
    from the training rows. Row numbers, text that differs in every row and constant columns are
    left out, with a warning if the column looks meaningful. Columns of dates raise.

    `benchmark.facts` lists what was found: `"numeric"`, `"nominal"` (categories by column),
    `"missing"` (rows without a value by column), `"unseen"` (validation and test rows with a
    category that no training row has), `"left_out"` (reason by column), `"split"`, `"rows"`,
    `"source"`, and `"encoder"`, the `TableEncoder` to apply to new rows.

    Labels may have any scale: the benchmark's `label_offset` and `label_scale` are the median
    of the training labels and their deviation within the bins, and recipe settings that have a
    unit follow that scale.

    Args:
        csv_path_or_frame: A CSV file or a `pandas.DataFrame`.
        label: Name of the label column.
        columns: Names of the columns to learn from, none of which is left out as a row
            number or an identifier; `None` takes all.
        drop: Names of columns to leave out.
        nominal: Names of numeric columns that stand for categories.
        bins: The label bins; `None` takes those of `LabelBins.from_labels`.
        split: Name of a column that holds `"train"`, `"val"` or `"test"`; `None` splits with
            `balanced_split`, seeded by `seed`.
        max_per_bin: Maximum rows per bin in validation, and in test; `None` takes 30, or fewer
            if 30 would make either larger than 15 % of the table.
        max_categories: Maximum categories per column with an input of their own; rarer ones
            share one.
        batch_size: Samples per batch; `None` takes the recipe's.
        seed: Seed of the split and of shuffling.
        name: Name of the benchmark; `None` takes the name of the file.
        label_unit: Unit of the label, for axes and tables.

    Returns:
        A `Benchmark` with an MLP of three layers.

    Example:

    >>> import keras_ranksim as kr, numpy as np, pandas
    >>> random = np.random.default_rng(0)
    >>> houses = pandas.DataFrame({"area": random.gamma(4, 25, 600)})
    >>> houses["lift"] = random.random(600) < 0.3
    >>> houses["price"] = 3000 * houses["area"] + 50_000 * houses["lift"]
    >>> benchmark = kr.data.load_table(houses, label="price")
    >>> benchmark.facts["encoder"].feature_names
    ['area', 'lift=False', 'lift=True']
    >>> x, y, weight = next(iter(benchmark.train))
    >>> x.shape, y.shape, weight.shape
    (TensorShape([128, 3]), TensorShape([128, 1]), TensorShape([128]))
    """
    frame, source = read_table(csv_path_or_frame)
    columns = None if columns is None else _names("columns", columns, frame, source)
    drop, nominal = (
        _names(argument, names, frame, source)
        for argument, names in (("drop", drop), ("nominal", nominal))
    )
    _names("label", [label], frame, source)
    labels = label_values(frame, label, source)
    bins = LabelBins.from_labels(labels) if bins is None else as_bins(bins)
    if split is None:
        parts = balanced_parts(labels, bins, max_per_bin, seed, source)
    else:
        _names("split", [split], frame, source)
        parts = given_parts(
            frame[split], "name a column that holds", f"split='{split}', which in {source} holds "
        )

    candidates = [
        column
        for column in (frame.columns if columns is None else columns)
        if column not in (label, split, *drop)
    ]
    kinds, left_out = column_kinds(frame[candidates], nominal, columns or ())
    _warn_of(left_out, source)
    rows = {part: np.flatnonzero(parts == part) for part in SPLITS}
    encoder = TableEncoder.from_frame(
        frame[list(kinds)].iloc[rows["train"]], max_categories=max_categories, kinds=kinds
    )
    values = encoder.read(frame)
    matrix = encoder.encode(values)
    inputs = {part: matrix[rows[part]] for part in SPLITS}
    split_labels = {part: labels[rows[part]].astype("float32") for part in SPLITS}
    file = Path(csv_path_or_frame) if isinstance(csv_path_or_frame, str | os.PathLike) else None
    offset, scale = center_and_spread(split_labels["train"], bins)
    recipe = scaled_recipe(scale, bins, epochs=40, batch_size=128, learning_rate=1e-3)

    return Benchmark.of(
        name=name or (file.stem if file else "table"),
        labels=split_labels,
        bins=bins,
        make_pipeline=ArrayPipelines(inputs, "rows of a table"),
        make_network=functools.partial(mlp, matrix.shape[1]),
        show_sample=functools.partial(_show_row, frame.drop(columns=[label]), rows),
        recipe=recipe,
        batch_size=recipe.batch_size if batch_size is None else batch_size,
        seed=seed,
        label_name=label,
        label_unit=label_unit,
        label_offset=offset,
        label_scale=scale,
        facts={
            "source": file.name if file else "DataFrame",
            "rows": len(frame),
            "split": f"balanced, seed {seed}" if split is None else f"column '{split}'",
            **_findings(encoder, values, rows),
            "left_out": left_out,
            "encoder": encoder,
        },
    )


def _names(argument, names, frame, source):
    names = [names] if isinstance(names, str) else list(names)
    unknown = [name for name in names if name not in frame.columns]
    if unknown:
        listed = ", ".join(f"'{name}'" for name in frame.columns)
        raise ValueError(
            f"`{argument}` must name columns of the table. Received: {argument}={unknown}, and "
            f"{source} has the columns {listed}"
        )
    return names


def _warn_of(left_out, source):
    for column, reason in left_out.items():
        if reason in IDENTIFIES_ROWS:
            warnings.warn(
                f"Column '{column}' of {source} is left out, because it holds {reason}. Name it "
                "in `columns` to learn from it, or in `drop` to leave it out without this warning.",
                stacklevel=3,
            )


def _findings(encoder, values, rows):
    evaluated = np.concatenate([rows["val"], rows["test"]])
    found = {"numeric": [], "nominal": {}, "missing": {}, "unseen": {}}
    for column in encoder.columns:
        read = values[column.name]
        if missing := int(column.missing(read).sum()):
            found["missing"][column.name] = missing
        if isinstance(column, NumericColumn):
            found["numeric"].append(column.name)
            continue
        trained = set(read[rows["train"]])
        found["nominal"][column.name] = len(trained - {""})
        if unseen := sum(text not in trained for text in read[evaluated]):
            found["unseen"][column.name] = unseen
    return found


def _show_row(frame, rows, split, index):
    row = int(rows[split][index])
    return {"row": row, **frame.iloc[row].to_dict()}
