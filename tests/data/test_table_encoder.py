"""Columns of a table distinguished, and encoded from training rows alone."""

import json
import math

import keras
import numpy as np
import pandas
import pytest
import tensorflow as tf

import keras_ranksim as kr
from keras_ranksim.data.tables.kinds import column_kinds

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


def kind_of(values, nominal=()):
    kinds, left_out = column_kinds(pandas.DataFrame({"a": values}), nominal)
    return kinds["a"] if "a" in kinds else left_out["a"]


# The encoding


def test_the_encoding_is_the_one_defined():
    numbers = [1.0, None, 4.0, 10.0, math.inf]
    words = ["b", "a", None, "b", " "]
    encoder = kr.data.TableEncoder.from_frame(pandas.DataFrame({"x": numbers, "w": words}))
    present = [1.0, 4.0, 10.0]
    mean = sum(present) / 3
    deviation = math.sqrt(sum((value - mean) ** 2 for value in present) / 3)
    expected = []
    for number, word in zip(numbers, words):
        lacks = number is None or math.isinf(number)
        value = 4.0 if lacks else number
        word = (word or "").strip()
        row = [(value - mean) / deviation, float(lacks)]
        expected.append([*row, float(word == ""), float(word == "b"), float(word == "a")])
    assert encoder.feature_names == ["x", "x is missing", "w is missing", "w=b", "w=a"]
    frame = pandas.DataFrame({"w": words, "more": 0, "x": numbers})
    np.testing.assert_allclose(encoder.transform(frame), expected, rtol=1e-6)


def test_statistics_are_those_of_training_rows_alone():
    frame = with_split(houses())
    other = frame.copy()
    evaluated = other["part"] != "train"
    other.loc[evaluated, "area"] = 1e6
    other.loc[evaluated, "town"] = "Rome"
    one = kr.data.load_table(frame, "price", split="part")
    with pytest.warns(UserWarning, match="'town' is read as 3 categories, and 150 of 150 rows"):
        two = kr.data.load_table(other, "price", split="part")
    np.testing.assert_array_equal(xs(one, "train"), xs(two, "train"))
    assert (
        one.facts["encoder"].get_config()["columns"] == two.facts["encoder"].get_config()["columns"]
    )
    assert two.facts["unseen"] == {"town": int(evaluated.sum())}
    assert one.facts["unseen"] == {}


def test_a_category_no_training_row_has_switches_no_untrained_input_on():
    encoder = kr.data.TableEncoder.from_frame(pandas.DataFrame({"w": ["a", "b"], "x": [0, 2]}))
    new = pandas.DataFrame({"w": ["c", None], "x": [1, None]})
    np.testing.assert_array_equal(encoder.transform(new), [[0, 0, 0], [0, 0, 0]])


def test_rare_categories_share_an_input_that_unseen_ones_join():
    words = ["a"] * 4 + ["b"] * 3 + ["c", "d"]
    encoder = kr.data.TableEncoder.from_frame(pandas.DataFrame({"w": words}), max_categories=2)
    assert encoder.feature_names == ["w=a", "w=b", "w is another"]
    new = pandas.DataFrame({"w": ["b", "d", "never"]})
    np.testing.assert_array_equal(encoder.transform(new), [[0, 1, 0], [0, 0, 1], [0, 0, 1]])


def test_numbers_of_small_and_large_units_keep_their_detail():
    tiny, huge = [1e-12, 2e-12, 3e-12], [1.7e9, 1.7e9 + 1, 1.7e9 + 2]
    frame = pandas.DataFrame({"tiny": tiny, "huge": huge})
    encoded = kr.data.TableEncoder.from_frame(frame).transform(frame)
    unit = math.sqrt(1.5)
    np.testing.assert_allclose(encoded, [[-unit, -unit], [0, 0], [unit, unit]], atol=1e-3)


def test_one_row_of_another_type_is_encoded_equally():
    rows = pandas.DataFrame({"code": [1.0, 2.0, None, 1.0], "x": [1, 2, 3, 5]})
    encoder = kr.data.TableEncoder.from_frame(rows, nominal=["code"])
    as_text = pandas.DataFrame([{"code": "2", "x": "5"}])
    np.testing.assert_array_equal(
        encoder.transform(as_text), encoder.transform(pandas.DataFrame([{"code": 2, "x": 5.0}]))
    )
    assert encoder.transform(as_text)[0, encoder.feature_names.index("code=2")] == 1


# Kinds of columns


