"""Methods: what each name in `"SQINV + LDS + RANKSIM"` does, and how to add one.

A method needs its equation in `ops`, its class in `layers` or `losses`, and one entry here:

```python
kr.methods.register(
    kr.methods.Entry("RANKSIM", "...", layer=lambda benchmark: RankSimRegularizer())
)
```
"""

from keras_ranksim.methods import library  # noqa: F401  registers the library's methods
from keras_ranksim.methods.ensemble import Ensemble
from keras_ranksim.methods.method import Method
from keras_ranksim.methods.registry import (
    Entry,
    Stage,
    Tunable,
    register,
)

__all__ = [
    "Ensemble",
    "Entry",
    "Method",
    "Stage",
    "Tunable",
    "register",
]
