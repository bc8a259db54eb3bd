"""How a benchmark is trained: the settings the papers found for it."""

import dataclasses
from typing import Any

from keras_ranksim.validation import positive_integer

METHOD_FIELDS = ("weights", "lds", "fds", "ranksim", "focal", "conr")


@dataclasses.dataclass(frozen=True)
class Recipe:
    """The recommended settings of a benchmark; every row of its table starts from them.

    Args:
        epochs: Epochs of training.
        batch_size: Samples per step.
        learning_rate: Initial learning rate of Adam.
        loss: Keras name of the regression loss, `"mae"` or `"mse"`.
        monitor: The validation metric that chooses the best weights, lower is better.
        milestones: Epochs at which the learning rate is multiplied by `decay`.
        decay: See `milestones`.
        clipnorm: Bound of the norm of all gradients together, or `None`.
        patience: Epochs without a better `monitor` after which training stops, or `None`.
        weights: Arguments of `label_weights` for re-weighting (`scheme`, `count_clip`, ...).
        lds: Arguments of `label_weights` that LDS adds (`kernel`, `kernel_size`, `sigma`).
        fds: Arguments of `FeatureDistributionSmoothing` besides `bins`.
        fds_bins: Bins of FDS if they differ from those of the benchmark, or `None`.
        ranksim: Arguments of `RankSimRegularizer`.
        focal: Arguments of `FocalR`.
        conr: Arguments of `ConRRegularizer`.
        conr_views: Views of each training sample that rows with ConR see, as `Benchmark.views`;
            1 if there is no augmentation.
        more: Settings of other methods, by the `settings` of their entry in `kr.methods`.

    Example:

    >>> from keras_ranksim.data import Recipe
    >>> Recipe(epochs=90, batch_size=256, learning_rate=1e-3, milestones=(60, 80)).loss
    'mae'
    """

    epochs: int
    batch_size: int
    learning_rate: float
    loss: str = "mae"
    monitor: str = "val_mae"
    milestones: tuple[int, ...] = ()
    decay: float = 0.1
    clipnorm: float | None = None
    patience: int | None = None
    weights: dict[str, Any] = dataclasses.field(default_factory=lambda: {"scheme": "sqrt_inverse"})
    lds: dict[str, Any] = dataclasses.field(
        default_factory=lambda: {"kernel": "gaussian", "kernel_size": 5, "sigma": 2.0}
    )
    fds: dict[str, Any] = dataclasses.field(
        default_factory=lambda: {"kernel": "gaussian", "kernel_size": 5, "sigma": 2.0}
    )
    fds_bins: Any = None
    ranksim: dict[str, Any] = dataclasses.field(
        default_factory=lambda: {"gamma": 0.01, "lambda_": 100.0}
    )
    focal: dict[str, Any] = dataclasses.field(
        default_factory=lambda: {"error": "absolute", "beta": 0.2}
    )
    conr: dict[str, Any] = dataclasses.field(default_factory=dict)
    conr_views: int = 1
    more: dict[str, dict[str, Any]] = dataclasses.field(default_factory=dict)

    def __post_init__(self):
        positive_integer("epochs", self.epochs, "of training")
        positive_integer("batch_size", self.batch_size, "samples per step")

    def of(self, name: str) -> dict[str, Any]:
        """The settings of a method: the field of that name, or an entry of `more`.

        Args:
            name: The `settings` of its entry, for instance `"ranksim"`.
        """
        return getattr(self, name) if name in METHOD_FIELDS else self.more.get(name, {})

    def with_settings(self, name: str, settings: dict[str, Any]) -> "Recipe":
        """A recipe with other settings of a method.

        Args:
            name: As in `of`.
            settings: All of its settings.
        """
        if name in METHOD_FIELDS:
            return dataclasses.replace(self, **{name: settings})
        return dataclasses.replace(self, more={**self.more, name: settings})
