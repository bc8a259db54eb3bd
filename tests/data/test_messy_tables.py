"""Tables as people have them: what is mended, what is left out, what is said about it."""

import numpy as np
import pandas
import pytest

import keras_ranksim as kr
from keras_ranksim.data.equal_rows import groups_of_equal_rows
from keras_ranksim.data.parts import balanced_parts
from keras_ranksim.data.tables.decimals import decimal_mark, parsed
from keras_ranksim.data.tables.labels import far_labels

SPLITS = ("train", "val", "test")


def houses(rows=300, seed=0):
    random = np.random.default_rng(seed)
    area = random.gamma(4, 25, rows).round(1)
    return pandas.DataFrame(
        {"area": area, "price": (3 * area + random.normal(0, 5, rows)).round(2)}
    )


def load(frame, **arguments):
    return kr.data.load_table(frame, "price", **arguments)


def xs(benchmark, split="train"):
    return np.concatenate([x.numpy() for x, _, _ in getattr(benchmark, split)])


def notes(benchmark):
    return "\n".join(benchmark.facts["notes"])


# Decimal commas


@pytest.mark.parametrize(
    ("text", "decimal", "values"),
    [
        ("3,5", ",", 3.5),
        ("1.234,5", ",", 1234.5),
        ("1.234.567", ",", 1234567),
        ("1 234,5", ",", 1234.5),
        ("1\u00a0234,5", ",", 1234.5),
        ("-0,25e3", ",", -250),
        ("3.14", ",", 3.14),
        ("1,234", ".", 1234),
        ("1,234,567.8", ".", 1234567.8),
        ("1,23", ".", np.nan),
        ("two", ",", np.nan),
        ("", ".", np.nan),
    ],
)
def test_numbers_in_text_are_read_by_their_decimal_mark(text, decimal, values):
    np.testing.assert_equal(parsed([text], decimal)[0], values)


@pytest.mark.parametrize(
    ("text", "mark"),
    [
        (["3,5", "1,234"], ","),
        (["0,250", "1,234"], ","),
        (["1,234.5", "1,234"], "."),
        (["1,234", "5,000"], None),
        (["a,b", "c"], "."),
        (["1", "2.5"], "."),
    ],
)
def test_a_decimal_mark_is_found_if_anything_shows_it(text, mark):
    assert decimal_mark(text) == mark


@pytest.mark.parametrize("separator", [";", "\t", ","])
def test_a_file_with_decimal_commas_is_the_file_with_points(tmp_path, separator):
    frame = houses().assign(big=np.arange(300) % 7 * 1000 + 1234)
    expected = load(frame)
    frame.to_csv(tmp_path / "a.csv", sep=separator, decimal=",", index=False)
    text = (tmp_path / "a.csv").read_text()
    text = text.replace("1234\n", "1.234\n")
    (tmp_path / "a.csv").write_text(text)
    found = load(tmp_path / "a.csv")
    np.testing.assert_allclose(found.labels["test"], expected.labels["test"])
    np.testing.assert_allclose(xs(found), xs(expected), rtol=1e-5)
    assert "decimal commas" in notes(found)
    new = pandas.DataFrame({"area": ["1.050,5"], "big": ["2.234"]})
    plain = pandas.DataFrame({"area": [1050.5], "big": [2234]})
    np.testing.assert_allclose(
        found.facts["encoder"].transform(new), expected.facts["encoder"].transform(plain), rtol=1e-5
    )


def test_commas_that_may_mean_either_ask_for_the_decimal_mark():
    frame = houses(60)
    frame["area"] = [f"{1 + row % 9},{100 + row}" for row in range(60)]
    with pytest.raises(ValueError, match=r"`decimal` must say .*'1,100' of column 'area'"):
        load(frame)
    small, large = (load(frame, decimal=mark).facts["encoder"].columns[0] for mark in ",.")
    assert large.mean == pytest.approx(1000 * small.mean)
    with pytest.raises(ValueError, match=r"`decimal` must be one of '\.', ',', or None"):
        load(frame, decimal=";")


# Encodings and headers


