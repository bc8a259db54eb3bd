"""What a method is made of: one entry per name, found by that name."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from typing import Any

from keras_ranksim.markdown import markdown_table
from keras_ranksim.validation import one_of


@dataclasses.dataclass(frozen=True)
class Stage:
    """One `fit` of a training.

    Args:
        weighted: Whether samples have the method's weights.
        loss: Function `benchmark -> loss` in place of the method's; the loss may be `None` if
            layers leave one.
        monitor: The logged value that chooses its best weights, lower is better; `None` for that
            of the recipe.
        prepare: Function `(model, regressor, learning_rate, loss)` called before it, with the
            random seed set to that of the run plus the number of the stage.
        note: What a report says of the stage's weights.
    """

    weighted: bool = True
    loss: Callable | None = None
    monitor: str | None = None
    prepare: Callable | None = None
    note: str = ""


@dataclasses.dataclass(frozen=True)
class Tunable:
    """A setting that a search may vary, on a log scale around the recipe's value.

    Args:
        name: Name of the setting.
        default: Its value if the recipe has none, or a function of the recipe's settings.
        factor: Searched from `value / factor` to `value * factor`.
        choices: The values to choose from, instead of a range.
        limits: Smallest and largest value to search, extended to the recipe's, instead of
            `factor`.
        replaces: Name of the setting that must be left out if this one is given, or `None`.
        hyperparameter: Its name in a search; `None` for `settings` of the entry and `name`, as
            in `"lds_sigma"`.
    """

    name: str
    default: Any
    factor: float = 10.0
    choices: tuple | None = None
    limits: tuple[float, float] | None = None
    replaces: str | None = None
    hyperparameter: str | None = None


@dataclasses.dataclass(frozen=True)
class Entry:
    """What one name in the spelling of a method does. `None` leaves things as they are.

    A name is either a base, of which a method has one, or an addition. Every hook that is given
    the benchmark finds the settings of its run in `benchmark.recipe` and `benchmark.seed`.

    Args:
        name: How a method is spelled, for instance `"RANKSIM"`.
        summary: What it does, for help texts, tables and reports.
        base: Whether it is a base.
        spellings: Other spellings of the name.
        settings: Name of its settings in the recipe, see `Recipe.of`.
        tunable: Which of these a search may vary.
        weights: Function `(recipe, arguments) -> arguments` from the arguments of
            `Benchmark.weighted` so far, or `None`, to its own.
        views: Function `recipe -> views`, the views of each training sample.
        batches: Function `(dataset, benchmark, epoch) -> dataset` for the training batches;
            `epoch` is the `tf.Variable` that counts epochs, which it may read and not change.
        loss: Function `benchmark -> loss`, in place of the recipe's; the loss may be `None` if
            layers leave one.
        layer: Function `benchmark -> layer` for the embedding.
        per_sample: Whether `layer` needs one row per sample; a dense task pools its maps for it.
        head: Function `(benchmark, weighting) -> layer`, the regression layer, which answers in
            the unit of the label; `weighting` is that of the method, see `Method.weighting`.
        output: Function `benchmark -> layer` behind the regression layer.
        stages: The stages of training.
        fit: Function `benchmark -> model` that trains something other than a network. The model
            has `predict` as in Keras, and `history`, a dictionary of lists with `"seconds"`, one
            value per round. `benchmark.weights` are the method's weights.
        excludes: Names that it cannot be combined with, and why.
        needs: A method with this name must include at least one of these.
    """

    name: str
    summary: str
    base: bool = False
    spellings: tuple[str, ...] = ()
    settings: str | None = None
    tunable: tuple[Tunable, ...] = ()
    weights: Callable | None = None
    views: Callable | None = None
    batches: Callable | None = None
    loss: Callable | None = None
    layer: Callable | None = None
    per_sample: bool = True
    head: Callable | None = None
    output: Callable | None = None
    stages: tuple[Stage, ...] | None = None
    fit: Callable | None = None
    excludes: dict[str, str] = dataclasses.field(default_factory=dict)
    needs: tuple[str, ...] = ()

    @property
    def only_weighs(self) -> bool:
        """Whether it changes nothing but sample weights."""
        other = ("views", "batches", "loss", "layer", "head", "output", "stages", "fit")
        return not any(getattr(self, hook) for hook in other)


# Of these, one name of a method may set each, or the last would silently win.
SET_ONCE = {
    "loss": "the loss",
    "head": "the regression layer",
    "views": "the views of a sample",
    "stages": "the stages of training",
}
MOST_STAGES = 2
_entries: dict[str, Entry] = {}


def register(entry: Entry) -> Entry:
    """Adds an entry: `Method.parse`, tables, reports, help texts and the tuner then know it.

    Args:
        entry: The entry; its name and spellings must be new.

    Returns:
        The entry.

    Example:

    ```python
    kr.methods.register(
        kr.methods.Entry(
            "NOISE", "Gaussian noise on the embedding", layer=lambda benchmark: Noise(0.1)
        )
    )
    kr.experiments.run(benchmark, "SQINV + NOISE")
    ```
    """
    for field in ("spellings", "needs", "stages"):
        value = getattr(entry, field)
        if value is not None and not isinstance(value, (tuple, list)):
            raise ValueError(f"`{field}` must be a tuple. Received: {field}={value!r}")
    for name in (entry.name, *entry.spellings):
        if not name or name != spelled(name) or set("+|") & set(name):
            raise ValueError(
                "`name` must be text in upper case, with '-' for '_', without '+' and '|'. "
                f"Received: name={name!r}"
            )
        if find(name) is not None:
            raise ValueError(
                "`name` must not be registered already; `kr.methods.unregister` removes an entry. "
                f"Received: name={name!r}"
            )
    if entry.tunable and entry.settings is None:
        raise ValueError(
            "`settings` must name the settings in the recipe that `tunable` is about. "
            f"Received: settings=None, tunable={[tunable.name for tunable in entry.tunable]}"
        )
    if entry.stages is not None and not 1 <= len(entry.stages) <= MOST_STAGES:
        raise ValueError(
            f"`stages` must hold 1 to {MOST_STAGES} stages. Received: {len(entry.stages)} of them"
        )
    for stage in (entry.stages or ())[1:]:
        if stage.loss is not None and stage.prepare is None:
            raise ValueError(
                "`prepare` of a later stage with a `loss` must compile the model with it. "
                f"Received: prepare=None in a stage of {entry.name}"
            )
    _entries[entry.name] = entry
    return entry


def unregister(name: str) -> None:
    """Removes an entry, for instance before its notebook cell runs again."""
    one_of("name", name, _entries)
    del _entries[name]


def find(name: str) -> Entry | None:
    """The entry of a name or another spelling of it, `None` if there is none."""
    name = spelled(name)
    for entry in _entries.values():
        if name in (entry.name, *entry.spellings):
            return entry
    return None


def entries(base: bool | None = None) -> list[Entry]:
    """All entries in the order of a method's spelling.

    Args:
        base: `True` for bases only, `False` for additions only.

    Example:

    >>> from keras_ranksim.methods.registry import entries
    >>> [entry.name for entry in entries(base=False)]
    ['LDS', 'FDS', 'RANKSIM', 'CONR', 'RNC', 'DIST', 'CMIXUP']
    """
    found = [entry for entry in _entries.values() if base is None or entry.base == base]
    return sorted(found, key=lambda entry: not entry.base)


def to_markdown() -> str:
    """A table of all entries for documentation.

    Example:

    >>> from keras_ranksim.methods.registry import to_markdown
    >>> print(to_markdown().splitlines()[5])
    | `SQINV` | base | weights by the inverse square root of label counts | `weights` |
    """
    rows = [
        (
            f"`{entry.name}`",
            "base" if entry.base else "addition",
            entry.summary,
            f"`{entry.settings}`" if entry.settings else "-",
        )
        for entry in entries()
    ]
    return markdown_table(["name", "kind", "what it does", "settings"], rows, numbers=False)


def spelled(name: str) -> str:
    """A name as entries spell it: upper case, dashes."""
    return name.strip().upper().replace("_", "-")
