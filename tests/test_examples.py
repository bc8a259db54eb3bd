"""Every example is short, explains itself, and runs from top to bottom on small data."""

import ast
import re
import shutil
import sys
from pathlib import Path

import keras
import numpy as np
import pandas
import pytest
import tensorflow as tf
from conftest import eagerly

ROOT = Path(__file__).resolve().parents[1]
sys.path.append(str(ROOT / "tests" / "data"))
from drawn_depth import draw  # noqa: E402
from pair_files import made_up, write  # noqa: E402

EXAMPLES = {path.stem: path for path in sorted((ROOT / "examples").glob("*.py"))}
# tests/distribute trains in several processes, tests/models on every backend.
ANY_MODEL = {
    "loop_jax",
    "loop_tensorflow",
    "loop_torch",
    "sequential_model",
    "several_outputs",
    "subclassed_model",
    "torch_module",
}
RUN_ELSEWHERE = {"multi_worker", *ANY_MODEL}
WITHOUT_KERAS = {"boosting"}
# The examples train as one would; a test need not train so long.
SHORTER = {
    "train_samples=4000, evaluation_per_age=10": "train_samples=60, evaluation_per_age=1",
    "(64, 64, 3)": "(64, 64, 3), (4, 8)",
    "image_size=224": "image_size=32, batch_size=4",
    "resnet50((224, 224, 3))": "small_resnet((32, 32, 3))",
    "width=100": "width=4, verify=False",
    '"data/nyud2"': '"data/nyud2", **SMALL_DEPTH',
    "max_trials=12": "max_trials=1",
    "6000": "900",
}
ENDS = {
    "agedb_dir": "few",
    "boosting": "Boosting with LDS",
    "imdb_wiki_dir": "few",
    "nyud2_dir": "delta1",
    "portraits": "On ages with fewer than 20 training portraits the usual model is off by",
    "sts_b_dir": "Similarity: ",
    "table": "Saved table.keras",
    "tune": "On the test split",
    "utkface": "few",
}


def shorter(source):
    for long, short in SHORTER.items():
        source = source.replace(long, short)
    return re.sub(r"epochs=\d+", "epochs=1", source)


def faces(folder):
    random = np.random.default_rng(0)
    rows = ["age,path,split"]
    for age in range(12):
        pixels = random.integers(0, 256, (32, 32, 3), dtype="uint8")
        (folder / f"{age}.png").write_bytes(tf.io.encode_png(pixels).numpy())
        rows.append(f"{age},{age}.png,{('train', 'train', 'val', 'test')[age % 4]}")
    return "\n".join(rows)


def small_data(name, folder):
    """Lays out what the example reads, below the folder where it runs."""
    data = folder / "data" / {"agedb_dir": "agedb", "imdb_wiki_dir": "imdb_wiki"}.get(name, name)
    data.mkdir(parents=True)
    if name == "agedb_dir":
        (data / "agedb.csv").write_text(faces(data))
    elif name == "imdb_wiki_dir":
        (data / "imdb_wiki.csv").write_text(faces(data))
        for archive in ("imdb_crop", "wiki_crop"):
            (data / archive).mkdir()
    elif name == "sts_b_dir":
        for number, part in enumerate(("train", "dev", "test")):
            write(folder / "data" / "sts-b" / f"{part}_new.tsv", *made_up(16, number))
    elif name == "utkface":
        photographs = data.with_suffix(".zip")  # a folder serves as well
        data.rename(photographs)
        random = np.random.default_rng(0)
        for number in range(12):
            pixels = random.integers(0, 256, (64, 64, 3), dtype="uint8")
            face = photographs / f"{20 + number // 6}_0_0_{number}.jpg"
            face.write_bytes(tf.io.encode_jpeg(pixels).numpy())
    elif name == "nyud2_dir":
        draw(folder / "data" / "nyud2")
        shutil.rmtree(data)
    elif name in ("table", "boosting"):
        random = np.random.default_rng(0)
        frame = pandas.DataFrame({"area": random.gamma(4, 25, 200), "kind": ["a", "b"] * 100})
        frame.assign(price=(30 * frame["area"]).round()).to_csv(folder / "houses.csv", index=False)


@pytest.mark.filterwarnings("ignore:Even though the `tf.config.experimental_run_functions_eagerly`")
@pytest.mark.filterwarnings("ignore:.*outside the bins")
@pytest.mark.filterwarnings("ignore:An input array is constant")
@pytest.mark.filterwarnings("ignore:invalid value encountered")
@pytest.mark.parametrize("name", ENDS)
def test_an_example_runs_from_top_to_bottom(name, tmp_path, monkeypatch, capsys):
    import drawn_depth

    small_data(name, tmp_path)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "argv", [f"{name}.py", "houses.csv", "price"])
    small_depth = {"view": drawn_depth.VIEW, "make_network": drawn_depth.small_network}
    names = {"__name__": "__main__", "SMALL_DEPTH": {**small_depth, "val_fraction": 0.3}}
    with eagerly():
        exec(compile(shorter(EXAMPLES[name].read_text()), name, "exec"), names)
    assert ENDS[name] in capsys.readouterr().out
    assert isinstance(names.get("model", keras.Model()), keras.Model)


def test_every_example_is_run():
    assert {*ENDS, *RUN_ELSEWHERE} == set(EXAMPLES)


def test_every_shortcut_of_these_tests_is_in_an_example():
    code = "\n".join(path.read_text() for path in EXAMPLES.values())
    assert [long for long in SHORTER if long not in code] == []


@pytest.mark.parametrize("name", EXAMPLES)
def test_an_example_is_short_and_says_what_it_shows_and_how_to_start_it(name):
    source = EXAMPLES[name].read_text()
    assert len(source.splitlines()) <= 60
    docstring = ast.get_docstring(ast.parse(source))
    assert re.search(r"(?i)seconds?|minutes?|hours?|a day", docstring), "how long does it take?"
    assert f"    python examples/{name}.py" in docstring
    assert "print(" in source
    if "label_scope" not in source:
        assert ".compile(" in source or name in WITHOUT_KERAS
        assert ".fit(" in source or "search(" in source


@pytest.mark.parametrize("name", EXAMPLES)
def test_an_example_takes_public_names_alone(name):
    imported = re.findall(r"^(?:from|import) (keras_ranksim\S*)", EXAMPLES[name].read_text(), re.M)
    assert imported == ["keras_ranksim"]