@pytest.mark.parametrize("encoding", ["latin-1", "cp1252", "utf-16", "utf-8"])
def test_encodings_are_found(tmp_path, encoding):
    frame = houses().assign(straße=np.resize(["Köln", "Café", "Ærø"], 300))
    frame.to_csv(tmp_path / "a.csv", encoding=encoding, index=False)
    benchmark = load(tmp_path / "a.csv")
    assert "straße=Köln" in benchmark.facts["encoder"].feature_names
    assert ("encoded" in notes(benchmark)) == (encoding != "utf-8")


def test_an_encoding_that_cannot_be_guessed_is_given(tmp_path):
    frame = houses().assign(town=np.resize(["Łódź", "Gdańsk"], 300))
    frame.to_csv(tmp_path / "a.csv", encoding="cp1250", index=False)
    names = load(tmp_path / "a.csv", encoding="cp1250").facts["encoder"].feature_names
    assert "town=Łódź" in names
    with pytest.raises(
        ValueError, match="encoding that `encoding` names.*unknown encoding: klingon"
    ):
        load(tmp_path / "a.csv", encoding="klingon")


def test_quoted_commas_in_the_header_do_not_hide_the_semicolons(tmp_path):
    frame = houses().rename(columns={"area": "area, in m2, inside"})
    frame.to_csv(tmp_path / "a.csv", sep=";", index=False, quoting=1)
    assert load(tmp_path / "a.csv").facts["numeric"] == ["area, in m2, inside"]


def test_a_separator_behind_every_row_is_no_column(tmp_path):
    text = houses().to_csv(index=False).splitlines()
    (tmp_path / "a.csv").write_text("\n".join([text[0], *(line + "," for line in text[1:])]))
    assert load(tmp_path / "a.csv").facts["numeric"] == ["area"]


# Dates


def sold(rows=300):
    return houses(rows).assign(sold=pandas.date_range("2020-01-06", periods=rows, freq="7D"))


def test_dates_are_left_out_with_a_word_unless_asked_for():
    with pytest.warns(UserWarning, match=r"'sold' .* because it holds dates.*dates=\['sold'\]"):
        benchmark = load(sold())
    assert benchmark.facts["left_out"] == {"sold": "dates"}
    assert load(sold(), drop=["sold"]).facts["left_out"] == {}
    for arguments in ({"dates": ["sold"]}, {"columns": ["area", "sold"]}):
        assert load(sold(), **arguments).facts["dates"] == ["sold"]


@pytest.mark.parametrize(
    "written", ["%Y-%m-%d", "%d.%m.%Y", "%d/%m/%Y", "%m/%d/%Y", "%Y-%m-%d %H:%M", None]
)
def test_dates_become_the_day_and_angles_however_they_are_written(written):
    frame = sold()
    if written is None:
        frame["sold"] = frame["sold"].dt.date
    else:
        frame["sold"] = frame["sold"].dt.strftime(written)
    encoder = load(frame, dates=["sold"]).facts["encoder"]
    assert encoder.feature_names == ["area", "sold", *(f"sold in its year, {f}" for f in FORMS)]
    column = encoder.columns[1]
    days = (sold()["sold"] - pandas.Timestamp(0)).dt.days.to_numpy()
    angle = 2 * np.pi * days / 365.2425
    expected = np.stack([(days - column.mean) / column.deviation, np.sin(angle), np.cos(angle)], 1)
    np.testing.assert_allclose(encoder.transform(frame)[:, 1:], expected, atol=1e-4)


def test_the_order_of_a_date_does_not_depend_on_the_dates_beside_it():
    frame = sold().assign(sold=sold()["sold"].dt.strftime("%d/%m/%Y"))
    frame.loc[3, "sold"] = "2020-05-01"
    column = load(frame, dates=["sold"]).facts["encoder"].columns[1]
    assert column.day_first
    rows = pandas.Series(["03/02/2020", "2020-02-04", "9999-12-31", "0001-01-01", None])
    read = column.read(rows)
    np.testing.assert_array_equal(read[:4], [18295, 18296, 2932896, -719162])
    assert column.read(rows[:1]) == read[0]
    assert np.isnan(read[4])


FORMS = ("sine", "cosine")


