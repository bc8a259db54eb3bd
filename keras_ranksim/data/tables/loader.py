"""A CSV file or a DataFrame with a column of labels as a benchmark."""

from __future__ import annotations

import functools
import os
from collections.abc import Iterable
from pathlib import Path

import numpy as np

from keras_ranksim.data.benchmark import SPLITS, Benchmark
from keras_ranksim.data.equal_rows import groups_of_equal_rows
from keras_ranksim.data.label_scale import center_and_spread, scaled_recipe
from keras_ranksim.data.parts import balanced_parts, given_parts
from keras_ranksim.data.pipeline import ArrayPipelines
from keras_ranksim.data.tables.encoder import TableEncoder
from keras_ranksim.data.tables.file import column_names, read_table
from keras_ranksim.data.tables.kinds import column_kinds
from keras_ranksim.data.tables.labels import labeled_rows
from keras_ranksim.data.tables.notes import Notes, findings
from keras_ranksim.data.tables.texts import TextTableEncoder, check_text
from keras_ranksim.labels.bins import LabelBins, as_bins
from keras_ranksim.networks.mlp import mlp
from keras_ranksim.validation import is_number, positive_integer

TEXT_DROPOUT = 0.2


def load_table(
    csv_path_or_frame,
    label: str,
    *,
    columns: Iterable[str] | None = None,
    drop: Iterable[str] = (),
    nominal: Iterable[str] = (),
    dates: Iterable[str] = (),
    text: str | None = None,
    encoder: str | os.PathLike | None = None,
    bins: LabelBins | int | None = None,
    split: str | None = None,
    max_per_bin: int | None = None,
    max_categories: int = 50,
    decimal: str | None = None,
    encoding: str | None = None,
    drop_unlabeled: bool = False,
    clip_label: tuple[float, float] | None = None,
    batch_size: int | None = None,
    seed: int = 0,
    name: str | None = None,
    label_unit: str = "",
    cache_dir: str | os.PathLike | None = None,
    verbose: bool = True,
) -> Benchmark:
    """Loads a regression table from a CSV file or a DataFrame.

    The table has one row per sample and one column of labels. A CSV file has a header line and
    fields separated by commas, semicolons, tabs or bars. Numeric columns are centered and scaled;
    missing values are replaced by the median and marked by an extra input. Text, booleans,
    categorical columns and those in `nominal` become one input per category. All statistics come
    from the training rows. Row numbers, text that differs in every row, dates and constant columns
    are left out, with a warning if the column looks meaningful. Equal rows stay in one split.

    `benchmark.facts["notes"]` lists in sentences what was done. Further facts: `"numeric"`,
    `"dates"`, `"nominal"` (categories by column), `"missing"` (rows without a value by column),
    `"unseen"` (validation and test rows with a category that no training row has), `"left_out"`
    (reason by column), `"copies"` (rows that repeat an earlier one), `"split"`, `"rows"`,
    `"source"`, and `"encoder"`, the `TableEncoder` to apply to new rows. `benchmark.frames` holds
    the encoded splits as DataFrames for other libraries.

    Labels may have any scale: the benchmark's `label_offset` and `label_scale` are the median
    of the training labels and their deviation within the bins, and recipe settings that have a
    unit follow that scale.

    Args:
        csv_path_or_frame: A CSV file or a `pandas.DataFrame`.
        label: Name of the label column.
        columns: Names of the columns to learn from, kept even if they look like row numbers,
            identifiers or dates; `None` takes all.
        drop: Names of columns to leave out.
        nominal: Names of numeric columns that stand for categories.
        dates: Names of columns of dates to learn from: each becomes the day as a number, and the
            place in the year, the week and the day as angles.
        text: Name of a column of sentences, which become vectors by `encoder`.
        encoder: A pretrained transformer, as in `kr.networks.sentence_vectors`.
        bins: The label bins, or their number; `None` takes those of `LabelBins.from_labels`.
        split: Name of a column that holds `"train"`, `"val"` or `"test"`; `None` splits with
            `balanced_split`, seeded by `seed`. The same rows in another order are split
            differently.
        max_per_bin: Maximum rows per bin in validation, and in test, not counting copies; `None`
            takes 30, or fewer if 30 would make either larger than 15% of the table.
        max_categories: Maximum categories per column with an input of their own; rarer ones
            share one.
        decimal: The decimal mark, `"."` or `","`; `None` finds out.
        encoding: The encoding of the file; `None` tries UTF-8, then that of Western Windows.
        drop_unlabeled: Whether to leave out all rows without a number as label, however many. Up to
            5% of the rows are left out anyway, with a warning.
        clip_label: `(lowest, highest)`; labels beyond are set to these.
        batch_size: Samples per batch; `None` takes the recipe's.
        seed: Seed of the split and of shuffling.
        name: Name of the benchmark; `None` takes the name of the file.
        label_unit: Unit of the label, for axes and tables.
        cache_dir: Folder in which to keep the vectors of `text`; `None` keeps nothing.
        verbose: Whether to show a progress bar while `text` is encoded.

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

    A column of sentences beside others:

    ```python
    benchmark = kr.data.load_table("reviews.csv", "stars", text="review", encoder="minilm")
    ```
    """
    notes = Notes()
    table = read_table(csv_path_or_frame, decimal=decimal, encoding=encoding)
    frame, source = table.frame, table.source
    notes += table.notes
    check_text(text, encoder)
    if split is not None and not isinstance(split, str):
        raise ValueError(
            "`split` must be the name of a column that holds 'train', 'val' or 'test', or None "
            f"for a split of its own. Received: split={split!r}"
        )
    asked = {"columns": columns, "drop": drop, "nominal": nominal, "dates": dates}
    asked |= {"label": label, "split": split, "text": text}
    named = {
        argument: column_names(argument, names, frame, source) for argument, names in asked.items()
    }
    if len(named["label"]) != 1:
        raise ValueError(f"`label` must name one column. Received: label={label!r}")
    (label,) = named["label"]
    split, text = next(iter(named["split"]), None), next(iter(named["text"]), None)
    rows_read, labels = labeled_rows(
        frame, label, source, notes, table.decimal, drop_unlabeled, clip_label
    )

    candidates = [
        column
        for column in (frame.columns if columns is None else named["columns"])
        if column not in (label, split, text, *named["drop"])
    ]
    kinds, left_out = column_kinds(
        frame[candidates], named["nominal"], named["columns"], named["dates"], table.decimal
    )
    if not kinds and text is None:
        reasons = "".join(f"; '{column}' holds {reason}" for column, reason in left_out.items())
        raise ValueError(
            "`columns` must leave at least one column to learn from beside the label. Received: "
            f"{len(candidates)} such columns of {source}{reasons}"
        )
    frame = frame.iloc[rows_read].reset_index(drop=True)
    bins = _bins(labels, bins)
    notes.left_out(left_out, source)
    notes.numbers_in_text(frame, kinds, source)
    groups = groups_of_equal_rows(frame[[*kinds, *named["text"]]].assign(**{label: labels}))
    if split is None:
        parts = balanced_parts(labels, bins, max_per_bin, seed, source, groups)
    else:
        received = f"split='{split}', which in {source} holds "
        parts = given_parts(
            frame[split].astype(str).str.strip(), "name a column that holds", received
        )
    rows = {part: np.flatnonzero(parts == part) for part in SPLITS}
    copies = notes.copies(groups, rows)

    rows_encoder = None
    if kinds or text is None:
        train = frame[list(kinds)].iloc[rows["train"]]
        rows_encoder = TableEncoder.from_frame(train, max_categories=max_categories, kinds=kinds)
    if text is not None:
        rows_encoder = TextTableEncoder(
            rows_encoder, text, encoder, cache_dir=cache_dir, verbose=verbose
        )
    values = rows_encoder.read(frame)
    found = findings(rows_encoder.columns, values, rows)
    notes.missing(found)
    notes.unseen(found, len(rows["val"]) + len(rows["test"]))
    matrix = rows_encoder.encode(values)
    split_labels = {part: labels[rows[part]].astype("float32") for part in SPLITS}
    file = Path(csv_path_or_frame) if isinstance(csv_path_or_frame, str | os.PathLike) else None
    offset, scale = center_and_spread(split_labels["train"], bins)
    recipe = scaled_recipe(scale, bins, epochs=40, batch_size=128, learning_rate=1e-3)

    return Benchmark.of(
        name=name or (file.stem if file else "table"),
        labels=split_labels,
        bins=bins,
        make_pipeline=ArrayPipelines(
            {part: matrix[rows[part]] for part in SPLITS},
            "rows of a table",
            names=rows_encoder.feature_names,
        ),
        make_network=functools.partial(
            mlp, matrix.shape[1], dropout=0.0 if text is None else TEXT_DROPOUT
        ),
        show_sample=functools.partial(_show_row, frame.drop(columns=[label]), rows, rows_read),
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
            **found,
            "left_out": left_out,
            "copies": copies,
            "notes": list(notes),
            "encoder": rows_encoder,
        },
    )


def _bins(labels, bins):
    if bins is None:
        return LabelBins.from_labels(labels)
    if is_number(bins):
        return LabelBins.from_labels(labels, positive_integer("bins", bins, "label bins"))
    return as_bins(bins)


def _show_row(frame, rows, rows_read, split, index):
    row = int(rows[split][index])
    return {"row": int(rows_read[row]), **frame.iloc[row].to_dict()}
