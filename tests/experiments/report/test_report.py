"""The report page: complete, self-contained, and safe from what users call their things."""

import base64
import html.parser
import re
import shutil
import sys

import dots
import keras
import numpy as np
import pandas
import pytest
import tensorflow as tf

import keras_ranksim as kr
from keras_ranksim.experiments.artifacts.embeddings import embedding_model, save_embeddings
from keras_ranksim.experiments.artifacts.largest_errors import (
    as_maps,
    as_pictures,
    largest_errors,
    save_samples,
)
from keras_ranksim.experiments.artifacts.predictions import save_predictions
from keras_ranksim.experiments.report import pictures
from keras_ranksim.experiments.report.markup import Markup, element
from keras_ranksim.experiments.report.samples import sample_list
from keras_ranksim.experiments.report.shot_table import methods_down, shots_down
from keras_ranksim.experiments.report.table_report import main_methods
from keras_ranksim.experiments.result import Failure
from keras_ranksim.experiments.settings import command_of_process as command_line

VOID = ("img", "link", "meta", "source")


class Page(html.parser.HTMLParser):
    """The elements and the text of a page; fails where tags are not balanced."""

    def __init__(self, text):
        super().__init__()
        self.elements, self.text, self.open = [], "", []
        self.feed(text)
        assert self.open == [], "every element is closed"

    def handle_starttag(self, tag, attributes):
        self.elements.append((tag, dict(attributes)))
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag):
        assert self.open.pop() == tag, f"</{tag}> closes another element"

    def handle_data(self, data):
        self.text += data

    def all(self, tag):
        return [attributes for name, attributes in self.elements if name == tag]


def page_of(path):
    return Page(path.read_text(encoding="utf-8"))


@pytest.fixture(scope="module")
def run_page(finished):
    return page_of(finished.folder / "vanilla_ranksim" / "seed-0" / "report.html")


@pytest.fixture(scope="module")
def table_page(finished):
    return page_of(finished.folder / "report.html")


@pytest.fixture(params=["run_page", "table_page"])
def page(request):
    return request.getfixturevalue(request.param)


def test_nothing_is_loaded_from_anywhere(page):
    for tag, attributes in page.elements:
        assert tag not in ("script", "iframe", "object", "embed", "base", "form")
        for name, value in attributes.items():
            assert not name.startswith("on"), f"{tag} has a handler {name}"
            if name in ("src", "srcset") or (tag == "link" and name == "href"):
                assert value.startswith("data:"), value[:60]
    policy = next(one for one in page.all("meta") if "http-equiv" in one)
    assert "default-src 'none'" in policy["content"]
    assert "url(" not in page.text
    assert "@import" not in page.text


def test_what_users_call_their_things_is_text(page):
    assert "price </title><script>throw 3</script> $x$" in page.text
    assert '<img src="http://example.org/x.png" onerror="throw 1">' in page.text
    assert page.all("title") == [{}]
    assert not page.all("i")


def test_every_picture_is_described_drawn_in_both_themes_and_kept_as_a_file(page, finished):
    folder = finished.folder if "methods" in page.text[:2000] else None
    images = page.all("img")
    assert len(images) >= 5
    for image in images:
        assert len(image["alt"]) > 20
        assert int(image["width"]) > 0
        assert int(image["height"]) > 0
    dark = [source["srcset"] for source in page.all("source")]
    assert len(set(dark)) == len(dark) >= 5
    assert {source["media"] for source in page.all("source")} == {"(prefers-color-scheme: dark)"}
    folder = folder or finished.folder / "vanilla_ranksim" / "seed-0"
    files = {path.name: path.read_bytes() for path in (folder / "pictures").iterdir()}
    inline = {base64.b64decode(one["src"].split(",")[1]) for one in images}
    inline |= {base64.b64decode(one.split(",")[1]) for one in dark}
    assert set(files.values()) <= inline
    assert {name.removesuffix(".png").removesuffix("-dark") for name in files} >= {
        "label_histogram",
        "error_by_label",
        "rank_matrices",
        "statistic_similarity",
        "embedding_map",
    }