def test_weekdays_hours_and_missing_dates_are_inputs(tmp_path):
    times = pandas.Series(pandas.date_range("2024-01-01", periods=300, freq="31h"))
    frame = houses().assign(at=times.mask(times.index % 10 == 0))
    encoder = load(frame, dates=["at"]).facts["encoder"]
    cycles = [f"at in its {c}, {f}" for c in ("year", "week", "day") for f in FORMS]
    assert encoder.feature_names[1:] == ["at", *cycles, "at is missing"]
    assert encoder.transform(frame)[:, -1].sum() == 30
    encoder.save(tmp_path / "encoder.json")
    again = kr.data.TableEncoder.load(tmp_path / "encoder.json")
    np.testing.assert_array_equal(again.transform(frame), encoder.transform(frame))
    with pytest.raises(ValueError, match=r"'at' must hold dates.*1 of 1 rows .* 'soon'"):
        again.transform(pandas.DataFrame({"area": [1.0], "at": ["soon"]}))


@pytest.mark.parametrize(
    ("dates", "message"),
    [
        (["area"], r"`dates` must name columns of dates. Received: dates=\['area'\]"),
        (["when"], r"'0?[1-9]/0?[1-9]/2020' may be day or month first.*drop=\['when'\]"),
    ],
)
def test_dates_that_are_none_or_unclear_raise(dates, message):
    frame = houses(60).assign(when=[f"{1 + i % 9}/{1 + i % 7}/2020" for i in range(60)])
    with pytest.raises(ValueError, match=message):
        load(frame, dates=dates, drop=[] if "when" in dates else ["when"])


# Labels


def test_a_few_rows_without_a_label_are_left_out_with_a_word():
    frame = houses().astype({"price": object})
    frame.loc[[3, 77], "price"] = [None, "on request"]
    with pytest.warns(UserWarning, match=r"2 of 300 rows .*row 3 \('missing'\), row 77 \('on req"):
        benchmark = load(frame)
    assert sum(len(benchmark.labels[split]) for split in SPLITS) == benchmark.facts["rows"] == 298
    shown = [
        benchmark.show_sample(s, i)["row"] for s in SPLITS for i in range(len(benchmark.labels[s]))
    ]
    assert sorted(shown) == [row for row in range(300) if row not in (3, 77)]


def test_many_rows_without_a_label_raise_unless_they_may_be_dropped():
    frame = houses()
    frame.loc[:29, "price"] = np.nan
    with pytest.raises(ValueError, match=r"lacks one in 30 of 300 rows.*drop_unlabeled=True"):
        load(frame)
    with pytest.warns(UserWarning, match="30 of 300 rows"):
        assert load(frame, drop_unlabeled=True).facts["rows"] == 270
    with pytest.raises(ValueError, match="lacks one in 300 of 300 rows"):
        load(frame.assign(price=np.nan), drop_unlabeled=True)


def test_labels_far_outside_are_named_and_clipped_on_request():
    frame = houses(900)
    frame.loc[[5, 500], "price"] = [1e6, -1e6]
    with pytest.warns(UserWarning, match=r"row 5 \(1e\+06\), row 500 \(-1e\+06\).*clip_label=\("):
        load(frame)
    benchmark = load(frame, clip_label=(0, 1000))
    assert "from 0 to 1000: 2 of 900." in notes(benchmark)
    assert max(benchmark.labels[split].max() for split in SPLITS) == 1000
    for clip, message in (((5, 1), "two numbers in ascending"), ((2e6, 3e6), "labels that differ")):
        with pytest.raises(ValueError, match=f"`clip_label` must .*{message}"):
            load(frame, clip_label=clip)


@pytest.mark.parametrize(
    "labels",
    [
        np.random.default_rng(0).gamma(1, 1, 2000),
        np.random.default_rng(0).lognormal(0, 2, 2000),
        -np.random.default_rng(0).lognormal(0, 1, 2000),
        np.random.default_rng(0).normal(size=2000),
        np.repeat([0.0, 1.0], [1990, 10]),
    ],
)
def test_skewed_labels_are_not_taken_for_mistakes(labels):
    far = far_labels(labels)
    assert not far.any()
    benchmark = load(houses(2000).assign(price=labels), max_per_bin=5)
    assert len(benchmark.labels["test"]) > 0


# Equal rows


