"""Brings the README, examples, result tables and the API into the site of `make docs`.

Pages link to each other as they do in the repository, so that they work there too; here links
that leave `docs/` are turned to where the site has these files.
"""

import re
from pathlib import Path

from make_api import packages, public_names
from mkdocs.structure.files import File

ROOT = Path(__file__).resolve().parents[1]
PAGES = ("tutorial", "choosing", "reproduction", "methods", "own_data", "any_model", "distributed")
MOVED = {
    "../README.md": "index.md",
    "README.md": "index.md",
    "api.md": "api/keras_ranksim.md",
    "../benchmarks/results/": "results/",
    "../benchmarks/README.md": "results/README.md",
    "../examples/": "examples/",
}


def on_config(config):
    """Sets the order of the pages; those of `docs/` that `PAGES` does not name come last."""
    pages = sorted(path.stem for path in (ROOT / "docs").glob("*.md"))
    first = [page for page in PAGES if page in pages]
    pages = [*first, *(page for page in pages if page not in (*PAGES, "README", "api"))]
    examples = sorted(path.stem for path in (ROOT / "examples").glob("*.py"))
    results = sorted(path.name for path in (ROOT / "benchmarks" / "results").glob("*.md"))
    config.nav = [
        {"Home": "index.md"},
        *[f"{page}.md" for page in pages],
        {"Examples": [f"examples/{name}.md" for name in examples]},
        {"Measured": ["results/README.md", *[f"results/{name}" for name in results]]},
        {"API": [{_module(room): f"api/{_module(room)}.md"} for room in packages()]},
    ]
    return config


def on_files(files, config):
    """Adds the pages that do not lie in `docs/`."""
    readme = ROOT / "README.md"
    files.remove(files.get_file_from_path("README.md"))
    _add(files, config, "index.md", _from_root(readme.read_text()))
    for path in sorted((ROOT / "examples").glob("*.py")):
        text = f"# {path.name}\n\n```python\n{path.read_text()}```\n"
        _add(files, config, f"examples/{path.stem}.md", text)
    for path in sorted((ROOT / "benchmarks" / "results").glob("*.*")):
        content = path.read_text() if path.suffix in (".md", ".csv") else path.read_bytes()
        _add(files, config, f"results/{path.name}", content)
    page = (ROOT / "benchmarks" / "README.md").read_text()
    _add(files, config, "results/README.md", page.replace("](results/", "]("))
    for room, things in public_names().items():
        _add(files, config, f"api/{_module(room)}.md", _api(_module(room), things))
    return files


def on_page_markdown(markdown, page, config, files):
    """Turns links that leave `docs/` to the pages of the site."""
    if "/" in page.file.src_uri:
        return markdown
    for old, new in MOVED.items():
        markdown = markdown.replace(f"]({old}", f"]({new}")
    return re.sub(r"\]\(examples/(\w+)\.py\)", r"](examples/\1.md)", markdown)


def _from_root(text):
    """The README with the links that it would have in `docs/`."""
    text = text.replace("](docs/", "](").replace("](benchmarks/results/", "](results/")
    return text.replace("](benchmarks/README.md", "](results/README.md")


def _api(module, names):
    paths = "\n\n".join(f"::: {module}.{name}" for name in names)
    return f"# {module}\n\n{paths}\n"


def _module(room):
    return f"keras_ranksim.{room}".rstrip(".")


def _add(files, config, uri, content):
    files.append(File.generated(config, uri, content=content))
