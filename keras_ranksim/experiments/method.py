"""A row of a published table as a value."""

from __future__ import annotations

import dataclasses
import re

BASES = ("VANILLA", "FOCAL-R", "RRT", "SQINV", "INV", "BMSE")
ADDITIONS = ("LDS", "FDS", "RANKSIM", "CONR")
SCHEME_OF_BASE = {"SQINV": "sqrt_inverse", "INV": "inverse"}


@dataclasses.dataclass(frozen=True)
class Method:
    """How a model is trained: a base and what is added to it.

    Bases: `VANILLA`, `FOCAL-R` (loss), `RRT` (two stages), `SQINV` and `INV` (re-weighting),
    `BMSE` (Balanced MSE). Additions: `LDS`, `FDS`, `RANKSIM`, `CONR`.

    Example:

    >>> import keras_ranksim as kr
    >>> method = kr.experiments.Method.parse("rrt + lds + ranksim")
    >>> method.base, method.lds, method.fds
    ('RRT', True, False)
    >>> str(method)
    'RRT + LDS + RANKSIM'
    """

    base: str = "VANILLA"
    lds: bool = False
    fds: bool = False
    ranksim: bool = False
    conr: bool = False

    @classmethod
    def parse(cls, name: str | Method) -> Method:
        """Reads a name such as `"SQINV + LDS + FDS + RANKSIM"`; case and spaces do not matter.

        A name without a base, such as `"LDS + RANKSIM"`, has the base `VANILLA`.
        """
        if isinstance(name, Method):
            return name
        parts = [_spelled(part) for part in str(name).split("+")]
        unknown = [part for part in parts if part not in BASES + ADDITIONS]
        if unknown:
            raise ValueError(
                f"A method is a base ({', '.join(BASES)}) and additions ({', '.join(ADDITIONS)}) "
                f"joined by '+'. Received: {name!r}, in which {unknown[0]!r} is unknown"
            )
        bases = [part for part in parts if part in BASES]
        if len(bases) > 1:
            raise ValueError(
                f"A method has one base, of {', '.join(BASES)}. "
                f"Received: {name!r}, with {' and '.join(bases)}"
            )
        repeated = [part for part in ADDITIONS if parts.count(part) > 1]
        if repeated:
            raise ValueError(
                f"A method names an addition once. Received: {name!r}, with {repeated[0]} twice"
            )
        additions = {part.lower(): True for part in parts if part in ADDITIONS}
        return cls(bases[0] if bases else "VANILLA", **additions)

    @classmethod
    def paper_grid(cls, weighting: str = "SQINV") -> list[Method]:
        """The 32 rows of the RankSim tables, in their order.

        Args:
            weighting: The re-weighting base, `"SQINV"` (ages) or `"INV"` (text).
        """
        return [
            cls(base, lds, fds, ranksim)
            for base in ("VANILLA", "FOCAL-R", "RRT", weighting)
            for lds, fds in ((False, False), (True, False), (False, True), (True, True))
            for ranksim in (False, True)
        ]

    def weighting(self, recipe) -> dict | None:
        """Arguments of `label_weights` for the stage that weighs, or `None` for no weights.

        LDS implies the benchmark's re-weighting scheme. RRT weighs in its second stage.

        Args:
            recipe: The `Recipe` of the benchmark.
        """
        named = SCHEME_OF_BASE.get(self.base)
        if named is None and not self.lds and self.base != "RRT":
            return None
        arguments = dict(recipe.weights)
        if named is not None and named != arguments["scheme"]:
            arguments = {"scheme": named}
        return {**arguments, **recipe.lds} if self.lds else arguments

    def same_run(self, recipe) -> Method:
        """The method that stands for this one among those that are one and the same run.

        `VANILLA + LDS` weighs as the benchmark does, so it is `SQINV + LDS` (or `INV + LDS`).

        Args:
            recipe: The `Recipe` of the benchmark.
        """
        if self.base == "VANILLA" and self.lds:
            bases = {scheme: base for base, scheme in SCHEME_OF_BASE.items()}
            return dataclasses.replace(self, base=bases[recipe.weights["scheme"]])
        return self

    def __str__(self):
        flags = (self.lds, self.fds, self.ranksim, self.conr)
        return " + ".join([self.base, *(a for a, on in zip(ADDITIONS, flags) if on)])

    @property
    def slug(self) -> str:
        """The name as a folder: `"sqinv_lds_ranksim"`."""
        return re.sub(r"[^a-z0-9]+", "_", str(self).lower())


def _spelled(part):
    part = part.strip().upper().replace("_", "-")
    return {"FOCALR": "FOCAL-R", "FOCAL": "FOCAL-R"}.get(part, part)
