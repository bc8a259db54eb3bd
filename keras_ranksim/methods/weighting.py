"""Methods that only weigh samples: by label counts, by a smooth density, and LDS."""

from keras_ranksim.labels import dense_weights
from keras_ranksim.methods.registry import Entry, Tunable
from keras_ranksim.ops.kernels import KERNELS

KERNEL_SIZES = (3, 5, 9, 15)


def kernel_tunables() -> tuple[Tunable, ...]:
    """The settings of a smoothing kernel that a search may vary."""
    return (
        Tunable("kernel", "gaussian", choices=tuple(KERNELS)),
        Tunable("kernel_size", 5, choices=KERNEL_SIZES),
        Tunable("sigma", 2.0, factor=4.0),
    )


def _scheme(name):
    def weights(recipe, arguments):
        # The recipe's other arguments, such as a clip of counts, belong to its own scheme.
        own = recipe.weights.get("scheme", "sqrt_inverse")
        return {"scheme": name, **(recipe.weights if own == name else {})}

    return weights


def _smoothed(recipe, arguments):
    return {**(recipe.weights if arguments is None else arguments), **recipe.lds}


SQINV = Entry(
    "SQINV",
    "weights by the inverse square root of label counts",
    base=True,
    settings="weights",
    weights=_scheme("sqrt_inverse"),
)
INV = Entry(
    "INV",
    "weights by the inverse of label counts",
    base=True,
    settings="weights",
    weights=_scheme("inverse"),
)
POWER = Entry(
    "POWER",
    "weights by the inverse of a power of label counts",
    base=True,
    settings="power",
    tunable=(Tunable("scheme", 0.75, choices=(0.25, 0.5, 0.75, 1.0)),),
    weights=lambda recipe, arguments: {"scheme": 0.75, **recipe.of("power")},
)
DENSE = Entry(
    "DENSE",
    "DenseWeight: weights by a smooth density of the labels, without bins",
    base=True,
    spellings=("DENSEWEIGHT",),
    settings="dense",
    tunable=(Tunable("alpha", 1.0, factor=2.0),),
    weights=lambda recipe, arguments: {
        "weigh": dense_weights,
        "alpha": 1.0,
        **recipe.of("dense"),
    },
    excludes={"LDS": "LDS smooths counts of bins, and DENSE counts no bins"},
)
LDS = Entry(
    "LDS",
    "label distribution smoothing: weights from smoothed label counts",
    settings="lds",
    tunable=kernel_tunables(),
    weights=_smoothed,
)
