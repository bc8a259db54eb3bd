"""Writes `docs/api.md` from the docstrings of the public names.

    python docs/make_api.py

Every name of every public package: signature, first paragraph, arguments, what it returns, and the
example, which the tests run in its docstring. A name that several packages offer is described
where it is shortest. A test says when the page no longer fits the docstrings.
"""

import importlib
import inspect
import os
import re
import textwrap
from pathlib import Path

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")

import keras_ranksim as kr

PAGE = Path(__file__).with_name("api.md")
COMMAND = "python docs/make_api.py"
PACKAGES = (
    "",
    "layers",
    "losses",
    "metrics",
    "models",
    "scope",
    "labels",
    "ops",
    "data",
    "networks",
    "methods",
    "experiments",
    "tuning",
    "plots",
)
SECTIONS = ("Args", "Call arguments", "Attributes", "Returns", "Yields", "Raises", "Example")
OF_KERAS = ("train_step", "test_step", "save_own_variables", "load_own_variables")
WIDTH = 88


def page() -> str:
    """The whole page."""
    described, contents, chapters = {}, [], []
    for package in PACKAGES:
        module = importlib.import_module(f"{kr.__name__}.{package}".rstrip("."))
        title = f"kr.{package}".rstrip(".")
        entries, elsewhere = [], []
        for name in sorted(module.__all__, key=str.lower):
            thing = getattr(module, name)
            if inspect.ismodule(thing):
                continue
            full_name = f"{title}.{name}"
            home = described.setdefault(id(thing), full_name)
            if home == full_name:
                entries.append(entry(full_name, thing))
            else:
                elsewhere.append(f"[`{home}`](#{anchor(home)})")
        own = [name for name in described.values() if name.rpartition(".")[0] == title]
        links = ", ".join(f"[`{name.rpartition('.')[2]}`](#{anchor(name)})" for name in own)
        contents.append(f"- [`{title}`](#{anchor(title)}): {links}")
        chapter = [f"## `{title}`", first_paragraph(module)]
        if elsewhere:
            chapter.append("Described elsewhere: " + ", ".join(elsewhere) + ".")
        chapters.append("\n\n".join([*chapter, *entries]))
    return (
        "\n\n".join(
            [
                "# API",
                f"Written by `{COMMAND}` from the docstrings: change those, not this page. `kr` is "
                "`import keras_ranksim as kr`.",
                "\n".join(contents),
                *chapters,
            ]
        ).replace("\n\n\n", "\n\n")
        + "\n"
    )


def anchor(title: str) -> str:
    """What a heading is called in links."""
    return re.sub(r"[^\w\- ]", "", title.lower()).replace(" ", "-")


def entry(full_name, thing) -> str:
    """Heading, signature and docstring of one name."""
    text = [f"### `{full_name}`"]
    if not callable(thing):
        return "\n\n".join([*text, f"`{thing!r}`"])
    text.append(f"```\n{signature(full_name, thing)}\n```")
    body, sections = parts_of(inspect.getdoc(thing))
    text.append(body)
    for title, content in sections:
        text.append(section(title, content))
    if isinstance(thing, type):
        text += members(thing)
    return "\n\n".join(part for part in text if part)


def signature(full_name, thing, width=WIDTH) -> str:
    """The call, without types, which the text of the arguments tells; wrapped if long."""
    parameters = inspect.signature(thing).parameters.values()
    stars = {inspect.Parameter.VAR_POSITIONAL: "*", inspect.Parameter.VAR_KEYWORD: "**"}
    shown = [
        stars.get(one.kind, "")
        + one.name
        + ("" if one.default is one.empty else f"={one.default!r}")
        for one in parameters
        if one.name not in ("self", "cls")
    ]
    if shown == ["*args", "**kwargs"]:  # a model, whose own signature is that of Keras
        shown = re.findall(r"^    (\w+): ", inspect.getdoc(thing), flags=re.MULTILINE)
    name = full_name.rpartition(".")[2]
    line = f"{name}({', '.join(shown)})"
    if len(line) <= width:
        return line
    return f"{name}(\n" + "".join(f"    {one},\n" for one in shown) + ")"


def has_default(parameter) -> bool:
    return parameter.default is not parameter.empty


def parts_of(docstring) -> tuple[str, list[tuple[str, str]]]:
    """The text before the first section, and the sections as (title, content)."""
    titles = "|".join([*SECTIONS, "Reference"])
    found = re.split(rf"^({titles}):[ ]?", docstring, flags=re.MULTILINE)
    return found[0].strip(), list(zip(found[1::2], found[2::2]))


def section(title, content) -> str:
    """A section in Markdown: a list of arguments, an example, or a sentence."""
    if title == "Example":
        return example(textwrap.dedent(content).strip())
    content = textwrap.dedent(content.lstrip("\n") if content.startswith("\n") else content)
    if title not in ("Args", "Call arguments", "Attributes") or ":" not in content:
        return f"**{title}** " + one_line(content)
    entries = re.split(r"^(?=\S)", content.strip(), flags=re.MULTILINE)
    lines = [f"**{title}**", ""]
    for text in filter(None, map(str.strip, entries)):
        name, _, meaning = text.partition(":")
        lines.append(f"- `{name}`: {one_line(meaning)}")
    return "\n".join(lines)


def example(text) -> str:
    """An example fenced; sentences, and code that the docstring fenced itself, stay as they are."""
    if "```" in text:
        return text.replace("```python", "```pycon")
    parts = text.split("\n\n")
    fenced = [f"```pycon\n{part}\n```" if part.startswith(">>>") else part for part in parts]
    return "\n\n".join(fenced)


def members(cls) -> list[str]:
    """Methods and properties of its own that have a docstring, a line each."""
    lines = []
    for name, member in vars(cls).items():
        function = getattr(member, "__func__", member)
        documented = inspect.getdoc(function) if not name.startswith("_") else None
        if not documented or name in OF_KERAS or isinstance(member, type):
            continue
        if isinstance(function, property):
            called = name
        elif inspect.isfunction(function):
            called = signature(name, function, width=10**6)
        else:
            continue
        lines.append(f"- `{called}`: {one_line(documented.partition(chr(10) * 2)[0])}")
    return ["**Members**", "\n".join(lines)] if lines else []


def first_paragraph(thing) -> str:
    return inspect.getdoc(thing).partition("\n\n")[0]


def one_line(text) -> str:
    return " ".join(text.split())


if __name__ == "__main__":
    PAGE.write_text(page())
