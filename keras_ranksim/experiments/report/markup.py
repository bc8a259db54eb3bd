"""HTML made of nested calls, in which everything that is not markup is escaped."""

from __future__ import annotations

import html

VOID = ("img", "link", "meta", "source")


class Markup(str):
    """Text that is HTML already."""

    __slots__ = ()


def element(tag: str, *children, **attributes) -> Markup:
    """An HTML element; children that are not `Markup` are text and are escaped.

    Args:
        tag: Name of the element.
        *children: `Markup`, text, numbers, or lists of those; `None` is left out.
        **attributes: Attributes, escaped; a trailing underscore is dropped, other ones become
            dashes, and `None` leaves the attribute out.

    Example:

    >>> from keras_ranksim.experiments.report.markup import element
    >>> element("p", "a < b", element("b", 3), class_="note", aria_label='"x"')
    '<p class="note" aria-label="&quot;x&quot;">a &lt; b<b>3</b></p>'
    """
    inside = "".join(
        f' {name.rstrip("_").replace("_", "-")}="{html.escape(str(value))}"'
        for name, value in attributes.items()
        if value is not None
    )
    if tag in VOID:
        return Markup(f"<{tag}{inside}>")
    return Markup(f"<{tag}{inside}>{joined(children)}</{tag}>")


def joined(children) -> Markup:
    """Children one after the other, escaped if they are text."""
    parts = []
    for child in children:
        if isinstance(child, Markup):
            parts.append(child)
        elif isinstance(child, (list, tuple)):
            parts.append(joined(child))
        elif child is not None:
            parts.append(html.escape(str(child)))
    return Markup("".join(parts))
