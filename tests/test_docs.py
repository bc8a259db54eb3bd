"""The pages: their code runs, their links lead somewhere, what they quote is in the source."""

import importlib.util
import json
import re
from pathlib import Path

import keras
import numpy as np
import pandas
import pytest
import tensorflow as tf
from PIL import Image
from tiny_bert import write_bert

ROOT = Path(__file__).resolve().parents[1]
README = ROOT / "README.md"
PAGES = [README, *sorted((ROOT / "docs").glob("*.md"))]
# Its code is for three backends: tests/models/test_any_model.py runs it.
NOTEBOOKS = sorted((ROOT / "docs" / "notebooks").glob("*.ipynb"))
ON_EVERY_BACKEND = ROOT / "docs" / "any_model.md"
WIDEST_PICTURE, LARGEST_PICTURE, LARGEST_NOTEBOOK = 800, 150 * 1024, 400 * 1024
# The pages show settings worth using; a test need not train so long.
SHORTER = {
    "4000, 8": "400, 8",
    "slice(3000), slice(3000, None)": "slice(300), slice(300, None)",
    "train_samples=4000)": "train_samples=100, evaluation_per_age=1, image_size=16)",
    "(64, 64, 3)": "(16, 16, 3)",
    "verbose=0)  # the recipe's epochs": "epochs=1, verbose=0)",
    'run(benchmark, "SQINV + LDS")': 'run(benchmark, "SQINV + LDS", epochs=1)',
    '"VANILLA", "SQINV + LDS", ': '"VANILLA", ',
    "epochs=5)": "epochs=1)",
    "seeds=[0, 1, 2]": "seeds=[0], epochs=1",
    "max_trials=12": "max_trials=1, epochs=1",
    "epochs=50": "epochs=1",
    'encoder="minilm", cache_dir="cache"': 'encoder="MiniLM", verbose=False',
    'encoder="minilm")': 'encoder="MiniLM")',
    "240": "80",
    "image_size=64)": "image_size=32)",
    "3000": "700",
    "2900": "650",
}


def blocks_of(page, language="python"):
    text = page.read_text()
    if page.suffix == ".ipynb":
        cells = json.loads(text)["cells"]
        code = ["".join(cell["source"]) for cell in cells if cell["cell_type"] == "code"]
        return [re.sub("^%.*\n", "", block) for block in code]  # magics of IPython
    return re.findall(rf"^```{language}\n(.*?)^```", text, flags=re.DOTALL | re.MULTILINE)


def run(page):
    """Runs the blocks of a page one after the other, as one program; returns its names."""
    names = {"__name__": "__main__"}
    for block in blocks_of(page):
        for long, short in SHORTER.items():
            block = block.replace(long, short)
        exec(compile(block, page.name, "exec"), names)
    return names


@pytest.mark.parametrize("notebook", NOTEBOOKS, ids=lambda path: path.stem)
def test_a_notebook_shows_tables_and_pictures_without_errors_and_stays_small(notebook):
    cells = json.loads(notebook.read_text())["cells"]
    outputs = [output for cell in cells for output in cell.get("outputs", [])]
    shown = {kind for output in outputs for kind in output.get("data", {})}
    assert {"text/html", "image/png"} <= shown
    assert all(output["output_type"] != "error" for output in outputs)
    assert notebook.stat().st_size < LARGEST_NOTEBOOK


def anchor(title):
    return re.sub(r"[^\w\- ]", "", title.lower()).strip().replace(" ", "-")


