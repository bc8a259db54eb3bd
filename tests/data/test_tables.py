"""Tables: real ones, labels of any scale, splits, files that cannot be read."""

import math

import keras
import numpy as np
import pandas
import pytest

import keras_ranksim as kr

SPLITS = ("train", "val", "test")


def houses(rows=300, seed=0):
    random = np.random.default_rng(seed)
    area = random.gamma(4, 25, rows)
    town = random.choice(["Ulm", "Bonn", "Kiel"], rows)
    return pandas.DataFrame({"area": area, "town": town, "price": 3000 * area + 20_000})


def with_split(frame):
    return frame.assign(part=np.resize(["train", "train", "val", "test"], len(frame)))


def xs(benchmark, split):
    return np.concatenate([x.numpy() for x, _, _ in getattr(benchmark, split)])


# Real tables


def test_abalone_is_cut_balanced_and_encoded(shared_data):
    benchmark = kr.data.load_table(shared_data / "tables" / "abalone.csv", label="Rings")
    assert benchmark.name == "abalone"
    assert [len(benchmark.labels[split]) for split in SPLITS] == [3305, 436, 436]
    assert (benchmark.bins.edges[0], benchmark.bins.edges[-1], len(benchmark.bins)) == (1, 30, 29)
    assert max(benchmark.bins.count(benchmark.labels["test"])) == 30
    assert benchmark.facts["nominal"] == {"Sex": 3}
    assert len(benchmark.facts["numeric"]) == 7
    assert benchmark.facts["missing"] == benchmark.facts["left_out"] == {}
    train = xs(benchmark, "train")
    assert train.dtype == "float32"
    assert train.shape == (3305, 10)
    np.testing.assert_allclose(train[:, 3:].mean(axis=0), 0, atol=1e-5)
    np.testing.assert_allclose(train[:, 3:].std(axis=0), 1, atol=1e-5)
    assert (train[:, :3].sum(axis=1) == 1).all()


def test_fuel_consumption_mixes_numbers_and_categories(shared_data):
    path = shared_data / "tables" / "fuel_consumption.csv"
    benchmark = kr.data.load_table(path, label="fuel.consumption.country")
    assert len(benchmark.facts["numeric"]) == 25
    assert len(benchmark.facts["nominal"]) == 12
    assert benchmark.facts["nominal"]["Attribute2"] == 2
    assert sum(len(benchmark.labels[split]) for split in SPLITS) == benchmark.facts["rows"] == 1764
    assert len(benchmark.labels["train"]) > 0.7 * 1764
    assert np.isfinite(xs(benchmark, "test")).all()


# Labels and bins


def test_a_few_labels_far_out_do_not_stretch_the_scale(random):
    labels = np.append(random.normal(100, 10, 2000), [1e9, -1e9])
    with pytest.warns(UserWarning, match="2 of 2002 labels of The DataFrame lie far outside"):
        benchmark = kr.data.load_table(houses(2002).assign(price=labels), "price")
    assert benchmark.bins == kr.LabelBins.from_labels(labels)
    assert 5 < benchmark.label_scale < 15


def test_given_bins_are_taken():
    bins = kr.LabelBins.uniform(0, 1_000_000, 50_000)
    assert kr.data.load_table(houses(), "price", bins=bins).bins == bins


def test_a_number_of_bins_is_taken():
    assert len(kr.data.load_table(houses(), "price", bins=7).bins) == 7


def test_the_head_starts_from_the_median_and_the_spread():
    benchmark = kr.data.load_table(houses(), "price")
    labels = benchmark.train_labels.astype("float64")
    np.testing.assert_allclose(benchmark.label_offset, np.median(labels))
    np.testing.assert_allclose(benchmark.label_scale, labels.std(), rtol=0.05)


def test_prices_are_learned_in_a_few_epochs():
    benchmark = kr.data.load_table(houses(600), "price", batch_size=32)
    inputs, embedding = benchmark.make_network()
    head = keras.layers.Dense(1)(embedding)
    outputs = keras.layers.Rescaling(benchmark.label_scale, benchmark.label_offset)(head)
    model = kr.ImbalancedRegressor(inputs, outputs)
    model.compile(keras.optimizers.Adam(benchmark.recipe.learning_rate), benchmark.recipe.loss)
    model.fit(benchmark.train, epochs=8, verbose=0)
    predicted = model.predict(benchmark.test, verbose=0)[:, 0]
    labels = benchmark.labels["test"]
    error = np.abs(predicted - labels).mean()
    assert error < 0.15 * np.abs(labels - np.median(labels)).mean()