def test_the_page_of_a_run_tells_what_was_trained(run_page, finished):
    text = run_page.text
    result = finished.table.results["VANILLA + RANKSIM"][0]
    assert "VANILLA + RANKSIM on agedb-dir" in text
    gamma = kr.experiments.settings.json.loads((result.output_dir / "settings.json").read_text())[
        "recipe"
    ]["ranksim"]["gamma"]
    assert f"gamma {gamma:g}, lambda" in text
    assert "Adam at 0.001; 2 epochs, batches of 128; weights of the best val_mae kept" in text
    assert "kr.experiments.run(benchmark, 'VANILLA + RANKSIM', seed=0, epochs=2" in text
    assert "pytest" in text, "the command that made it"
    assert f"{result.report.loc['few', 'mae']:#.3g}" in text
    assert "published 7.13" in text, "of that method in the published table, on all labels"
    assert "Different from the papers: a <b>smaller</b> network." in text


def test_the_page_of_a_table_holds_every_row_the_best_marked_and_links(table_page, finished):
    text = table_page.text
    for name, cells in finished.table.results.items():
        assert name in text
        assert f"{cells[0].report.loc['all', 'mae']:#.3g}" in text
    assert text.count("★") == text.count("★ the best of a column"), "one seed proves nothing"
    links = [one["href"] for one in table_page.all("a")]
    assert links == [
        "vanilla/seed-0/report.html",
        "vanilla_ranksim/seed-0/report.html",
        "rrt_fds/seed-0/report.html",
    ]
    assert all((finished.folder / link).exists() for link in links)
    assert "published 7.77" in text
    assert "seeds=[0], epochs=2, output_dir=" in text, "the same call finds the same runs"


def test_the_best_value_of_each_column_is_marked():
    index = ["all", "many", "few", "zero"]
    report = pandas.DataFrame(
        {"n": [9, 5, 3, 1], "mae": [3.0, 2, 4, 5], "pearson": [0.9, 0.5, 0.7, np.nan]}, index=index
    )
    marked = re.findall(r'<td class="best">★ ([^<]*)<', shots_down(report, "pearson"))
    assert marked == ["2", "0.700"]
    head = Page(shots_down(report, "pearson")).text
    assert head.index("Pearson") < head.index("MAE"), "the metric of the recipe comes first"


def test_the_clearly_best_method_of_each_shot_is_marked_beside_published_numbers():
    columns = pandas.MultiIndex.from_tuples(
        [("seeds", "finished"), ("seeds", "failed")]
        + [(shot, kind) for shot in ("all", "few") for kind in ("mean", "std", "best")]
        + [("few", "difference"), ("few", "low"), ("few", "high")]
    )
    frame = pandas.DataFrame(
        [
            [3, 0, 0.5, 0.01, False, 0.25, 0.02, True, np.nan, np.nan, np.nan],
            [2, 1, 0.75, 0.02, True, 0.125, 0.1, False, -0.125, -0.2, -0.05],
        ],
        index=["VANILLA", "VANILLA + RANKSIM"],
        columns=columns,
    )
    published = pandas.DataFrame({"pearson_all": [74.2]}, index=["VANILLA"])
    table = methods_down(frame, "pearson", published, {"VANILLA": {0: "a/b.html"}})
    marked = re.findall(r'<td class="best">★ ([^<]*)<', table)
    assert marked == ["0.250 ± 0.02", "0.750 ± 0.02"]
    assert '0.125 ± 0.1<span class="sub">-0.12 [-0.2, -0.05]</span>' in table
    assert "the difference to VANILLA over the same seeds" in table
    assert "published 0.742" in table, "per cent in the papers"
    assert "2 seeds, 1 failed" in table
    assert '<a href="a/b.html">0</a>' in table


