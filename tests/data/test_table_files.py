"""Files that tables are read from: decimal marks, headers, compression, encodings, names."""

import numpy as np
import pandas
import pytest

import keras_ranksim as kr


def all_labels(benchmark):
    return np.concatenate([benchmark.labels[part] for part in ("train", "val", "test")])


@pytest.mark.parametrize("odd", [["1,3", "2", "1", "2,4"], ["S", "M", "L", "7,5"]])
def test_text_with_commas_does_not_turn_points_into_thousands(tmp_path, random, odd):
    price = random.gamma(2, 10, 200).round(3)
    frame = pandas.DataFrame({"odd": random.choice(odd, 200), "price": price})
    frame.to_csv(tmp_path / "a.csv", index=False)
    benchmark = kr.data.load_table(tmp_path / "a.csv", label="price")
    np.testing.assert_allclose(np.sort(all_labels(benchmark)), np.sort(price), rtol=1e-6)


def test_a_file_with_a_name_twice_is_refused_like_a_frame(tmp_path):
    (tmp_path / "a.csv").write_text("price,area,price\n" + "1,2,1\n2,3,2\n" * 50)
    with pytest.raises(ValueError, match="every column a different name.*the first 'price'"):
        kr.data.load_table(tmp_path / "a.csv", label="price")


@pytest.mark.parametrize("suffix", ["gz", "bz2", "xz"])
def test_compressed_files_are_read_as_plain_ones(tmp_path, random, suffix):
    frame = pandas.DataFrame({"town": random.choice(["Köln", "Ulm"], 100), "x": range(100)})
    frame["y"] = random.uniform(1, 9, 100)
    path = tmp_path / f"a.csv.{suffix}"
    frame.to_csv(path, sep=";", index=False, encoding="cp1252")
    encoder = kr.data.load_table(path, label="y", columns=["town", "x"]).facts["encoder"]
    assert set(encoder.feature_names) == {"x", "town=Köln", "town=Ulm"}


def test_an_encoder_reads_new_files_by_the_marks_of_its_own(tmp_path, random):
    area = random.integers(1000, 9999, 100)
    rows = [f"{a:,};{b:.3f};{town}" for a, b, town in zip(area, area / 7, ["Łódź", "Ulm"] * 50)]
    text = "area;price;town\n" + "\n".join(rows)
    (tmp_path / "a.csv").write_text(text, encoding="cp1250")
    options = {"label": "price", "decimal": ".", "encoding": "cp1250"}
    encoder = kr.data.load_table(tmp_path / "a.csv", **options).facts["encoder"]
    read = encoder.read(tmp_path / "a.csv", encoding="cp1250")
    np.testing.assert_array_equal(read["area"], area)
    assert "Łódź" in read["town"]


def test_names_may_be_numbers(random):
    frame = pandas.DataFrame(random.normal(size=(200, 3)))
    benchmark = kr.data.load_table(frame, label=2, columns=[0, 1, 1])
    assert benchmark.facts["encoder"].feature_names == ["0", "1"]
    assert benchmark.label_name == "2"