@pytest.mark.parametrize(
    ("values", "nominal"),
    [
        ([1, 2, 1, 2], False),
        ([0.5, None, 2.0], False),
        (pandas.array([1, None, 3], dtype="Int64"), False),
        (["1.5", "2", "3"], False),
        ([True, False, True], True),
        ([True, None, False], True),
        (pandas.array([True, None, False], dtype="boolean"), True),
        (["red", "blue", None], True),
        (pandas.Categorical([3, 4, 3]), True),
        (["01", "02", "03"], True),
        (["2 rooms", "3 rooms", "4"], True),
    ],
)
def test_numbers_and_categories_are_distinguished(values, nominal):
    assert kind_of(values).nominal is nominal


def test_numbers_listed_as_nominal_are_categories():
    assert kind_of([1, 2, 1], nominal=["a"]).nominal
    encoder = kr.data.TableEncoder.from_frame(pandas.DataFrame({"a": [7, 8, 7]}), nominal=["a"])
    assert encoder.feature_names == ["a=7", "a=8"]


def test_a_few_marks_among_numbers_are_missing_values():
    horsepower = [str(value) for value in range(100, 130)]
    horsepower[3] = horsepower[7] = "?"
    assert kind_of(horsepower).marks == ("?",)
    assert kind_of(horsepower + ["?"] * 30).marks == ("?",)
    assert kind_of(["1", "2", "3", "-"] + ["1"] * 30).marks == ("-",)
    assert kind_of(["1", "2", "3", "-"]).nominal
    frame = houses(30).assign(horsepower=horsepower)
    frame = pandas.concat([frame] * 10, ignore_index=True)
    benchmark = kr.data.load_table(frame, "price")
    assert benchmark.facts["missing"] == {"horsepower": 20}
    assert "horsepower is missing" in benchmark.facts["encoder"].feature_names


@pytest.mark.parametrize(
    ("values", "reason"),
    [
        ([f"customer {number}" for number in range(40)], "a value per row"),
        (list(range(1, 41)), "row numbers"),
        (list(range(40, 0, -1)), "row numbers"),
        (list(np.random.default_rng(0).permutation(40)), "row numbers"),
        ([*range(1, 20), *range(22, 43)], "row numbers"),
        (["same"] * 40, "one value only"),
        ([None] * 40, "no value in any row"),
        ([" "] * 40, "no value in any row"),
        ([np.nan] * 40, "no value in any row"),
    ],
)
def test_columns_without_anything_to_learn_are_left_out(values, reason):
    assert kind_of(values) == reason


def test_what_identifies_rows_is_left_out_with_a_warning_unless_asked_for():
    frame = houses().assign(id=range(300), owner=[f"owner {number}" for number in range(300)])
    with pytest.warns(
        UserWarning, match=r"Column '(id|owner)' of The DataFrame is left out"
    ) as told:
        benchmark = kr.data.load_table(frame, "price")
    assert len(told) == 2
    assert benchmark.facts["left_out"] == {"id": "row numbers", "owner": "a value per row"}
    assert benchmark.facts["numeric"] == ["area"]
    benchmark = kr.data.load_table(frame, "price", drop=["owner", "id"])
    assert benchmark.facts["left_out"] == {}
    benchmark = kr.data.load_table(frame, "price", columns=["area", "id"])
    assert benchmark.facts["numeric"] == ["area", "id"]


@pytest.mark.parametrize(
    ("values", "what"),
    [
        (pandas.to_timedelta([1, 2, 3], unit="D"), "durations, for instance '1 days"),
        ([[1, 2], [3], [4]], r"values of type list, for instance '\[1, 2\]'"),
        ([1j, 2j, 3j], "complex numbers"),
    ],
)
def test_columns_that_are_neither_are_refused(values, what):
    with pytest.raises(
        ValueError, match=rf"Column 'a' must hold numbers, categories or dates.*{what}"
    ):
        kind_of(values)


# Encoders kept, moved and served


def test_an_encoder_survives_json_and_encodes_new_rows_equally(tmp_path):
    frame = houses().assign(garden=np.resize([True, None, False], 300))
    encoder = kr.data.load_table(frame, "price").facts["encoder"]
    encoder.save(tmp_path / "encoder.json")
    again = kr.data.TableEncoder.load(tmp_path / "encoder.json")
    new = houses(50, seed=9).assign(garden=None)
    new.to_csv(tmp_path / "new.csv", index=False)
    expected = encoder.transform(new)
    np.testing.assert_array_equal(again.transform(new), expected)
    np.testing.assert_allclose(again.transform(tmp_path / "new.csv"), expected, rtol=1e-6)
    config = json.loads(json.dumps(encoder.get_config()))
    assert kr.data.TableEncoder.from_config(config).feature_names == encoder.feature_names


