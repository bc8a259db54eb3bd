"""Pictures of a page: drawn in both themes, kept as files, and put into the page itself."""

from __future__ import annotations

import base64
import dataclasses
import functools
import sys
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from keras_ranksim.experiments.report.markup import Markup, element
from keras_ranksim.plots.style import png
from keras_ranksim.validation import optional_package

if TYPE_CHECKING:
    from matplotlib.figure import Figure

FOLDER = "pictures"
SHOWN_WIDTH = 800
HOW_TO_GET_PICTURES = "The pictures of a report need matplotlib: pip install 'keras_ranksim[plots]'"


@dataclasses.dataclass(frozen=True)
class Picture:
    """A picture and the words around it.

    Args:
        name: Stem of its file.
        title: Its heading.
        alt: Alternative text: what it shows.
        caption: How to read it.
        draw: Function from a theme to the figure.
    """

    name: str
    title: str
    alt: str
    caption: str
    draw: Callable[[str], Figure]


def draw_pictures(pictures: list[Picture], folder: Path) -> list[Markup] | Markup:
    """Draws pictures, writes them to `folder/pictures` and returns them as parts of a page.

    Each is written twice, `name.png` and `name-dark.png`; the page shows the one that fits.
    Without matplotlib a sentence takes their place, on the page and once on standard error.

    Args:
        pictures: The pictures.
        folder: The folder of the report.
    """
    try:
        optional_package("matplotlib.figure", extra="plots")
    except ImportError:
        _report_once(HOW_TO_GET_PICTURES)
        return element("p", HOW_TO_GET_PICTURES, class_="warning")
    (folder / FOLDER).mkdir(parents=True, exist_ok=True)
    return [_figure(picture, folder / FOLDER) for picture in pictures]


def drawn(picture: Picture) -> tuple[dict[str, bytes], tuple[float, float]]:
    """The PNG files of a picture by theme, and its size in inches."""
    figures = {theme: picture.draw(theme) for theme in ("light", "dark")}
    files = {theme: png(figure) for theme, figure in figures.items()}
    return files, tuple(figures["light"].get_size_inches())


def _figure(picture, folder):
    files, (width, height) = drawn(picture)
    (folder / f"{picture.name}.png").write_bytes(files["light"])
    (folder / f"{picture.name}-dark.png").write_bytes(files["dark"])
    inline = {
        theme: "data:image/png;base64," + base64.b64encode(data).decode("ascii")
        for theme, data in files.items()
    }
    shown = element(
        "img",
        src=inline["light"],
        alt=picture.alt,
        width=SHOWN_WIDTH,
        height=round(SHOWN_WIDTH * height / width),
    )
    dark = element("source", srcset=inline["dark"], media="(prefers-color-scheme: dark)")
    return element(
        "figure",
        element("h3", picture.title),
        element(
            "div",
            element("picture", dark, shown),
            class_="picture",
            tabindex="0",
            role="group",
            aria_label=picture.title,
        ),
        element("figcaption", picture.caption),
    )


@functools.cache
def _report_once(line):
    sys.stderr.write(line + "\n")
