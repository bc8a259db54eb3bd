"""One look for all pictures: sizes, and two themes that color-blind readers can read."""

from __future__ import annotations

import contextlib
import dataclasses
import io
import textwrap
import warnings
from collections.abc import Iterator
from typing import TYPE_CHECKING

from keras_ranksim.labels.bins import distinct_texts
from keras_ranksim.validation import one_of, optional_package

if TYPE_CHECKING:
    from matplotlib.figure import Figure

WIDTH = 8.0  # inches: 800 pixels at 100 dots per inch, for a README


@dataclasses.dataclass(frozen=True)
class Theme:
    """The colors of a picture.

    Args:
        surface: The background.
        ink, muted, grid: Text and main lines; secondary text; lines to read values by.
        shots: A color per shot: rarer shots contrast more with the background, and zero-shot has
            its own hue.
        methods: Colors of methods in the order they are given, the baseline first.
        gain, loss: Where a method is better than the baseline, and worse.
        label_range: The part of the color map viridis that stands out from the background.
    """

    surface: str
    ink: str
    muted: str
    grid: str
    shots: dict[str, str]
    methods: tuple[str, ...]
    gain: str
    loss: str
    label_range: tuple[float, float]


THEMES = {
    "light": Theme(
        surface="#ffffff",
        ink="#1f2328",
        muted="#59636e",
        grid="#dfe4ea",
        shots={"many": "#7fa6cf", "medium": "#2f6fb3", "few": "#0f2f57", "zero": "#d55e00"},
        methods=("#3d444d", "#d55e00", "#0072b2", "#bd70f5"),
        gain="#0072b2",
        loss="#d55e00",
        label_range=(0.0, 0.9),
    ),
    "dark": Theme(
        surface="#0d1117",
        ink="#e6edf3",
        muted="#9198a1",
        grid="#272d35",
        shots={"many": "#345a85", "medium": "#5d94cf", "few": "#c3e0ff", "zero": "#f0803c"},
        methods=("#c9d1d9", "#f0803c", "#4aa3df", "#8f5bd8"),
        gain="#4aa3df",
        loss="#f0803c",
        label_range=(0.15, 1.0),
    ),
}
LINE_STYLES = ("solid", (0, (5, 1.2)), (0, (2.5, 1)), (0, (6, 1.2, 1.5, 1.2)))
MARKERS = {"many": "o", "medium": "s", "few": "^", "zero": "D"}
LARGEST_NUMBER_OF_METHODS = len(LINE_STYLES)


@contextlib.contextmanager
def look(theme: str) -> Iterator[Theme]:
    """Yields a theme that figures drawn inside use, whatever matplotlib's settings are.

    Args:
        theme: `"light"` or `"dark"`.
    """
    colors = THEMES[one_of("theme", theme, THEMES)]
    style = optional_package("matplotlib.style", extra="plots")
    settings = {
        "font.family": "DejaVu Sans",
        "font.size": 10,
        "axes.titlesize": 10.5,
        "axes.labelsize": 10,
        "xtick.labelsize": 9,
        "ytick.labelsize": 9,
        "legend.fontsize": 9,
        "text.color": colors.ink,
        "text.parse_math": False,  # names of labels may hold dollars
        "axes.labelcolor": colors.ink,
        "axes.titlecolor": colors.ink,
        "axes.titlelocation": "left",
        "axes.edgecolor": colors.muted,
        "axes.facecolor": colors.surface,
        "axes.linewidth": 0.8,
        "axes.spines.top": False,
        "axes.spines.right": False,
        "axes.grid": True,
        "axes.axisbelow": True,
        "grid.color": colors.grid,
        "grid.linewidth": 0.7,
        "xtick.color": colors.muted,
        "ytick.color": colors.muted,
        "xtick.labelcolor": colors.muted,
        "ytick.labelcolor": colors.muted,
        "figure.facecolor": colors.surface,
        "savefig.facecolor": colors.surface,
        "legend.frameon": False,
        "legend.labelcolor": colors.ink,
        "hatch.color": colors.muted,
        "hatch.linewidth": 0.5,
        "lines.linewidth": 1.8,
        "lines.solid_capstyle": "round",
    }
    with style.context(["default", settings]):
        yield colors


def new_figure(height: float) -> Figure:
    """An empty figure, `WIDTH` wide, that belongs to no window and to no global state."""
    figure = optional_package("matplotlib.figure", extra="plots")
    return figure.Figure((WIDTH, height), layout="constrained")


def finish(figure: Figure) -> None:
    """Fixes the layout and ticks of a figure while its theme is active.

    Matplotlib would otherwise compute them when the figure is saved, with the settings then.
    """
    with _without_glyph_warnings():
        figure.get_layout_engine().execute(figure)
        if any(list(map(_write_in_full, figure.axes))):
            figure.get_layout_engine().execute(figure)
    figure.set_layout_engine("none")


def _write_in_full(axes):
    """Writes the ticks of an axes without a common factor, which legends would hide.

    Returns whether there was one.
    """
    factored = [axis for axis in (axes.xaxis, axes.yaxis) if axis.get_offset_text().get_text()]
    for axis in factored:
        low, high = sorted(axis.get_view_interval())
        places = [place for place in axis.get_majorticklocs() if low <= place <= high]
        axis.set_ticks(places, distinct_texts(places))  # others would widen the axis
    return bool(factored)


def png(figure: Figure, dots_per_inch: int = 150) -> bytes:
    """The figure as the bytes of a PNG file of 256 colors, a third of the usual size.

    Args:
        figure: The figure.
        dots_per_inch: Resolution; a figure is 8 inches wide.

    Returns:
        The bytes of the file, the same for the same figure.

    Example:

    >>> import keras_ranksim as kr
    >>> from keras_ranksim.plots.style import png
    >>> figure = kr.plots.training_curves({"mae": [9.0, 7.0, 5.0]})
    >>> png(figure)[1:4]
    b'PNG'
    """
    from PIL import Image  # matplotlib brings it along

    drawn, file = io.BytesIO(), io.BytesIO()
    # Matplotlib computes the ticks again; any theme works, their colors are already set.
    with look("light"), _without_glyph_warnings():
        figure.savefig(
            drawn,
            format="raw",
            dpi=dots_per_inch,
            facecolor=figure.get_facecolor(),
        )
    size = tuple(int(side * dots_per_inch) for side in figure.get_size_inches())
    picture = Image.frombytes("RGBA", size, drawn.getvalue()).convert("RGB")
    picture.quantize(256, dither=Image.Dither.NONE).save(file, format="png")
    return file.getvalue()


def in_unit(name: str, unit: str, width: int = 70) -> str:
    """The text of an axis: `"age (years)"`, or the name alone if there is no unit.

    Args:
        name: What the axis shows.
        unit: Its unit, or an empty string.
        width: Characters per line; longer texts are wrapped, and truncated after three lines.
    """
    text = f"{name} ({unit})" if unit else name
    return "\n".join(textwrap.wrap(text, width, max_lines=3, placeholder=" ..."))


def legend_above(axes, **arguments) -> None:
    """A one-line legend between title and picture."""
    handles, labels = axes.get_legend_handles_labels()
    if handles:
        axes.legend(
            handles,
            labels,
            loc="lower left",
            bbox_to_anchor=(0, 1),
            ncols=len(handles),
            borderaxespad=0.2,
            handlelength=2.2,
            columnspacing=1.4,
            **arguments,
        )


@contextlib.contextmanager
def _without_glyph_warnings():
    """Silences warnings about characters that the font lacks, which appear as boxes."""
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", "Glyph .* missing from font")
        yield
