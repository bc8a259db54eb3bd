"""Intervals of a continuous label."""

import warnings

import numpy as np
from keras import ops

from keras_ranksim.labels.edges import edges_for_labels
from keras_ranksim.registration import registered
from keras_ranksim.validation import numbers, positive


@registered
class LabelBins:
    """Half-open intervals `[edges[i], edges[i + 1])` of a continuous label.

    Labels below the first edge count in the first bin, labels at or above the last edge in
    the last one. Labels and edges are compared in float32, so that 0.3, 0.1 * 3 and the
    float32 nearest to 0.3 lie in the same bin, in NumPy and inside a model.

    Args:
        edges: Ascending edges, one more than bins.

    Example:

    >>> import keras_ranksim as kr
    >>> bins = kr.LabelBins.uniform(start=0, stop=101, width=1)
    >>> len(bins)
    101
    >>> bins.index([30.0, 30.9, -5.0, 200.0])
    array([ 30,  30,   0, 100], dtype=int32)
    """

    def __init__(self, edges):
        edges = numbers("edges", edges, ndim=1).copy()
        if len(edges) < 2 or not (np.diff(edges.astype("float32")) > 0).all():
            listed = ", ".join(f"{edge:g}" for edge in edges[:5]) + ", ..." * (len(edges) > 5)
            raise ValueError(
                "`edges` must be at least two numbers in ascending order, different in "
                f"float32. Received: {len(edges)} edges, [{listed}]"
            )
        edges.setflags(write=False)
        self.edges = edges

    @classmethod
    def uniform(cls, start: float, stop: float, width: float) -> "LabelBins":
        """Bins of one width from `start` to `stop`; the last one ends at `stop`.

        Example:

        >>> import keras_ranksim as kr
        >>> kr.LabelBins.uniform(0, 1, 0.25).edges
        array([0.  , 0.25, 0.5 , 0.75, 1.  ])
        """
        start, stop = numbers("start", start).item(), numbers("stop", stop).item()
        width = positive("width", width, "the width of a label bin")
        if stop <= start:
            raise ValueError(f"`stop` must be above `start`. Received: start={start}, stop={stop}")
        count = int(np.ceil(round((stop - start) / width, 6)))
        # Rounded to a millionth of the width: 3 * 0.1 is not 0.3, but is meant to be.
        digits = 6 - int(np.floor(np.log10(width)))
        edges = start + width * np.arange(1, count)
        rounded = edges.round(digits)
        # But not up: labels are float32, and 1/60 would lie in the bin below 0.01666667.
        up = rounded.astype("float32") > edges.astype("float32")
        return cls([start, *np.where(up, edges, rounded), stop])

    @classmethod
    def from_labels(cls, labels, count: int | None = None) -> "LabelBins":
        """Bins chosen from the labels alone.

        The rule: whole numbers in a range below 120, such as years, get one bin each. Labels on a
        grid of at most 120 steps, such as scores in fifths, get one bin per step. All others get
        bins of a width of 1, 2 or 5 times a power of ten: the largest such width that is at most
        that of Freedman and Diaconis, `2 * interquartile_range / cbrt(samples)`, and that gives
        10 to 100 bins. Many labels thus get narrow bins, few labels wide ones.

        The range excludes outliers: labels further from the middle 99% than that middle is wide.
        If at most 200 bins of that width hold the outliers too, they do; otherwise outliers count
        in the first and last bin.

        Args:
            labels: Labels, any shape, at least two of them different.
            count: Number of bins, all of one width; `None` follows the rule.

        Example:

        >>> import keras_ranksim as kr, numpy as np
        >>> kr.LabelBins.from_labels([18, 19, 25, 64])
        LabelBins(47 bins from 18 to 65)
        >>> prices = np.linspace(93_000, 711_000, 5000)
        >>> kr.LabelBins.from_labels(prices)
        LabelBins(32 bins from 80000 to 720000)
        >>> kr.LabelBins.from_labels(prices, count=6)
        LabelBins(6 bins from 93000 to 711000)
        """
        return cls(edges_for_labels(labels, count))

    @property
    def centers(self) -> np.ndarray:
        """The middle of every bin."""
        return (self.edges[:-1] + self.edges[1:]) / 2

    def index(self, labels):
        """The bin of every label: an int32 array for arrays, an int32 tensor for tensors."""
        inner = self.edges[1:-1].astype("float32")
        if ops.is_tensor(labels):
            flat = ops.reshape(ops.cast(labels, "float32"), (-1,))
            index = ops.searchsorted(ops.convert_to_tensor(inner), flat, side="right")
            return ops.cast(ops.reshape(index, ops.shape(labels)), "int32")
        labels = numbers("labels", labels).astype("float32")
        return np.searchsorted(inner, labels, side="right").astype("int32")

    def count(self, labels) -> np.ndarray:
        """How many labels each bin holds, an int64 array of length `len(bins)`.

        Example:

        >>> import keras_ranksim as kr
        >>> kr.LabelBins([0, 10, 20, 30]).count([5, 15, 15])
        array([1, 2, 0])
        """
        return np.bincount(np.ravel(self.index(np.asarray(labels))), minlength=len(self))

    def is_outside(self, labels):
        """Which labels lie below the first edge or above the last: a boolean array or tensor.

        Example:

        >>> import keras_ranksim as kr
        >>> kr.LabelBins([0, 10, 20]).is_outside([-1, 0, 20, 21])
        array([ True, False, False,  True])
        """
        first, last = self.edges[[0, -1]].astype("float32").tolist()
        if ops.is_tensor(labels):
            labels = ops.cast(labels, "float32")
            return ops.logical_or(labels < first, labels > last)
        labels = numbers("labels", labels).astype("float32")
        return (labels < first) | (labels > last)

    def __len__(self):
        return len(self.edges) - 1

    def __eq__(self, other):
        return isinstance(other, LabelBins) and np.array_equal(self.edges, other.edges)

    def __hash__(self):
        return hash(tuple(self.edges.tolist()))

    def __repr__(self):
        first, last = distinct_texts(self.edges[[0, -1]], among=self.edges)
        return f"LabelBins({len(self)} bins from {first} to {last})"

    def get_config(self):
        return {"edges": self.edges.tolist()}

    @classmethod
    def from_config(cls, config):
        return cls(**config)