def test_the_samples_with_the_largest_errors_are_shown(run_page, finished, hostile):
    saved = np.load(finished.folder / "vanilla_ranksim" / "seed-0" / "predictions.npz")
    error = np.abs(saved["predictions"] - saved["labels"])
    samples = largest_errors(hostile, saved)
    assert [sample.index for sample in samples] == np.argsort(-error)[:8].tolist()
    first = samples[0]
    (row,) = first.shown
    assert list(row) == ["row", "size & <b>weight</b>", "text"]
    assert first.label == hostile.labels["test"][first.index]
    assert f"{row['size & <b>weight</b>']:.6g}" in run_page.text
    assert f"off by {error.max():#.3g}, {first.shot}-shot" in run_page.text


def test_pictures_are_shown_as_pictures(tmp_path):
    faces = kr.data.load_portraits(
        train_samples=90, evaluation_per_age=1, image_size=16, verbose=False
    )
    labels = faces.labels["test"]
    predictions = labels.copy()
    predictions[[70, 3]] += [30, 20]
    samples = largest_errors(faces, {"labels": labels, "predictions": predictions}, count=2)
    assert [sample.index for sample in samples] == [70, 3]
    drawn = np.concatenate([np.asarray(x) for x, *_ in faces.test])[[70, 3]]
    for sample, picture in zip(samples, drawn):
        np.testing.assert_allclose(sample.shown[0], (picture + 1) * 127.5, atol=0.51)
    save_samples(tmp_path, samples)
    page = Page(sample_list(tmp_path, "age", "years"))
    alts = [image["alt"] for image in page.all("img")]
    assert alts[0] == "Test sample 70: age 70 years, predicted 100 years"
    shown = tf.io.decode_png(base64.b64decode(page.all("img")[1]["src"].split(",")[1]))
    np.testing.assert_array_equal(shown, samples[1].shown[0])


def test_sentences_are_shown_as_sentences(tmp_path):
    header = "\t" * 7 + "sentence1\tsentence2\tscore\n"
    for name, word in (("train", "one"), ("dev", "two"), ("test", "three")):
        lines = [f"{'	' * 7}A <b>dog {word} {i}.\tThe dog {i}.\t{i % 5}\n" for i in range(4)]
        (tmp_path / f"{name}_new.tsv").write_text(header + "".join(lines))
    pairs = kr.data.load_sts_b_dir(tmp_path, verify=False, min_count=1)
    arrays = {"labels": pairs.labels["test"], "predictions": pairs.labels["test"] + [0, 0, 4, 0]}
    (sample,) = largest_errors(pairs, arrays, count=1)
    assert sample.shown == [{"first": "A <b>dog three 2.", "second": "The dog 2."}]
    save_samples(tmp_path, [sample])
    assert "A &lt;b&gt;dog three 2." in sample_list(tmp_path, "score", "")


def test_rows_of_numbers_are_shown_where_nothing_better_is_known(hostile):
    plain = hostile.replace(show_sample=None)
    arrays = {"labels": plain.labels["test"], "predictions": plain.labels["test"] + 1}
    (sample,) = largest_errors(plain, arrays, count=1)
    x = next(iter(plain.test))[0]
    assert list(sample.shown[0]) == [f"input {i}" for i in range(1, x.shape[1] + 1)]


@pytest.mark.parametrize(
    ("low", "high", "black", "white"), [(0.1, 0.9, 0, 1), (-0.5, 1, -1, 1), (3, 200, 0, 255)]
)
def test_pictures_of_any_range_become_bytes_by_one_rule(random, low, high, black, white):
    batch = random.uniform(low, high, (4, 5, 5, 3)).astype("float32")
    batch[0, 0, 0] = low, high, high
    expected = np.round(255 * (batch - black) / (white - black))
    np.testing.assert_allclose(as_pictures(batch), expected, atol=1)
    np.testing.assert_array_equal(as_pictures(as_pictures(batch)), as_pictures(batch))


