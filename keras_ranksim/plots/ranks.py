"""Rank matrices of label space and feature space: are features ordered as labels are?"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from keras_ranksim.labels.bins import LabelBins, as_bins, distinct_texts
from keras_ranksim.plots.style import finish, in_unit, look, new_figure
from keras_ranksim.validation import numbers, positive_integer, same_length

if TYPE_CHECKING:
    from matplotlib.figure import Figure

LARGEST_MATRIX = 128
PANELS_A_ROW = 3
TICKS_IN_A_ROW = 66  # characters of all panels


class RankMatrices(NamedTuple):
    """Mean ranks of label bins among one another.

    Attributes:
        centers: The middle of every bin that holds samples, shape `(M,)`.
        label_space: Row `i`: the rank of every bin by closeness to bin `i`, shape `(M, M)`;
            1 is the closest.
        feature_space: The same by cosine similarity of the features.
    """

    centers: np.ndarray
    label_space: np.ndarray
    feature_space: np.ndarray

    @property
    def agreement(self) -> float:
        """Mean correlation of the rows of the two matrices: 1 is RankSim's goal, 0 chance.

        Of every row without the bin itself, which is the first of its row in any space.
        """
        others = ~np.eye(len(self.centers), dtype=bool)
        pairs = [
            (of_labels[other], of_features[other])
            for of_labels, of_features, other in zip(self.label_space, self.feature_space, others)
        ]
        rows = [np.corrcoef(*pair)[0, 1] for pair in pairs if all(np.ptp(one) > 0 for one in pair)]
        return float(np.mean(rows)) if rows else float("nan")


def mean_rank_matrices(
    features, labels, bins: LabelBins, draws: int = 30, seed: int = 0
) -> RankMatrices:
    """Ranks label bins by similarity to each of them, in label space and in feature space.

    As in RankSim's loss, one sample stands for each bin, and ranks are those of cosine
    similarity; the mean is taken over several draws of the samples. Neighboring bins are
    joined if there are more than 128.

    Args:
        features: Embeddings, shape `(samples, features)`.
        labels: Their labels, shape `(samples,)`.
        bins: The label bins.
        draws: Number of draws.
        seed: Seed of the draws.

    Returns:
        `RankMatrices`.

    Example:

    >>> import keras_ranksim as kr
    >>> from keras_ranksim.plots.ranks import mean_rank_matrices
    >>> bins = kr.LabelBins.uniform(0, 40, 10)
    >>> features = [[1.0, 0.0], [0.8, 0.6], [0.0, 1.0]]
    >>> matrices = mean_rank_matrices(features, [5, 15, 35], bins)
    >>> matrices.label_space.tolist()
    [[1.0, 2.0, 3.0], [2.0, 1.0, 3.0], [3.0, 2.0, 1.0]]
    >>> matrices.feature_space.tolist() == matrices.label_space.tolist()
    True
    """
    features, labels = numbers("features", features), numbers("labels", labels, ndim=1)
    same_length(features=features, labels=labels)
    positive_integer("draws", draws, "draws of one sample per bin")
    features = features.reshape(len(features), -1)
    joined = -(-len(as_bins(bins)) // LARGEST_MATRIX)
    group = bins.index(labels) // joined
    members = [np.flatnonzero(group == number) for number in np.unique(group)]
    if len(members) < 2:
        raise ValueError(
            "`labels` must lie in at least two label bins, or there is nothing to rank. "
            f"Received: {len(labels)} labels in {len(members)}"
        )
    edges = np.append(bins.edges[:-1:joined], bins.edges[-1])
    random = np.random.default_rng(seed)
    lengths = np.linalg.norm(features, axis=1, keepdims=True)
    unit = features / np.where(lengths > 0, lengths, 1)
    sums = np.zeros((2, len(members), len(members)))
    for _ in range(draws):
        drawn = np.array([random.choice(of_bin) for of_bin in members])
        sums[0] += _ranks(-np.abs(labels[drawn, None] - labels[drawn]))
        sums[1] += _ranks(unit[drawn] @ unit[drawn].T)
    centers = ((edges[:-1] + edges[1:]) / 2)[np.unique(group)]
    return RankMatrices(centers, *(sums / draws))


def rank_matrices(
    centers,
    matrices: dict,
    label_name: str = "label",
    label_unit: str = "",
    theme: str = "light",
) -> Figure:
    """Draws rank matrices side by side: rows and columns are label bins in order, color is rank.

    Args:
        centers: The middle of every label bin, shape `(M,)`.
        matrices: Matrices of shape `(M, M)` by title, for instance `"label space"`,
            `"VANILLA"` and `"RANKSIM"`.
        label_name, label_unit, theme: As in `label_histogram`.

    Returns:
        A `matplotlib.figure.Figure` with one axes per matrix, and one of the color bar.

    Example:

    >>> import keras_ranksim as kr
    >>> from keras_ranksim.plots.ranks import mean_rank_matrices
    >>> bins = kr.LabelBins.uniform(0, 40, 10)
    >>> found = mean_rank_matrices([[1, 0], [0.8, 0.6], [0, 1]], [5, 15, 35], bins)
    >>> figure = kr.plots.rank_matrices(
    ...     found.centers, {"label space": found.label_space, "RANKSIM": found.feature_space}
    ... )
    >>> figure.axes[1].get_title("left"), figure.axes[1].images[0].get_array().shape
    ('RANKSIM', (3, 3))
    """
    centers = numbers("centers", centers, ndim=1)
    matrices = {name: numbers(f"matrices[{name!r}]", one) for name, one in matrices.items()}
    for name, matrix in matrices.items():
        if matrix.shape != (len(centers), len(centers)):
            raise ValueError(
                "`matrices` must have one row and one column per label bin. Received: "
                f"{name!r} of shape {matrix.shape} for {len(centers)} bins"
            )
    if not matrices:
        raise ValueError("`matrices` must hold at least one matrix. Received: matrices={}")
    columns = min(len(matrices), PANELS_A_ROW)
    rows = -(-len(matrices) // columns)
    with look(theme) as colors:
        figure = new_figure(rows * (7.3 / max(columns, 2) + 0.65) + 0.6)
        panels = figure.subplots(rows, columns, squeeze=False).ravel()
        places, names = _ticks(centers)
        # Long numbers, fewer ticks.
        apart = -(-len(" ".join(names)) // (TICKS_IN_A_ROW // columns)) or 1
        for number, (axes, (name, matrix)) in enumerate(zip(panels, matrices.items())):
            image = axes.imshow(matrix, cmap="viridis_r", vmin=1, vmax=len(centers))
            axes.set_title(in_unit(name, "", width=84 // columns))
            axes.grid(visible=False)
            axes.set_xticks(places[::apart], names[::apart])
            axes.set_yticks(places, names if number % columns == 0 else [])
            axes.set_xlabel(in_unit(label_name, label_unit, width=90 // columns))
            if number % columns == 0:
                axes.set_ylabel(in_unit(f"ranked from {label_name}", label_unit, width=30))
        for axes in panels[len(matrices) :]:
            axes.remove()
        used = list(panels[: len(matrices)])
        bar = figure.colorbar(
            image,
            ax=used,
            location="bottom",
            shrink=0.6,
            aspect=45,
            pad=0.03,
            ticks=[1, len(centers)],
        )
        bar.ax.set_xticklabels(["1, most alike", f"{len(centers)}, least alike"])
        bar.outline.set_edgecolor(colors.muted)
        bar.set_label("mean rank", labelpad=-11)
        finish(figure)
    return figure


def _ranks(similarity):
    """1 plus the number of larger entries in a row; float32, so rounding decides no rank."""
    similarity = similarity.astype("float32")
    ordered = np.sort(similarity, axis=1)
    above = [len(row) - np.searchsorted(row, of, "right") for row, of in zip(ordered, similarity)]
    return 1 + np.array(above)


def _ticks(centers):
    """Round labels as ticks, and their places among the bins; some bins may be missing."""
    from matplotlib.ticker import MaxNLocator

    labels = MaxNLocator(5, steps=[1, 2, 2.5, 5, 10]).tick_values(centers[0], centers[-1])
    half = 0.51 * np.min(np.diff(centers), initial=np.inf)
    labels = labels[(labels >= centers[0] - half) & (labels <= centers[-1] + half)]
    return np.interp(labels, centers, np.arange(len(centers))), distinct_texts(labels)
