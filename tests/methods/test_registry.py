"""Adding a method takes one entry; mistakes in it or in a name raise one sentence."""

import dataclasses
import re
from pathlib import Path

import keras
import numpy as np
import pandas as pd
import pytest

import keras_ranksim as kr
from keras_ranksim.experiments import Method
from keras_ranksim.experiments.model import build_model
from keras_ranksim.experiments.report.description import trained
from keras_ranksim.methods import registry


def noisy(features, seed, deviation):
    """The equation of the toy method."""
    return features + keras.random.normal(keras.ops.shape(features), stddev=deviation, seed=seed)


class Noise(keras.layers.Layer):
    """Its class."""

    def __init__(self, deviation, seed=0):
        super().__init__()
        self.deviation, self.seed = deviation, keras.random.SeedGenerator(seed)

    def call(self, inputs, training=False):
        return noisy(inputs, self.seed, self.deviation) if training else inputs


@pytest.fixture
def toy():
    entry = kr.methods.register(
        kr.methods.Entry(
            "NOISE",
            "Gaussian noise on the embedding",
            settings="noise",
            tunable=(kr.methods.Tunable("deviation", 0.1),),
            layer=lambda benchmark: Noise(**{"deviation": 0.1, **benchmark.recipe.of("noise")}),
        )
    )
    yield entry
    registry.unregister("NOISE")


@pytest.fixture(scope="module")
def prices():
    random = np.random.default_rng(0)
    frame = pd.DataFrame({"a": random.normal(size=200)})
    frame["price"] = np.round(np.exp(1.5 + 0.8 * frame["a"]), 1)
    return kr.data.load_table(frame, label="price", name="prices", batch_size=100)


def test_a_toy_method_in_one_file_is_a_row_of_a_table(toy, prices, tmp_path):
    recipe = dataclasses.replace(prices.recipe, more={"noise": {"deviation": 0.5}})
    benchmark = prices.replace(recipe=recipe)
    names = ["VANILLA", "sqinv + lds + noise"]
    table = kr.experiments.run_table(benchmark, names, [0], epochs=1, output_dir=tmp_path)
    assert table.errors() == {}
    assert table.frame.index.tolist() == ["VANILLA", "SQINV + LDS + NOISE"]
    assert (tmp_path / "sqinv_lds_noise" / "seed-0" / "report.csv").exists()
    model = build_model(benchmark, "NOISE").model
    (layer,) = [layer for layer in model.layers if isinstance(layer, Noise)]
    assert layer.deviation == 0.5
    text = kr.experiments.write_report(tmp_path / "sqinv_lds_noise" / "seed-0").read_text()
    assert "<dt>NOISE</dt><dd>deviation 0.5</dd>" in text
    assert "| `NOISE` | addition | Gaussian noise on the embedding | `noise` |" in (
        registry.to_markdown()
    )


def test_without_its_entry_the_name_is_unknown():
    with pytest.raises(ValueError, match=r"additions \(LDS, FDS, RANKSIM, CONR.*'NOISE'"):
        Method.parse("NOISE")


def test_two_parts_that_set_the_same_thing_are_a_contradiction():
    kr.methods.register(kr.methods.Entry("HUBER", "Huber loss", loss=lambda benchmark: "huber"))
    try:
        assert str(Method.parse("SQINV + HUBER")) == "SQINV + HUBER"
        with pytest.raises(ValueError, match=r"may set the loss.*'BMSE \+ HUBER'.*BMSE and HUBER"):
            Method.parse("BMSE + HUBER")
    finally:
        registry.unregister("HUBER")


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("RANKSIM", "must not be registered already"),
        ("FOCAL", "must not be registered already"),
        ("my method", "must be text in upper case"),
        ("A + B", "without '\\+'"),
        ("A|B", "and '\\|'"),
        ("", "must be text in upper case"),
    ],
)
def test_names_that_cannot_be_parsed_are_refused(name, message):
    with pytest.raises(ValueError, match=f"`name` {message}|`name` .*{message}"):
        kr.methods.register(kr.methods.Entry(name, ""))


def test_names_in_a_string_are_refused():
    with pytest.raises(ValueError, match="`spellings` must be a tuple. Received: spellings='ZZ'"):
        kr.methods.register(kr.methods.Entry("X", "", spellings="ZZ"))


def test_a_method_can_be_taken_back():
    for summary in ("first", "second"):  # as when a cell of a notebook runs twice
        kr.methods.register(kr.methods.Entry("X", summary))
        kr.methods.unregister("X")
    with pytest.raises(ValueError, match="`name` must be one of"):
        kr.methods.unregister("X")


def test_more_stages_than_runs_have_folders_for_are_refused():
    with pytest.raises(ValueError, match=r"`stages` must hold 1 to 2 stages.*3 of them"):
        kr.methods.register(kr.methods.Entry("X", "", stages=(kr.methods.Stage(),) * 3))
    assert registry.find("X") is None


def test_tunable_settings_need_a_place_in_the_recipe():
    with pytest.raises(ValueError, match=r"`settings` must name the settings.*\['x'\]"):
        kr.methods.register(kr.methods.Entry("X", "", tunable=(kr.methods.Tunable("x", 1.0),)))


def test_every_entry_reads_settings_that_recipes_have():
    recipe = kr.data.Recipe(epochs=1, batch_size=1, learning_rate=1)
    for entry in registry.entries():
        if entry.settings:
            settings = recipe.of(entry.settings)
            assert settings is getattr(recipe, entry.settings, settings)
            for tunable in entry.tunable:
                if tunable.name in settings:
                    assert tunable.default == settings[tunable.name]


def test_no_module_outside_the_registry_branches_on_a_name():
    names = "|".join(re.escape(entry.name) for entry in registry.entries())
    branch = re.compile(rf"""(==|!=|\bin\b) *\(?["']({names})["']|["']({names})["'] +in\b""")
    package = Path(kr.__file__).parent
    for room in ("experiments", "data", "plots", "models"):
        for path in (package / room).rglob("*.py"):
            lines = path.read_text().splitlines()
            code = "\n".join(line for line in lines if not line.strip().startswith((">>>", "for ")))
            assert not branch.search(code), path


def test_a_report_names_what_each_part_does(prices):
    settings = {
        "recipe": dataclasses.asdict(prices.recipe),
        "facts": {},
        "samples": {"train": 1, "val": 1, "test": 1},
        "batch_size": 2,
    }
    text = trained(settings, Method.parse("RRT + LDS + RANKSIM"))
    assert "in the second stage, of the regression layer alone: RRT + LDS, scheme" in text
    assert "<dt>RANKSIM</dt><dd>gamma" in text
    assert "epochs per stage" in text
    assert "Focal-R loss (error absolute" in trained(settings, Method.parse("FOCAL-R"))


def test_the_page_of_methods_holds_the_table_of_the_registry():
    page = Path(kr.__file__).parents[1] / "docs" / "methods.md"
    assert registry.to_markdown() in page.read_text(), "paste registry.to_markdown() there"