def test_dense_labels_are_kept_as_pixels_and_the_worst_maps(tmp_path, random):
    labels = random.uniform(1, 9, (12, 8, 6, 1))
    labels[0, :2] = 0  # not measured
    predictions = labels[:, ::7, ::5].copy()  # only the corners, to be enlarged between
    predictions[5] += 40
    weights = np.ones((12, 8, 6))
    weights[5, 0, 0] = 0
    save_predictions(tmp_path / "p.npz", labels, predictions, weights)
    with np.load(tmp_path / "p.npz") as saved:
        assert len(saved["labels"]) == 12 * 48 - 12 - 1
        assert saved["worst"][0] == 5
        assert np.isnan(saved["worst_labels"][0][0, 0])
        corner = saved["worst_predictions"][0][-1, -1]
        np.testing.assert_allclose(corner, labels[5, -1, -1, 0] + 40, rtol=1e-6)
        truth, guess = as_maps(saved["worst_labels"][0], saved["worst_predictions"][0])
    assert truth.shape == guess.shape == (8, 6, 3)
    assert truth.mean() > guess.mean(), "small is bright"


def test_main_methods_are_the_baseline_ranksim_and_the_best(finished):
    assert main_methods(finished.table)[:2] == ["VANILLA", "VANILLA + RANKSIM"]
    same = {"VANILLA + LDS": finished.table.results["VANILLA"], **finished.table.results}
    table = kr.experiments.Table("x", same)
    chosen = main_methods(table)
    assert chosen[0] == "VANILLA"
    assert "VANILLA + LDS" not in chosen, "the same run is not drawn twice"
    assert main_methods(kr.experiments.Table("x", {"A": {0: Failure("ValueError: no")}})) == []


def test_a_table_of_failures_has_a_report_too(tmp_path):
    failure = Failure("ValueError: no <b>\nand more")
    kr.experiments.Table("x", {"<A>": {0: failure}}).save(tmp_path)
    page = page_of(kr.experiments.write_report(tmp_path))
    assert "1 of 1 cells failed" in page.text
    assert "<A>, seed 0" in page.text
    assert "ValueError: no <b>" in page.text
    assert "and more" not in page.text


def test_a_page_is_made_from_the_folder_alone(finished, tmp_path, monkeypatch):
    monkeypatch.setattr(pictures, "drawn", dots.drawn)
    folder = shutil.copytree(finished.folder, tmp_path / "moved")
    for page in folder.rglob("report.html"):
        page.unlink()
    assert kr.experiments.write_report(folder) == folder / "report.html"
    run = folder / "rrt_fds" / "seed-0"
    text = page_of(run / "report.html").text
    assert "in the second stage, of the regression layer alone" in text
    assert "RRT + FDS, smoothed" in (run / "report.html").read_text()
    (run / "report.html").unlink()
    assert page_of(kr.experiments.write_report(run)).text == text


def test_a_damaged_run_leaves_the_page_of_its_table_with_the_others(finished, tmp_path):
    folder = shutil.copytree(finished.folder, tmp_path / "copy")
    (folder / "vanilla" / "seed-0" / "report.csv").unlink()
    text = page_of(kr.experiments.write_report(folder)).text
    assert "1 of 3 cells failed" in text
    assert "report.csv' is missing" in text
    few = finished.table.results["VANILLA + RANKSIM"][0].report.loc["few", "mae"]
    assert f"{few:#.3g}" in text


def test_a_folder_without_a_finished_run_is_an_error(tmp_path):
    with pytest.raises(ValueError, match=r"`folder` must be the `output_dir` of a finished run"):
        kr.experiments.write_report(tmp_path)


def test_without_matplotlib_the_page_says_what_to_install(hostile, tmp_path, monkeypatch, capsys):
    pictures._report_once.cache_clear()
    for name in [name for name in sys.modules if name.partition(".")[0] == "matplotlib"]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, "matplotlib", None)
    for seed in (0, 1):
        kr.experiments.run(
            hostile, "VANILLA", seed, epochs=1, output_dir=tmp_path / str(seed), verbose=0
        )
        kr.experiments.write_report(tmp_path / str(seed))
    assert capsys.readouterr().err == (
        "The pictures of a report need matplotlib: pip install 'keras_ranksim[plots]'\n"
    )
    page = page_of(tmp_path / "1" / "report.html")
    assert "The pictures of a report need matplotlib" in page.text
    assert "Largest errors" in page.text
    assert not (tmp_path / "1" / "pictures").exists()