def test_settings_with_a_unit_follow_the_scale_of_the_labels():
    frame = houses()
    one = kr.data.load_table(frame, "price")
    two = kr.data.load_table(frame.assign(price=frame["price"] / 1000), "price")
    assert one.recipe.ranksim["gamma"] == pytest.approx(
        1000 * two.recipe.ranksim["gamma"], rel=1e-3
    )
    for recipe in (one.recipe, two.recipe):
        assert recipe.ranksim["gamma"] * recipe.ranksim["lambda_"] == pytest.approx(1)
    assert one.recipe.focal["beta"] == pytest.approx(two.recipe.focal["beta"] / 1000, rel=1e-3)
    for setting in ("window", "beta"):
        assert one.recipe.conr[setting] == pytest.approx(1000 * two.recipe.conr[setting], rel=1e-3)


@pytest.mark.parametrize(
    ("price", "message"),
    [
        (
            [1.0, None, 3.0, None],
            r"lacks one in 2 of 4 rows \(0 hold other text\), the first: row 1 ",
        ),
        (
            ["1", "2", "on request", ""],
            r"row 2 \('on request'\), row 3 \('missing'\)\. Write .* Leave",
        ),
        ([1.0, math.inf, 2.0, 3.0], r"which lacks one in 1 of 4 rows.* row 1 \('inf'\)"),
        ([True, False, True, False], "must name a column of numbers.*a column of bool"),
        (pandas.date_range("2020", periods=4), "must name a column of numbers.*datetime64"),
        ([5, 5, 5, 5], "whose values differ.*5 in every row"),
    ],
)
def test_labels_that_are_no_numbers_raise(price, message):
    frame = pandas.DataFrame({"area": [1, 2, 3, 4], "price": price})
    with pytest.raises(ValueError, match=message):
        kr.data.load_table(frame, "price")


# Splits and pipelines


def test_balanced_splits_hold_every_row_once_and_follow_the_seed():
    frame = houses()
    one, again = (kr.data.load_table(frame, "price", seed=3) for _ in range(2))
    other = kr.data.load_table(frame, "price", seed=4)
    rows = np.concatenate([one.labels[split] for split in SPLITS])
    np.testing.assert_array_equal(np.sort(rows), np.sort(frame["price"].astype("float32")))
    np.testing.assert_array_equal(one.labels["test"], again.labels["test"])
    assert set(one.labels["test"]) != set(other.labels["test"])


def test_small_tables_keep_most_rows_for_training():
    benchmark = kr.data.load_table(houses(1000), "price")
    assert len(benchmark.labels["test"]) <= 150
    benchmark = kr.data.load_table(houses(1000), "price", max_per_bin=1000)
    assert len(benchmark.labels["test"]) > 250


def test_a_split_column_is_followed_and_not_learned_from():
    frame = with_split(houses(40))
    benchmark = kr.data.load_table(frame, "price", split="part")
    assert [len(benchmark.labels[split]) for split in SPLITS] == [20, 10, 10]
    np.testing.assert_allclose(benchmark.labels["val"], frame["price"][2::4], rtol=1e-6)
    assert not any("part" in name for name in benchmark.facts["encoder"].feature_names)


def test_rows_labels_and_weights_stay_together(random):
    frame = houses()
    benchmark = kr.data.load_table(frame, "price", batch_size=32)
    weights = random.random(len(benchmark.train_labels)).astype("float32")
    benchmark = benchmark.replace(weights=weights)
    weight_of = dict(zip(benchmark.train_labels.tolist(), weights.tolist()))
    encoder = benchmark.facts["encoder"]
    x_of = dict(zip(frame["price"].astype("float32"), encoder.transform(frame).tolist()))
    for x, y, weight in benchmark.train:
        for row, label, value in zip(x.numpy(), y.numpy()[:, 0], weight.numpy()):
            assert weight_of[float(label)] == pytest.approx(float(value))
            assert x_of[label] == row.tolist()


def test_a_seed_repeats_epochs_which_differ_from_one_another():
    one, again = (kr.data.load_table(houses(), "price", seed=5) for _ in range(2))
    train = one.train
    first, second = ([y.numpy().tolist() for _, y, _ in train] for _ in range(2))
    assert first != second
    assert [y.numpy().tolist() for _, y, _ in again.dataset("train", epoch=1)] == second


