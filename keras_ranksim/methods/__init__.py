"""Methods: what each name in `"SQINV + LDS + RANKSIM"` does, and how to add one.

A method needs its equation in `ops`, its class in `layers` or `losses`, and one entry here:

```python
kr.methods.register(
    kr.methods.Entry(
        "NOISE", "noise on the embedding", layer=lambda benchmark: keras.layers.GaussianNoise(0.1)
    )
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
    unregister,
)

__all__ = [
    "Ensemble",
    "Entry",
    "Method",
    "Stage",
    "Tunable",
    "register",
    "unregister",
]