def test_the_command_is_what_one_could_type(monkeypatch):
    monkeypatch.setattr(sys, "orig_argv", ["/usr/bin/python3", "examples/table.py", "--csv", "a b"])
    assert command_line() == "python3 examples/table.py --csv 'a b'"
    for arguments in (
        ["python"],
        ["python", "-c", "run()"],
        ["python", "-m", "ipykernel_launcher"],
    ):
        monkeypatch.setattr(sys, "orig_argv", arguments)
        assert command_line() is None


def test_markup_escapes_all_that_is_not_markup():
    made = element("p", "<b>", [1, None, Markup("<br>")], element("i", "&"), title='"<', id=None)
    assert made == '<p title="&quot;&lt;">&lt;b&gt;1<br><i>&amp;</i></p>'
    assert element("img", alt="a") == '<img alt="a">'


@pytest.mark.filterwarnings("ignore:.*labels of the last epoch lie outside the bins")
def test_embeddings_are_those_the_regression_layer_sees(tmp_path, random):
    inputs = keras.Input((3,))
    hidden = keras.layers.Dense(5, activation="relu", name="hidden")(inputs)
    bins = kr.LabelBins.uniform(0, 4, 1)
    smoothed = kr.layers.FeatureDistributionSmoothing(
        kr.LabelBins.uniform(1, 3, 1), name="smoothing"
    )(hidden)
    outputs = kr.layers.NoiseScale()(keras.layers.Dense(1)(smoothed))
    # the noise scale has a weight, and is not the regression layer
    model = kr.ImbalancedRegressor(inputs, outputs)
    frame = pandas.DataFrame(random.normal(size=(80, 3)), columns=["a", "b", "c"])
    frame["y"] = random.integers(0, 4, 80)
    table = kr.data.load_table(frame, label="y", bins=bins)
    model.compile("sgd", loss=kr.losses.BalancedMSE(noise="learned"))
    model.fit(table.train, verbose=0)
    model.get_layer("smoothing").finalize_state()
    save_embeddings(tmp_path / "e.npz", model, table)
    weights, bias = model.get_layer("hidden").get_weights()

    def features(split):
        rows, labels = zip(*((np.asarray(x), np.asarray(y)) for x, y, _ in getattr(table, split)))
        return np.maximum(np.concatenate(rows) @ weights + bias, 0), np.concatenate(labels)[:, 0]

    with np.load(tmp_path / "e.npz") as saved:
        np.testing.assert_allclose(saved["features"], features("test")[0], rtol=1e-5, atol=1e-6)
        rows, labels = features("train")
        for place in range(4):
            inside = rows[labels == place]
            assert saved["count"][place] == len(inside)
            np.testing.assert_allclose(saved["mean"][place], inside.mean(axis=0), rtol=1e-4)
        known = np.isfinite(saved["smoothed_mean"]).all(axis=1)
        np.testing.assert_array_equal(known, [False, True, True, False])


def test_the_embedding_of_a_sequential_model_is_the_input_of_its_last_layer_with_weights():
    layers = [keras.layers.Dense(5), keras.layers.Dense(1), keras.layers.Rescaling(2.0)]
    model = keras.Sequential([keras.Input((3,)), *layers])
    assert embedding_model(model).output_shape == (None, 5)


def test_a_regression_layer_inside_an_inner_model_has_no_embedding():
    inputs = keras.Input((3,))
    nested = keras.Model(inputs, keras.layers.Dense(1)(inputs))
    model = keras.Model(inputs, nested(inputs), name="outer")
    with pytest.raises(ValueError, match=r"regression layer must be in the model itself.*'outer'"):
        embedding_model(model)
