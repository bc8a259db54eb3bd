"""Lets the site's reader of docstrings see Keras' sections: doctests stand under `Example`."""

import inspect
import re
import textwrap

import griffe

EXAMPLE = re.compile(r"^Example:\n(.*?)(?=^Reference:|\Z)", re.DOTALL | re.MULTILINE)


class KerasSections(griffe.Extension):
    """Names the section `Examples` and indents it, as Griffe expects."""

    def on_object(self, *, obj, loader, **kwargs):
        if not obj.is_alias and obj.docstring is not None:
            text = inspect.cleandoc(obj.docstring.value)
            text = text.replace("Call arguments:", "Other Parameters: Call arguments")
            obj.docstring.value = EXAMPLE.sub(_indented, text)


def _indented(match):
    return "Examples:\n" + textwrap.indent(match[1].strip("\n"), "    ") + "\n\n"
