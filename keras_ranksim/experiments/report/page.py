"""The page around a report: one file, no script, nothing loaded from anywhere."""

from __future__ import annotations

from pathlib import Path

from keras_ranksim.experiments.files import write_text
from keras_ranksim.experiments.report.markup import Markup, element, joined
from keras_ranksim.experiments.report.style_sheet import STYLE_SHEET

# What the browser may load for the page: its own styles and inline pictures.
POLICY = "default-src 'none'; style-src 'unsafe-inline'; img-src data:"


def write_page(path: Path, title: str, *children) -> None:
    """Writes a page.

    Args:
        path: The file.
        title: Title of the page.
        *children: What it holds, as in `element`.
    """
    head = element(
        "head",
        element("meta", charset="utf-8"),
        element("meta", name="viewport", content="width=device-width, initial-scale=1"),
        element("meta", name="color-scheme", content="light dark"),
        element("meta", http_equiv="Content-Security-Policy", content=POLICY),
        element("link", rel="icon", href="data:,"),
        element("title", title),
        element("style", Markup(STYLE_SHEET)),
    )
    body = element("body", element("main", children))
    page = joined([Markup("<!DOCTYPE html>\n"), element("html", head, body, lang="en")])
    write_text(path, page + "\n")


def section(title: str, *children) -> Markup:
    """A part of the page under a heading."""
    return element("section", element("h2", title), children)


def scrolling(title: str, *children) -> Markup:
    """A box that scrolls sideways on a narrow screen, by touch and by keyboard."""
    return element("div", children, class_="wide", role="region", aria_label=title, tabindex="0")


def folded(title: str, *children) -> Markup:
    """A collapsible section."""
    return element("details", element("summary", title), children)


def facts(pairs) -> Markup:
    """Terms and their descriptions."""
    rows = [[element("dt", term), element("dd", text)] for term, text in pairs]
    return element("dl", rows)
