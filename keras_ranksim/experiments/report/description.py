"""What was trained and how, in words, and the command that did it."""

from __future__ import annotations

import functools
import time

from keras_ranksim.data.recipe import Recipe
from keras_ranksim.experiments.report.markup import Markup, element
from keras_ranksim.experiments.report.page import facts, folded, scrolling
from keras_ranksim.methods.ensemble import SEPARATOR, Ensemble
from keras_ranksim.methods.method import Method

LOSSES = {"mae": "mean absolute error", "mse": "mean squared error"}


def trained(settings: dict, method: Method | str) -> Markup:
    """What a run trained, as a list of terms.

    Args:
        settings: The settings of the run, as in `settings.json`.
        method: The method, or the name of one that is not registered here.
    """
    recipe = Recipe(**settings["recipe"])
    loss = LOSSES.get(recipe.loss, recipe.loss)
    terms, parts, stages, weighting = [], [], (), None
    if isinstance(method, str):
        terms.append(("method", f"{method}, not registered here"))
    else:
        parts, stages, weighting = method.entries, method.stages, method.weighting(recipe)
    for entry in parts:
        if entry.loss is not None:
            loss = f"{entry.summary}{_in_brackets(entry, recipe)}"
    instead = next((entry for entry in parts if entry.fit is not None), None)
    network = settings["facts"].get("network", "the benchmark's")
    terms += [("network", network if instead is None else instead.summary), ("loss", loss)]
    if weighting is not None:
        note = next((stage.note for stage in stages if stage.note), "")
        names = " + ".join(entry.name for entry in parts if entry.weights is not None)
        terms.append(("weights", f"{note}{names}, {_listed(weighting)}"))
    for entry in parts:
        if any(hook is not None for hook in (entry.layer, entry.head, entry.batches)):
            own = recipe.of(entry.settings) if entry.settings else {}
            terms.append((entry.name, _listed(own) or "default settings"))
    samples = settings["samples"]
    terms.append(
        (
            "samples",
            f"{samples['train']:,} to train, {samples['val']:,} to validate, "
            f"{samples['test']:,} to test",
        )
    )
    if instead is not None:
        return facts([*terms, ("training", f"as many rounds as give the best {recipe.monitor}")])
    steps = number_of(recipe.epochs, "epoch") + " per stage" * (len(stages) > 1)
    falls = ""
    if recipe.milestones:
        at = ", ".join(map(str, recipe.milestones))
        falls = f", times {recipe.decay:g} at epoch{'s' * (len(recipe.milestones) > 1)} {at}"
    terms.append(
        (
            "training",
            f"Adam at {recipe.learning_rate:g}{falls}; {steps}, batches of "
            f"{settings['batch_size']}; weights of the best {recipe.monitor} kept",
        )
    )
    return facts(terms)


def averaged(ensemble: Ensemble | str) -> Markup:
    """What an ensemble is made of, in a sentence."""
    names = str(ensemble).replace(f" {SEPARATOR} ", " and ")
    return element("p", f"The mean of the predictions of {names}, each trained by itself.")


def differences(benchmark_facts: dict) -> Markup | None:
    """Why these numbers differ from published ones, as far as the loader knows."""
    known = benchmark_facts.get("differences")
    if not known:
        return None
    listed = known if isinstance(known, str) else "; ".join(map(str, known))
    return element("p", f"Different from the papers: {listed}.", class_="muted")


def how_made(
    call: str, command: str | None, benchmark_facts: dict, settings: dict | None = None
) -> list[Markup]:
    """The command, the Python call, and all settings in a collapsible section.

    Args:
        call: The call in Python.
        command: The command line, if there was one.
        benchmark_facts: The facts of the benchmark, as JSON holds them.
        settings: Settings of a run, nested dictionaries.
    """
    parts = []
    if command is not None:
        parts += [element("h3", "Command"), element("pre", command)]
    parts += [element("h3", "Call"), element("pre", call)]
    if benchmark_facts:
        parts.append(folded("About the data", _settings("About the data", benchmark_facts)))
    if settings is not None:
        shown = {name: value for name, value in settings.items() if name != "facts"}
        parts.append(folded("All settings", _settings("All settings", shown)))
    return parts


def number_of(count: int, thing: str) -> str:
    """How many of something: `"1 seed"`, `"3 seeds"`."""
    return f"{count:,} {thing}{'s' * (count != 1)}"


def footer() -> Markup:
    """Who wrote the page and when."""
    return element("footer", f"Written by keras_ranksim on {time.strftime('%Y-%m-%d')}.")


def duration(seconds: float) -> str:
    """Seconds in words.

    Example:

    >>> from keras_ranksim.experiments.report.description import duration
    >>> [duration(seconds) for seconds in (4.2, 95, 7300)]
    ['4 s', '1 min 35 s', '2 h 1 min']
    """
    seconds = round(seconds)
    if seconds < 60:
        return f"{seconds} s"
    if seconds < 3600:
        return f"{seconds // 60} min {seconds % 60} s"
    return f"{seconds // 3600} h {seconds % 3600 // 60} min"


def _settings(title, values):
    rows = [
        element("tr", element("th", name, scope="row"), element("td", value, class_="text"))
        for name, value in _flat(values)
    ]
    head = element(
        "thead",
        element("tr", element("th", "setting", scope="col"), element("th", "value", class_="text")),
    )
    return scrolling(title, element("table", head, element("tbody", rows)))


def _flat(values, prefix=""):
    for name, value in values.items():
        if isinstance(value, dict) and value:
            yield from _flat(value, f"{prefix}{name}.")
        else:
            yield f"{prefix}{name}", _text(value)


def _text(value):
    if isinstance(value, (list, tuple)):
        return ", ".join(_text(entry) for entry in value) or "none"
    if isinstance(value, dict) or value is None:
        return "none"
    if isinstance(value, functools.partial):
        settings = _listed(value.keywords)
        return f"{_text(value.func)} ({settings})" if settings else _text(value.func)
    if callable(value):
        return getattr(value, "__name__", type(value).__name__)
    return f"{value:g}" if isinstance(value, float) else str(value)


def _in_brackets(entry, recipe):
    return f" ({_listed(recipe.of(entry.settings))})" if entry.settings else ""


def _listed(settings):
    return ", ".join(f"{name.rstrip('_')} {_text(value)}" for name, value in settings.items())