def files_of_the_readme():
    """What a reader has, by the names that the README gives them."""
    random = np.random.default_rng(0)
    ages = random.integers(1, 7, 60)
    for number, age in enumerate(ages):
        pixels = random.integers(0, 255, (24, 24, 3), dtype="uint8")
        Image.fromarray((pixels // age).astype("uint8")).save(f"{number}.png")
    files = [f"{number}.png" for number in range(60)]
    pandas.DataFrame({"file": files, "age": ages}).to_csv("photos.csv", index=False)
    words = np.array(["dogs", "a dog", "runs", "sleep", "dog runs"])
    reviews = [" ".join(random.choice(words, 4)) for _ in range(60)]
    pandas.DataFrame({"review": reviews, "stars": ages}).to_csv("reviews.csv", index=False)
    houses = pandas.DataFrame({"area": random.normal(size=200), "rooms": random.normal(size=200)})
    houses.assign(price=random.gamma(2, 100, 200).round()).to_csv("houses.csv", index=False)
    write_bert(Path("MiniLM"))


@pytest.fixture
def _elsewhere(tmp_path, monkeypatch, two_replicas):
    """A folder of its own, and the one strategy that a test process may have."""
    monkeypatch.chdir(tmp_path)
    files_of_the_readme()
    monkeypatch.setattr(tf.distribute, "MirroredStrategy", lambda: two_replicas)
    yield
    keras.config.set_dtype_policy("float32")


@pytest.mark.usefixtures("_elsewhere")
@pytest.mark.parametrize(
    "page",
    [page for page in (*PAGES, *NOTEBOOKS) if blocks_of(page) and page != ON_EVERY_BACKEND],
    ids=lambda page: page.name,
)
def test_the_code_of_a_page_runs_from_top_to_bottom(page, capsys):
    if page.name == "distributed.md":
        tf.config.run_functions_eagerly(False)  # replicas ask for traced functions
    names = run(page)
    printed = capsys.readouterr().out
    if page == README:
        assert printed.count("few") == 2
        assert names["result"].report.loc["all", "n"] > 0


def test_every_shortcut_of_these_tests_is_in_a_page():
    code = "\n".join(block for page in (*PAGES, *NOTEBOOKS) for block in blocks_of(page))
    assert [long for long in SHORTER if long not in code] == []


def test_the_first_screen_of_the_readme_is_a_whole_fit():
    first = blocks_of(README)[0]
    assert "model.fit(" in first
    assert len([line for line in first.splitlines() if line.strip()]) <= 20


def test_the_readme_shows_the_counts_that_its_code_prints(capsys):
    exec(blocks_of(README)[0].replace("epochs=5", "epochs=1"), {})
    counts = re.compile(r"^(many|medium|few|zero) +(\d+)", re.MULTILINE)
    assert counts.findall(README.read_text()) == counts.findall(capsys.readouterr().out)


LINKS = [
    (page, target)
    for page in PAGES
    for target in sorted(set(re.findall(r"\]\((?!https?:)([^)\s]+)\)", page.read_text())))
]


@pytest.mark.parametrize(("page", "target"), LINKS, ids=lambda value: getattr(value, "name", value))
def test_what_a_page_links_to_exists(page, target):
    name, _, place = target.partition("#")
    path = (page.parent / name).resolve() if name else page
    assert path.exists()
    if place:
        headings = re.findall(r"^#+ (.+)$", path.read_text(), flags=re.MULTILINE)
        assert place in [anchor(heading) for heading in headings]


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_picture_has_a_text_for_those_who_do_not_see_it(page):
    for text, _ in re.findall(r"!\[(.*?)\]\((.+?)\)", page.read_text(), flags=re.DOTALL):
        assert len(text) > 10


def test_every_picture_of_the_pages_is_drawn_by_the_script_and_light():
    script = (ROOT / "docs" / "draw_pictures.py").read_text()
    shown = re.findall(r"\]\(images/(\w+)\.png\)", "".join(p.read_text() for p in PAGES))
    assert len(set(shown)) > 5
    for name in set(shown):
        path = ROOT / "docs" / "images" / f"{name}.png"
        assert f"\ndef {name}():" in script
        assert path.stat().st_size < LARGEST_PICTURE
        with Image.open(path) as picture:
            assert picture.width == WIDEST_PICTURE


def in_one_line(source):
    """A source whose adjacent string literals, as messages are written, are joined to one."""
    return re.sub(r"[\"\']\s*\n\s*f?[\"\']", "", source)


SOURCE = "\n".join(
    in_one_line(path.read_text()) for path in sorted((ROOT / "keras_ranksim").rglob("*.py"))
)
TROUBLESHOOTING = ROOT / "docs" / "troubleshooting.md"
# Messages stand in quotations, one a line; "..." is for what a message fills in.
MESSAGES = re.findall(r"^> (.+)$", TROUBLESHOOTING.read_text(), flags=re.MULTILINE)


def test_the_page_of_troubles_quotes_many_messages():
    assert len(MESSAGES) > 25


@pytest.mark.parametrize("message", MESSAGES)
def test_a_message_that_the_page_explains_is_in_the_source(message):
    filled = r"[^\n]{0,60}?"
    parts = [re.escape(part) for part in message.split("...")]
    assert re.search(filled.join(parts), SOURCE), f"no source says: {message}"


def test_the_api_page_is_what_the_docstrings_say():
    path = ROOT / "docs" / "make_api.py"
    spec = importlib.util.spec_from_file_location("make_api", path)
    make_api = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(make_api)
    page = make_api.page()
    stale = page != make_api.PAGE.read_text()
    assert not stale, f"docs/api.md no longer fits the docstrings: run {make_api.COMMAND}"
    for names in make_api.public_names().values():
        for name in names:
            assert f"[`{name}`]" in page
    assert len(page.splitlines()) < 200