def test_equal_rows_stay_in_one_split():
    frame = pandas.concat([houses(200), houses(200), houses(200)[:100]], ignore_index=True)
    benchmark = load(frame)
    assert benchmark.facts["copies"] == 300
    assert "300 rows equal an earlier one" in notes(benchmark)
    parts = {split: set(benchmark.labels[split].tolist()) for split in SPLITS}
    for one, other in (("train", "val"), ("train", "test"), ("val", "test")):
        assert not parts[one] & parts[other]
    assert sum(len(benchmark.labels[split]) for split in SPLITS) == 500


def test_copies_do_not_crowd_out_rows_of_their_bin(random):
    labels = np.repeat(np.arange(40.0), 3)
    groups = np.repeat(np.arange(40), 3)
    bins = kr.LabelBins([0, 20, 40])
    parts = balanced_parts(labels, bins, 4, 0, "a", groups)
    for group in range(40):
        assert len(set(parts[groups == group])) == 1
    assert [(parts == split).sum() for split in SPLITS] == [72, 24, 24]


def test_rows_are_equal_if_their_values_read_the_same():
    frame = pandas.DataFrame({"a": ["1", "1.0 ", "2", None, ""], "b": [True, True, True, 3, 3]})
    assert groups_of_equal_rows(frame).tolist() == [0, 1, 2, 3, 3]


def test_row_numbers_do_not_make_equal_rows_different():
    frame = pandas.concat([houses(150)] * 2, ignore_index=True).assign(id=range(300))
    with pytest.warns(UserWarning, match="row numbers"):
        assert load(frame).facts["copies"] == 150


def test_a_given_split_with_equal_rows_on_both_sides_warns():
    frame = houses(40).assign(part=np.resize(["train", "train", "val", "test"], 40))
    frame = pandas.concat([frame, frame.iloc[[0, 1]].assign(part="test")], ignore_index=True)
    with pytest.warns(UserWarning, match="2 rows of validation and test equal a training row"):
        load(frame, split="part")


# Columns


@pytest.mark.parametrize(
    ("name", "kept"),
    [
        ("Kunden-Nr", False),
        ("customerId", False),
        ("id_2", False),
        ("Order No.", False),
        ("humid", True),
        ("number of people", True),
    ],
)
def test_numbers_called_identifiers_are_left_out(name, kept, random):
    frame = houses().assign(**{name: random.permutation(9000)[:300]})
    if kept:
        assert name in load(frame).facts["numeric"]
        return
    with pytest.warns(UserWarning, match=f"'{name}' .* because it holds a value per row"):
        assert name not in load(frame).facts["numeric"]


def test_a_nominal_column_of_unseen_categories_is_warned_of():
    frame = houses().assign(code=[f"c{row if row % 5 else 0}x" for row in range(300)])
    with pytest.warns(UserWarning, match=r"Column 'code' is read as \d+ categories, and \d+ of"):
        load(frame)


def test_what_was_done_is_listed_in_sentences():
    frame = houses().assign(same=1, area=houses()["area"].mask(houses().index % 9 == 0))
    listed = load(frame).facts["notes"]
    assert listed == [
        "Column 'same' is left out, because it holds one value only.",
        "Rows without a value, marked by an input (numbers and dates are then the median): "
        "'area' 34.",
    ]


def test_frames_hand_out_what_the_network_sees():
    benchmark = load(houses().assign(town=np.resize(["Ulm", "Ulm", "Bonn"], 300)))
    for split in SPLITS:
        frame = benchmark.frames[split]
        assert frame.columns.tolist() == ["area", "town=Ulm", "town=Bonn", "price"]
        np.testing.assert_array_equal(frame["price"], benchmark.labels[split])
    np.testing.assert_array_equal(benchmark.frames["val"].iloc[:, :-1], xs(benchmark, "val"))
    portraits = kr.data.load_portraits(train_samples=101, evaluation_per_age=1)
    with pytest.raises(ValueError, match="`frames` needs a table. Received: the benchmark 'portra"):
        portraits.frames  # noqa: B018


def test_a_column_that_differs_outside_training_only_is_no_input(random):
    part = np.repeat(["train", "val", "test"], [140, 30, 30])
    frame = pandas.DataFrame({"x": random.normal(size=200), "part": part})
    frame = frame.assign(rate=np.where(part == "test", 0.3, 0.1), y=random.uniform(1, 9, 200))
    encoder = kr.data.load_table(frame, label="y", split="part").facts["encoder"]
    assert encoder.feature_names == ["x"]
