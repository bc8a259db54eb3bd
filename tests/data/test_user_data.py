"""What people bring: numbers that may be read in two ways, copies, masks, times in seconds."""

import datetime

import numpy as np
import pandas
import pytest
import tensorflow as tf

import keras_ranksim as kr
from keras_ranksim.data.depth.splits import held_out_scenes
from keras_ranksim.data.tables.decimals import mark_shown

SPLITS = ("train", "val", "test")
PRICES = np.random.default_rng(0).integers(300, 9000, 300)


def write(path, *columns, separator=";"):
    """A file with columns a, b, ..., each a list of texts."""
    header = separator.join("abcdef"[: len(columns)])
    path.write_text("\n".join([header, *map(separator.join, zip(*columns))]))
    return path


@pytest.mark.parametrize("mark", [".", ","])
def test_a_file_asks_if_a_mark_may_separate_thousands(tmp_path, mark):
    prices = [f"{price:,}".replace(",", mark) for price in PRICES]
    path = write(tmp_path / "a.csv", [str(n % 7) for n in range(300)], prices)
    with pytest.raises(ValueError, match=r"`decimal` must say .* of column 'b' is a decimal"):
        kr.data.load_table(path, "b")
    decimal = "," if mark == "." else "."
    labels = kr.data.load_table(path, "b", decimal=decimal).labels
    assert sorted(np.concatenate([*labels.values()])) == sorted(PRICES)


def test_another_column_says_what_a_mark_means(tmp_path):
    prices = [f"{price:,}".replace(",", ".") for price in PRICES]
    shares = [f"{number / 7:.1f}" for number in range(300)]
    path = write(tmp_path / "a.csv", prices, [share.replace(".", ",") for share in shares])
    labels = kr.data.load_table(path, "a").labels
    assert sorted(np.concatenate([*labels.values()])) == sorted(PRICES)
    path = write(tmp_path / "b.csv", prices, shares)
    assert kr.data.load_table(path, "a").train_labels.max() < 1000


def test_a_point_after_zero_separates_no_thousands(tmp_path):
    shares = [f"{share:.3f}" for share in np.random.default_rng(1).random(300)]
    path = write(tmp_path / "a.csv", [f"{n / 7:.1f}".replace(".", ",") for n in range(300)], shares)
    assert kr.data.load_table(path, "b").train_labels.max() < 1


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        (["1.5", "12,5"], (",", None)),
        (["1,234", "0.5"], (".", None)),
        (["1.250", "1300"], (None, None)),
        (["1.250", "8.300"], (None, None)),
        (["words, and more.", ""], (None, None)),
        (["1,234", "12"], (None, "1,234")),
    ],
)
def test_what_shows_the_decimal_mark(text, shown):
    assert mark_shown(text) == shown


def test_a_row_that_fills_half_of_the_table_only_trains(random):
    rare = pandas.DataFrame({"a": random.normal(size=100), "y": random.random(100).round(1)})
    frame = pandas.concat([pandas.DataFrame({"a": [0.0] * 900, "y": 0.0}), rare])
    for seed in range(8):
        labels = kr.data.load_table(frame, "y", seed=seed).labels
        assert len(labels["train"]) > 900
        assert len(labels["test"]) > 5


def test_equal_rows_of_arrays_stay_in_one_split(random):
    x = random.normal(size=(300, 3)).repeat(4, axis=0)
    y = np.exp(x[:, 0])
    benchmark = kr.data.load_arrays({"a": x, "b": x[:, :1]}, y)
    train, val, test = (set(benchmark.labels[split].tolist()) for split in SPLITS)
    assert test
    assert not ((train & val) | (train & test) | (val & test))
    assert benchmark.facts["copies"] == 900
    with pytest.warns(UserWarning, match="rows of validation and test equal a training row"):
        kr.data.load_arrays(x, y, split=np.resize(SPLITS, 1200))


def test_masked_numbers_are_no_numbers(random):
    x, y = random.normal(size=(60, 3)), random.random(60)
    masked = np.ma.masked_array(y, mask=np.arange(60) % 10 == 0)
    for arguments in ((x, masked), (np.ma.masked_array(x, mask=x > 1), y)):
        with pytest.raises(ValueError, match="must hold a number everywhere: replace masked"):
            kr.data.load_arrays(*arguments)
    assert kr.data.load_arrays(np.ma.masked_array(x), y).facts["rows"] == 60