def test_an_encoder_in_front_of_a_model_is_saved_with_it(tmp_path):
    frame = houses(60).rename(columns={"area": "m2/floor"})
    frame.loc[3, "m2/floor"] = np.nan
    encoder = kr.data.TableEncoder.from_frame(frame.drop(columns=["price"]))
    trained = keras.Model(*kr.networks.mlp(len(encoder.feature_names), widths=(8, 1)))
    expected = trained.predict(encoder.transform(frame), verbose=0)
    inputs = encoder.keras_inputs()
    with pytest.warns(UserWarning, match="keys in the dict must match"):
        served = keras.Model(inputs, trained(encoder(inputs)))
    served.save(tmp_path / "served.keras")
    with pytest.warns(UserWarning, match="keys in the dict must match"):
        served = keras.saving.load_model(tmp_path / "served.keras")
    columns = {"m2/floor": frame["m2/floor"].to_numpy(), "town": frame["town"].to_numpy("O")}
    columns = {
        name: keras.ops.convert_to_tensor(column)[:, None] for name, column in columns.items()
    }
    np.testing.assert_allclose(served(columns), expected, rtol=1e-5, atol=1e-5)


@pytest.mark.parametrize(
    ("rows", "message"),
    [
        ({"area": [1.0]}, r"without 1 of 2, the first: 'town'"),
        (
            {"area": ["1", "large"], "town": "Ulm"},
            r"Column 'area' must hold numbers.*1 of 2 rows .* the first row 1: 'large'",
        ),
    ],
)
def test_new_rows_that_do_not_fit_raise(rows, message):
    encoder = kr.data.TableEncoder.from_frame(houses().drop(columns=["price"]))
    with pytest.raises(ValueError, match=message):
        encoder.transform(pandas.DataFrame(rows))


def test_encoder_files_that_are_none_raise(tmp_path):
    with pytest.raises(FileNotFoundError, match=r"save\(\) wrote"):
        kr.data.TableEncoder.load(tmp_path / "absent.json")
    for text in ("not json", "{}", '{"columns": [{"kind": "category"}]}'):
        (tmp_path / "odd.json").write_text(text)
        with pytest.raises(ValueError, match=r"TableEncoder.save\(\) wrote. Received: .*odd.json"):
            kr.data.TableEncoder.load(tmp_path / "odd.json")


@pytest.mark.parametrize("values", [["1", "0", "true"], [1, 0, 1], [True, False, True]])
def test_booleans_are_known_however_they_are_written(values):
    encoder = kr.data.TableEncoder.from_frame(pandas.DataFrame({"balcony": [True, False, True]}))
    rows = encoder.transform(pandas.DataFrame({"balcony": values}))
    assert rows[:, encoder.feature_names.index("balcony=True")].tolist() == [1, 0, 1]


@pytest.mark.parametrize("date", ["1/13/2020", "01.13.2020"])
def test_dates_in_another_order_than_in_training_are_refused(date):
    frame = pandas.DataFrame({"sold": ["13.01.2020", "02.03.2020", "05.06.2021"]})
    encoder = kr.data.TableEncoder.from_frame(frame, dates=["sold"])
    message = f"must hold dates with the day before the month.*Received: '{date}'"
    with pytest.raises(ValueError, match=message):
        encoder.transform(pandas.DataFrame({"sold": ["02.03.2020", date]}))


def test_a_comma_that_may_be_decimal_is_warned_of():
    encoder = kr.data.TableEncoder.from_frame(pandas.DataFrame({"area": [100.5, 70.25, 60]}))
    with pytest.warns(UserWarning, match="'area': '100,500' is read as 100500.0"):
        encoder.transform(pandas.DataFrame({"area": ["100,500", "60"]}))


@pytest.mark.filterwarnings("ignore:When providing `inputs` as a dict")
def test_columns_of_any_name_are_exported(tmp_path):
    names = ["Wohnfl\u00e4che (m\u00b2)", "price/m2", "price m2"]
    frame = pandas.DataFrame({name: [1.0, 2.0, 4.0] for name in names})
    encoder = kr.data.TableEncoder.from_frame(frame)
    inputs = encoder.keras_inputs()
    model = keras.Model(inputs, keras.layers.Dense(1)(encoder(inputs)))
    model.export(tmp_path / "served", verbose=False)
    served = tf.saved_model.load(tmp_path / "served")
    predicted = served.serve(encoder.inputs(frame))
    np.testing.assert_allclose(
        predicted, model.predict(encoder.inputs(frame), verbose=0), rtol=1e-6
    )


def test_a_split_is_named_and_not_measured():
    with pytest.raises(ValueError, match="`split` must be the name of a column.*split=0.2"):
        kr.data.load_table(houses(), "price", split=0.2)