def test_validation_and_test_come_in_order():
    benchmark = kr.data.load_table(houses(), "price")
    for split in ("val", "test"):
        labels = np.concatenate([y.numpy()[:, 0] for _, y, _ in getattr(benchmark, split)])
        np.testing.assert_array_equal(labels, benchmark.labels[split])


# Files


@pytest.mark.parametrize(
    ("separator", "encoding"), [(",", "utf-8"), (";", "utf-8-sig"), ("\t", "utf-8"), ("|", "utf-8")]
)
def test_csv_files_of_every_separator_are_read(tmp_path, separator, encoding):
    path = tmp_path / "häuser.csv"
    houses().to_csv(path, sep=separator, encoding=encoding, index=False)
    benchmark = kr.data.load_table(str(path), label="price")
    assert benchmark.name == "häuser"
    assert benchmark.facts["encoder"].feature_names[0] == "area"
    assert benchmark.facts["source"] == "häuser.csv"


def test_a_frame_with_an_odd_index_is_read_by_row():
    frame = houses()
    shuffled = frame.set_index(pandas.Index(np.zeros(300)))
    one, two = (kr.data.load_table(table, "price") for table in (frame, shuffled))
    np.testing.assert_array_equal(xs(one, "test"), xs(two, "test"))


@pytest.mark.parametrize(
    ("contents", "message"),
    [
        (b"", "must be a CSV file with a header line.*No columns to parse"),
        (b"a,price\n", "must hold at least one row"),
        (b"a,price\n1,2\n1,2,3,4\n", "must be a CSV file with a header line"),
        (b"a,price\n1,5,20\n2,5,30\n", "must have a name in the header line for every field"),
    ],
)
def test_files_that_are_no_tables_raise(tmp_path, contents, message):
    path = tmp_path / "odd.csv"
    path.write_bytes(contents)
    with pytest.raises(ValueError, match=rf"odd.csv' {message}"):
        kr.data.load_table(path, label="price")


@pytest.mark.parametrize(
    ("arguments", "error", "message"),
    [
        ({"csv_path_or_frame": "absent.csv"}, FileNotFoundError, "'absent.csv', where there is no"),
        ({"csv_path_or_frame": 3}, ValueError, "or a pandas.DataFrame. Received: int"),
        ({"label": "cost"}, ValueError, r"label=\['cost'\].*columns 'area', 'town', 'price'"),
        ({"columns": ["area", "rooms"]}, ValueError, r"columns=\['rooms'\], and The DataFrame has"),
        ({"drop": "rooms"}, ValueError, r"drop=\['rooms'\]"),
        ({"nominal": ["rooms"]}, ValueError, r"nominal=\['rooms'\]"),
        ({"split": "rooms"}, ValueError, r"split=\['rooms'\]"),
        ({"split": "town"}, ValueError, "'train', 'val' or 'test'.*other values, the first 'Bonn'"),
        ({"columns": ["price"]}, ValueError, "`columns` must leave at least one column"),
        ({"max_categories": 0}, ValueError, "`max_categories` must be a whole number"),
        ({"batch_size": 0}, ValueError, "`batch_size` must be a whole number"),
        ({"bins": "30"}, ValueError, "`bins` must be a keras_ranksim.LabelBins"),
    ],
)
def test_mistakes_in_arguments_raise(arguments, error, message):
    with pytest.raises(error, match=message):
        kr.data.load_table(**{"csv_path_or_frame": houses(), "label": "price", **arguments})


def test_other_tables_that_cannot_be_learned_from_raise():
    twice = houses().set_axis(["a", "a", "price"], axis=1)
    with pytest.raises(ValueError, match=r"a different name.*1 names twice, the first 'a'"):
        kr.data.load_table(twice, "price")
    with pytest.raises(
        ValueError, match=r"at least three rows with labels of one bin.* 8 different rows"
    ):
        kr.data.load_table(houses(8), "price")
    no_test = houses(30).assign(part=["train", "val"] * 15)
    with pytest.raises(ValueError, match="holds no row of 'test'"):
        kr.data.load_table(no_test, "price", split="part")
    with pytest.raises(ValueError, match="`views` must be 1 for rows of a table"):
        _ = kr.data.load_table(houses(), "price").replace(views=2).train