def test_complex_numbers_are_refused(random):
    x, y = random.normal(size=(60, 3)), random.random(60)
    for arguments in ((x + 1j, y), (x, y + 1j)):
        with pytest.raises(ValueError, match="must hold numbers"):
            kr.data.load_arrays(*arguments)


def test_inputs_that_float32_cannot_tell_apart_are_refused(random):
    x = np.stack([random.normal(size=600), 1.7e9 + random.permutation(600)], axis=1)
    y = np.sin(x[:, 1] / 100) + 2
    with pytest.raises(ValueError, match=r"from x\[:, 1\]. Received: 600 different numbers there"):
        kr.data.load_arrays(x, y)
    with pytest.raises(ValueError, match=r"from x\['time'\]\[:\]"):
        kr.data.load_arrays({"time": x[:, 1]}, y)
    noise = np.full(600, 0.3) + 1e-16 * random.normal(size=600)
    assert kr.data.load_arrays(np.stack([x[:, 0], noise], axis=1), y).facts["rows"] == 600
    flags = np.where(x[:, :1] > 0, 2.0**31, 2.0**31 + 256)  # exact in float32
    assert kr.data.load_arrays(np.hstack([x[:, :1], flags]), y).facts["rows"] == 600


def test_nearly_equal_numbers_are_standardized(random):
    x = (1 + 1e-6 * random.normal(size=(600, 1))).astype("float32")
    inputs, _ = kr.data.load_arrays(x, 2 + x[:, 0].astype("float64") * 1e5).make_network()
    layer = next(layer for layer in _layers(inputs) if "normalization" in layer.name)
    assert 0.8 < np.asarray(layer(x)).std() < 1.2


def _layers(inputs):
    return [node.operation for node in inputs._keras_history.operation._outbound_nodes]


@pytest.mark.parametrize("label", [None, ["a", "y"], []])
def test_a_label_is_one_column(label):
    frame = pandas.DataFrame({"a": np.arange(30.0), "y": np.arange(30.0) % 7})
    with pytest.raises(ValueError, match="`label` must name"):
        kr.data.load_table(frame, label)


def test_names_of_columns_may_be_numbers_of_numpy():
    frame = pandas.DataFrame({0: np.arange(90.0) ** 2, 1: np.arange(90.0) % 7})
    assert kr.data.load_table(frame, frame.columns[1]).label_name == "1"
    frame.columns = pandas.MultiIndex.from_tuples([("a", "b"), ("a", "c")])
    with pytest.raises(ValueError, match="must have one name per column"):
        kr.data.load_table(frame, "a")


def test_lists_in_cells_are_refused():
    frame = pandas.DataFrame({"a": np.arange(30.0), "y": [[1, 2]] * 30})
    for arguments in ({"label": "y"}, {"label": "a", "nominal": ["y"]}):
        with pytest.raises(ValueError, match="Column 'y' must hold numbers, categories or dates"):
            kr.data.load_table(frame, **arguments)


def test_a_table_with_nothing_to_learn_from_says_why():
    frame = pandas.DataFrame({"id": [f"k{n}" for n in range(300)], "y": np.arange(300) % 9})
    with pytest.raises(ValueError, match="column to learn from .*'id' holds a value per row"):
        kr.data.load_table(frame, "y")


def test_numbers_beyond_a_limit_are_warned_of(random):
    crp = [">500" if value > 2 else f"{value:.2f}" for value in random.normal(size=300)]
    frame = pandas.DataFrame({"crp": crp, "y": random.random(300)})
    with pytest.warns(UserWarning, match=r"\d+ rows of column 'crp' .* text such as '>500'"):
        kr.data.load_table(frame, "y")


def test_labels_must_fit_into_float32(random):
    x, y = random.normal(size=(60, 3)), random.random(60) * 1e39
    for call in (lambda: kr.data.load_arrays(x, y), lambda: kr.dense_weights(y)):
        with pytest.raises(ValueError, match="`labels` must lie in the range of float32"):
            call()


