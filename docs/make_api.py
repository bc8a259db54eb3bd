"""Writes `docs/api.md`: one line per public name, with its signature and its first sentence.

    python docs/make_api.py

Each name links to its source, where the docstring holds arguments and an example that the tests
run. A name that several packages offer is listed where it is shortest. A test reports when the
page no longer fits the docstrings.
"""

import importlib
import inspect
import os
import re
from pathlib import Path

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")

import keras_ranksim as kr

PAGE = Path(__file__).with_name("api.md")
ROOT = PAGE.parents[1]
COMMAND = "python docs/make_api.py"
LONGEST_DEFAULT = 24
INTRODUCTION = f"""\
# API

Every public name, one line each. `kr` is `import keras_ranksim as kr`. A name links to its source,
whose docstring lists arguments and shows an example; `help(kr.label_weights)` prints it. What is
not on this page is private and may change in any version.

Written by `{COMMAND}` from the docstrings: change those, not this page.
"""


def packages() -> list[str]:
    """Names of the public packages below `kr`, `""` for `kr` itself, which comes first."""
    return ["", *(name for name in kr.__all__ if inspect.ismodule(getattr(kr, name)))]


def public_names() -> dict[str, dict]:
    """For each package its public names and what they are, each thing in one package only."""
    listed, seen = {}, set()
    for package in packages():
        module = importlib.import_module(f"{kr.__name__}.{package}".rstrip("."))
        things = {name: getattr(module, name) for name in sorted(module.__all__, key=str.lower)}
        listed[package] = {
            name: thing
            for name, thing in things.items()
            if not inspect.ismodule(thing) and id(thing) not in seen
        }
        seen |= {id(thing) for thing in things.values()}
    return listed


def page() -> str:
    """The whole page."""
    chapters = [INTRODUCTION]
    for package, things in public_names().items():
        module = importlib.import_module(f"{kr.__name__}.{package}".rstrip("."))
        title = f"kr.{package}".rstrip(".")
        lines = "\n".join(line(name, thing) for name, thing in things.items())
        chapters.append(f"## `{title}`\n\n{first_sentence(module)}\n\n{lines}\n")
    return "\n".join(chapters)


def line(name, thing) -> str:
    """A name that links to its source, the call, and the first sentence of the docstring."""
    source = Path(inspect.getsourcefile(inspect.unwrap(thing))).relative_to(ROOT).as_posix()
    return f"- [`{name}`](../{source}) `{signature(thing)}`: {first_sentence(thing)}"


def signature(thing) -> str:
    """The arguments without types; long defaults are shortened."""
    parameters = list(inspect.signature(thing).parameters.values())
    if [one.name for one in parameters] == ["args", "kwargs"]:  # a functional model of Keras
        named = re.findall(r"^    (\w+): ", inspect.getdoc(thing), re.MULTILINE)
        return f"({', '.join(named)})"
    shown, keyword_only = [], False
    for one in parameters:
        if one.kind is one.KEYWORD_ONLY and not keyword_only:
            keyword_only = True
            if not any(part.startswith("*") for part in shown):
                shown.append("*")
        stars = {one.VAR_POSITIONAL: "*", one.VAR_KEYWORD: "**"}.get(one.kind, "")
        shown.append(stars + one.name + default(one))
    return f"({', '.join(shown)})"


def default(parameter) -> str:
    """`=value` of an argument that has a default."""
    value = parameter.default
    if value is parameter.empty:
        return ""
    text = f"{value:.3g}" if isinstance(value, float) else repr(value)
    return f"={text}" if len(text) <= LONGEST_DEFAULT and "<" not in text else "=..."


def first_sentence(thing) -> str:
    """The first sentence of a docstring, in one line."""
    paragraph = " ".join(inspect.getdoc(thing).partition("\n\n")[0].split())
    return re.split(r"(?<=\.)\s", paragraph, maxsplit=1)[0]


if __name__ == "__main__":
    PAGE.write_text(page())