def distinct_texts(values, among=None) -> list[str]:
    """Numbers in as many digits, six at least, as it takes to tell numbers apart.

    Args:
        values: The numbers to write.
        among: The numbers to tell apart, such as edges; `None` for `values`.

    Example:

    >>> from keras_ranksim.labels.bins import distinct_texts
    >>> distinct_texts([0.5, 20.0]), distinct_texts([10_000_000, 10_000_001])
    (['0.5', '20'], ['10000000', '10000001'])
    """
    values = [float(value) for value in values]
    among = values if among is None else [float(value) for value in among]
    digits = 6
    while digits < 17 and len({f"{one:.{digits}g}" for one in among}) < len(set(among)):
        digits += 1
    return [f"{value:.{digits}g}" for value in values]


def as_bins(bins) -> LabelBins:
    """Returns `bins` if it is a `LabelBins`, or raises with an example of one."""
    if isinstance(bins, LabelBins):
        return bins
    raise ValueError(
        "`bins` must be a keras_ranksim.LabelBins, for instance LabelBins.uniform(0, 101, 1). "
        f"Received: bins={bins!r}"
    )


def warn_of_labels_outside(bins: LabelBins, labels: np.ndarray, stacklevel: int) -> None:
    """Warns, with how many there are, if labels lie outside all bins."""
    outside = int(bins.is_outside(labels).sum())
    if outside:
        warnings.warn(
            f"{outside} of {labels.size} labels lie outside the bins, {bins}, and count in the "
            "first or last one. Choose bins that hold all labels.",
            stacklevel=stacklevel,
        )