def test_weights_by_bins_of_their_own_warn_of_nothing(recwarn, random):
    kr.label_weights(np.append(random.normal(size=5000), 1e6))
    assert not recwarn


def test_the_order_of_dates_is_found_in_all_rows():
    days = ["1/1/2020", "1/12/2020", "2/1/2020"] * 20
    frame = pandas.DataFrame({"t": days, "y": np.arange(60.0), "split": "train"})
    frame.loc[50:, "split"], frame.loc[55:, "split"] = "val", "test"
    frame.loc[59, "t"] = "25/1/2020"
    column = kr.data.load_table(frame, "y", split="split", dates=["t"]).facts["encoder"].columns[0]
    assert column.day_first
    frame.loc[58, "t"] = "1/25/2020"
    with pytest.raises(ValueError, match="'25/1/2020' has the day first and '1/25/2020' the"):
        kr.data.load_table(frame, "y", split="split", dates=["t"])


def test_new_dates_show_their_order_if_those_of_training_begin_with_the_year():
    days = [f"2020-01-{n % 28 + 1:02}" for n in range(60)]
    frame = pandas.DataFrame({"t": days, "y": np.arange(60.0) % 11})
    column = kr.data.load_table(frame, "y", dates=["t"]).facts["encoder"].columns[0]
    with pytest.raises(ValueError, match="'05/06/2020' may be day or month first"):
        column.read(pandas.Series(["05/06/2020"]))
    found = column.read(pandas.Series(["13/06/2020"]))[0]
    assert found == (datetime.date(2020, 6, 13) - datetime.date(1970, 1, 1)).days


def test_files_of_spreadsheets_are_read(tmp_path):
    rows = "".join(f"{n % 13};{n / 7:.2f}\n" for n in range(90))
    for name, text in (
        ("named", "sep=;\na;b\n" + rows),
        ("blank", "\n\na;b\n" + rows),
        ("quoted", '"a\nin, m, m";b\n' + rows),
    ):
        (tmp_path / name).write_text(text)
        assert kr.data.load_table(tmp_path / name, "b").facts["rows"] == 90
    (tmp_path / "a.zip").write_bytes(b"PK\x03\x04 and more")
    with pytest.raises(ValueError, match="an archive or a spreadsheet; unpack it"):
        kr.data.load_table(tmp_path / "a.zip", "b")


def test_a_scene_that_does_not_fit_is_not_held_out():
    images = ["a/1"] * 990 + ["b/1"] * 10
    assert {held_out_scenes(images, 0.05, seed).mean() for seed in range(8)} == {0.01}
    assert held_out_scenes(["a/1"] * 6 + ["b/1"] * 4, 0.05, 0).mean() == 0.4


def test_c_mixup_compares_labels_before_it_rounds_them():
    times = 1.7e9 + np.arange(64.0)
    batches = tf.data.Dataset.from_tensor_slices((np.arange(64.0)[:, None], times)).batch(64)
    x, _ = next(iter(kr.data.c_mixup(batches, bandwidth=1.0)))
    assert np.abs(x[:, 0] - np.arange(64)).max() < 6
    small = np.arange(64, dtype="uint8")[::-1]
    batches = tf.data.Dataset.from_tensor_slices((np.arange(64.0)[:, None], small)).batch(64)
    x, _ = next(iter(kr.data.c_mixup(batches, bandwidth=1.0)))
    assert np.abs(x[:, 0] - np.arange(64)).max() < 6, "whole numbers without a sign"


def test_c_mixup_refuses_what_it_cannot_mix():
    x, y = np.zeros((8, 2)), np.arange(8.0)
    unknown = tf.data.Dataset.from_generator(lambda: iter([]), (tf.float32, tf.float32))
    weighted = tf.data.Dataset.from_tensors((x, y, 1.0))
    for dataset, word in ((unknown, "one label per sample"), (weighted, "one weight per sample")):
        with pytest.raises(ValueError, match=word):
            kr.data.c_mixup(dataset, bandwidth=1.0)
    y[3] = np.nan
    mixed = kr.data.c_mixup(tf.data.Dataset.from_tensors((x, y)), bandwidth=1.0)
    with pytest.raises(tf.errors.InvalidArgumentError, match="`dataset` must hold finite labels"):
        next(iter(mixed))
