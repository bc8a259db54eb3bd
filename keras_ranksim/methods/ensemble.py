"""Ensembles: several methods, each trained by itself, whose predictions are averaged."""

from __future__ import annotations

import dataclasses

from keras_ranksim.methods.method import Method

SEPARATOR = "|"


@dataclasses.dataclass(frozen=True)
class Ensemble:
    """Methods whose models predict together: the mean of their predictions.

    Args:
        members: The methods, at least two.

    Example:

    >>> import keras_ranksim as kr
    >>> ensemble = kr.methods.Ensemble.parse("vanilla | LDS + sqinv")
    >>> str(ensemble), ensemble.slug
    ('VANILLA | SQINV + LDS', 'vanilla__sqinv_lds')
    """

    members: tuple[Method, ...]

    @classmethod
    def parse(cls, name: str | Ensemble) -> Ensemble:
        """Reads a name such as `"VANILLA | SQINV + LDS"`."""
        if isinstance(name, Ensemble):
            return name
        members = tuple(Method.parse(part) for part in name.split(SEPARATOR))
        if len(set(members)) < max(2, len(members)):
            raise ValueError(
                f"An ensemble is two or more different methods joined by '{SEPARATOR}'. "
                f"Received: {name!r}"
            )
        return cls(members)

    def __str__(self):
        return f" {SEPARATOR} ".join(map(str, self.members))

    @property
    def slug(self) -> str:
        """The name as a folder: `"vanilla__sqinv_lds"`."""
        return "__".join(member.slug for member in self.members)


def parse_row(name: str | Method | Ensemble) -> Method | Ensemble:
    """Reads the name of a table's row: a method, or an ensemble of methods."""
    if isinstance(name, Ensemble) or (isinstance(name, str) and SEPARATOR in name):
        return Ensemble.parse(name)
    return Method.parse(name)


def members_of(rows: list[Method | Ensemble]) -> list[Method]:
    """The methods to run for some rows, each once."""
    found = [row.members if isinstance(row, Ensemble) else (row,) for row in rows]
    return list(dict.fromkeys(method for methods in found for method in methods))
