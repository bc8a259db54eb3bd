"""Embeddings on their first two principal components, colored by label."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from keras import ops

from keras_ranksim.plots.style import finish, in_unit, look, new_figure
from keras_ranksim.validation import numbers, positive_integer, same_length

if TYPE_CHECKING:
    from matplotlib.figure import Figure

PANELS_A_ROW = 3
LARGEST_EXACT = 256
SPARE_DIRECTIONS = 14
ROUNDS = 40


def principal_components(features, components: int = 2) -> tuple[np.ndarray, np.ndarray]:
    """Projects features onto the directions of their largest variance.

    Args:
        features: Array of shape `(samples, features)`.
        components: How many directions.

    Returns:
        The projections, shape `(samples, components)`, and the share of the variance along
        each direction. The sign of a direction is such that its largest weight is positive.

    Example:

    >>> from keras_ranksim.plots.projection import principal_components
    >>> points, share = principal_components([[0.0, 0.0], [2.0, 0.0], [4.0, 0.0]])
    >>> points[:, 0].tolist(), share.tolist()
    ([-2.0, 0.0, 2.0], [1.0, 0.0])
    """
    features = numbers("features", features, ndim=2)
    positive_integer("components", components, "directions")
    centered = ops.convert_to_tensor(features - features.mean(axis=0))
    scatter = ops.matmul(ops.transpose(centered), centered)
    directions = _leading_directions(scatter, min(components, scatter.shape[0]))
    largest = np.abs(directions).argmax(axis=0)
    directions *= np.sign(directions[largest, np.arange(directions.shape[1])])
    points = np.zeros((len(features), components))
    points[:, : directions.shape[1]] = ops.convert_to_numpy(ops.matmul(centered, directions))
    total = float(ops.trace(scatter))
    return points, np.sum(points**2, axis=0) / total if total > 0 else np.zeros(components)


def _leading_directions(matrix, count):
    """Eigenvectors of the largest eigenvalues, as columns.

    Keras computes them, since NumPy's threads can wait seconds for each other on busy cores. A
    large matrix is first reduced to a few directions by repeated multiplication.
    """
    size = matrix.shape[0]
    seen_from = ops.eye(size, dtype=matrix.dtype)
    if size > LARGEST_EXACT:
        start = np.random.default_rng(0).normal(size=(size, count + SPARE_DIRECTIONS))
        seen_from = ops.convert_to_tensor(start)
        for _ in range(ROUNDS):
            seen_from, _ = ops.qr(ops.matmul(matrix, seen_from))
    small = ops.matmul(ops.transpose(seen_from), ops.matmul(matrix, seen_from))
    _, vectors = ops.eigh(small)
    return ops.convert_to_numpy(ops.matmul(seen_from, vectors))[:, ::-1][:, :count].copy()


def embedding_map(
    embeddings: dict,
    labels,
    label_name: str = "label",
    label_unit: str = "",
    theme: str = "light",
) -> Figure:
    """Draws embeddings on their first two principal components, each point colored by label.

    Args:
        embeddings: Features by name, for instance of a method, arrays `(samples, features)`.
        labels: Labels of the samples, shape `(samples,)`.
        label_name, label_unit, theme: As in `label_histogram`.

    Returns:
        A `matplotlib.figure.Figure` with one axes per name, and one of the color bar.

    Example:

    >>> import keras_ranksim as kr
    >>> embeddings = {"VANILLA": [[0.0, 0.0, 1.0], [2.0, 0.0, 1.0], [4.0, 1.0, 0.0]]}
    >>> figure = kr.plots.embedding_map(embeddings, [20, 40, 60], "age", "years")
    >>> figure.axes[0].collections[0].get_array().tolist()
    [20.0, 40.0, 60.0]
    """
    labels = numbers("labels", labels, ndim=1)
    if not embeddings:
        raise ValueError("`embeddings` must hold at least one entry. Received: embeddings={}")
    for name, features in embeddings.items():
        same_length(**{f"embeddings[{name!r}]": features, "labels": labels})
    columns = min(len(embeddings), PANELS_A_ROW)
    rows = -(-len(embeddings) // columns)
    with look(theme) as colors:
        figure = new_figure(4.6 if columns == 1 else rows * (7.6 / columns) + 0.2)
        panels = figure.subplots(rows, columns, squeeze=False).ravel()
        size = float(np.clip(16 * (1000 / max(len(labels), 1)) ** 0.5, 3, 22))
        for axes, (name, features) in zip(panels, embeddings.items()):
            points, share = principal_components(features)
            drawn = axes.scatter(
                *points.T, c=labels, cmap=label_colors(colors), s=size, linewidths=0, alpha=0.9
            )
            axes.set_title(in_unit(name, "", width=76 // columns))
            axes.set_xlabel(
                f"component 1 ({share[0]:.0%} of variance)"[: 96 // columns], fontsize=9
            )
            axes.set_ylabel(f"component 2 ({share[1]:.0%})", fontsize=9)
            axes.set_xticks([])
            axes.set_yticks([])
            axes.spines[["top", "right"]].set_visible(True)
        for axes in panels[len(embeddings) :]:
            axes.remove()
        used = list(panels[: len(embeddings)])
        bar = figure.colorbar(drawn, ax=used, shrink=0.8, pad=0.02)
        bar.set_label(in_unit(label_name, label_unit, width=30))
        bar.outline.set_edgecolor(colors.muted)
        finish(figure)
    return figure


def label_colors(theme):
    """The part of viridis that stands out from the background, as a color map."""
    from matplotlib import colormaps
    from matplotlib.colors import ListedColormap

    return ListedColormap(colormaps["viridis"](np.linspace(*theme.label_range, 256)))
