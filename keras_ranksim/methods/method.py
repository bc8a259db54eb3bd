"""A method: a row of a table, as a value."""

from __future__ import annotations

import dataclasses
import re

from keras_ranksim.methods.registry import SET_ONCE, Entry, Stage, entries, find

WITHOUT_BASE = "VANILLA"
PAPER_BASES = ("VANILLA", "FOCAL-R", "RRT")
PAPER_ADDITIONS = tuple(
    (*ab, *c) for ab in ((), ("LDS",), ("FDS",), ("LDS", "FDS")) for c in ((), ("RANKSIM",))
)


@dataclasses.dataclass(frozen=True)
class Method:
    """How a model is trained: a base and additions, each an entry of `kr.methods`.

    Args:
        base: Name of the base.
        additions: Names of the additions, in the order of the registry.

    Example:

    >>> import keras_ranksim as kr
    >>> method = kr.experiments.Method.parse("rrt + ranksim + lds")
    >>> str(method), "LDS" in method, "FDS" in method
    ('RRT + LDS + RANKSIM', True, False)
    """

    base: str = WITHOUT_BASE
    additions: tuple[str, ...] = ()

    def __post_init__(self):
        base, additions = _checked(str(self))
        object.__setattr__(self, "base", base)
        object.__setattr__(self, "additions", additions)

    @classmethod
    def parse(cls, name: str | Method) -> Method:
        """Reads a name such as `"SQINV + LDS + FDS + RANKSIM"`; case and order do not matter.

        A name without a base, such as `"LDS + RANKSIM"`, has the base `VANILLA`.
        """
        if isinstance(name, Method):
            return name
        return cls(str(name))  # which is taken apart when it is checked

    @classmethod
    def paper_grid(cls, weighting: str = "SQINV") -> list[Method]:
        """The 32 rows of the RankSim tables, in their order.

        Args:
            weighting: The re-weighting base, `"SQINV"` (ages) or `"INV"` (text).
        """
        bases = (*PAPER_BASES, weighting)
        return [cls(base, additions) for base in bases for additions in PAPER_ADDITIONS]

    @property
    def entries(self) -> list[Entry]:
        """The entries of its names, the base first."""
        return [find(name) for name in (self.base, *self.additions)]

    @property
    def stages(self) -> tuple[Stage, ...]:
        """The stages of its training."""
        return self.hook("stages") or (Stage(),)

    def hook(self, name: str):
        """The hook that one of its entries sets, such as `"loss"`, or `None`."""
        hooks = [getattr(entry, name) for entry in self.entries]
        return next((hook for hook in hooks if hook is not None), None)

    def weighting(self, recipe) -> dict | None:
        """Arguments of `Benchmark.weighted` for the stages that weigh; `None` for no weights.

        Args:
            recipe: The `Recipe` of the benchmark.
        """
        return _weighting(self.entries, recipe)

    def same_run(self, recipe) -> Method:
        """The method that stands for this one among those that are the same run.

        `VANILLA + LDS` weighs by the recipe's scheme, so it is `SQINV + LDS` (or `INV + LDS`).

        Args:
            recipe: The `Recipe` of the benchmark.
        """
        base, *additions = self.entries
        acts = _acts([base, *additions], recipe)
        bases = entries(base=True)
        same = [one for one in bases if one is base or _acts([one, *additions], recipe) == acts]
        return dataclasses.replace(self, base=same[-1].name)

    def __contains__(self, name: str) -> bool:
        return name in (self.base, *self.additions)

    def __str__(self):
        return " + ".join((self.base, *self.additions))

    @property
    def slug(self) -> str:
        """The name as a folder: `"sqinv_lds_ranksim"`."""
        return re.sub(r"\W+", "_", str(self).lower())


def _checked(name):
    """The base and the additions of a name; raises if they are no method."""
    if "|" in name:
        raise ValueError(
            f"A method trains one model; '|' joins methods to an ensemble, which is a row of a "
            f"table. Received: {name!r}"
        )
    parts = {part.strip(): find(part) for part in name.split("+")}
    for part, entry in parts.items():
        if entry is None:
            raise ValueError(
                f"A method is a base ({_names(base=True)}) and additions "
                f"({_names(base=False)}) joined by '+'. "
                f"Received: {name!r}, in which {part.upper()!r} is unknown"
            )
    found = [find(part) for part in name.split("+")]
    bases = [entry.name for entry in found if entry.base]
    if len(bases) > 1:
        raise ValueError(
            f"A method has one base, of {_names(base=True)}. "
            f"Received: {name!r}, with {' and '.join(bases)}"
        )
    for entry in found:
        if found.count(entry) > 1:
            raise ValueError(
                f"A method names an addition once. Received: {name!r}, with {entry.name} twice"
            )
    for entry in found:
        for other, reason in entry.excludes.items():
            if find(other) in found:
                raise ValueError(
                    f"{entry.name} cannot be combined with {other}: {reason}. Received: {name!r}"
                )
        if entry.needs and not any(find(other) in found for other in entry.needs):
            raise ValueError(
                f"{entry.name} needs one of {', '.join(entry.needs)} beside it. Received: {name!r}"
            )
    for entry in found:
        acting = [other.name for other in found if other != entry and not other.only_weighs]
        if entry.fit is not None and acting:
            raise ValueError(
                f"{entry.name} trains no network, so that only sample weights, such as LDS, "
                f"can be added. Received: {name!r}, with {' and '.join(acting)}"
            )
    for hook, meaning in SET_ONCE.items():
        setting = [entry.name for entry in found if getattr(entry, hook) is not None]
        if len({getattr(find(part), hook) for part in setting}) > 1:
            raise ValueError(
                f"One part of a method may set {meaning}. Received: {name!r}, in which "
                f"{' and '.join(setting)} do"
            )
    additions = tuple(entry.name for entry in entries(base=False) if entry in found)
    return (bases[0] if bases else WITHOUT_BASE), additions


def _acts(parts, recipe):
    """What the parts of a method do: their weights, and the names of those that do more."""
    return _weighting(parts, recipe), [entry.name for entry in parts if not entry.only_weighs]


def _weighting(parts, recipe):
    arguments = None
    for entry in parts:
        if entry.weights is not None:
            arguments = entry.weights(recipe, arguments)
    return arguments


def _names(base):
    return ", ".join(entry.name for entry in entries(base))
