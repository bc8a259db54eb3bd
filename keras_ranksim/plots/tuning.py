"""The trials of a search over gamma and the perturbation."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from keras_ranksim.plots.style import finish, look, new_figure
from keras_ranksim.validation import numbers, same_length

if TYPE_CHECKING:
    from matplotlib.figure import Figure


def tuning_plane(
    gamma,
    perturbation,
    objective,
    objective_name: str = "validation MAE",
    lower_is_better: bool = True,
    theme: str = "light",
) -> Figure:
    """Draws the objective of trials over weight and perturbation, both on log scales.

    The x axis is `gamma`, the weight of RankSim; the y axis is the perturbation,
    `gamma * lambda_`, which its gradient uses. Between the trials the objective is
    interpolated linearly. The best trial has a ring and a caption; trials whose objective is
    not finite are crosses.

    Args:
        gamma, perturbation: Settings of every trial, positive, shape `(trials,)`.
        objective: Objective of every trial, NaN if it failed.
        objective_name: Name of the objective.
        lower_is_better: Whether the smallest objective is the best.
        theme: `"light"` or `"dark"`.

    Returns:
        A `matplotlib.figure.Figure`.

    Example:

    >>> from keras_ranksim.plots.tuning import tuning_plane
    >>> figure = tuning_plane(
    ...     gamma=[0.001, 0.01, 0.1], perturbation=[1, 1, 3], objective=[9.5, 8.0, 14.0]
    ... )
    >>> figure.axes[0].texts[0].get_text()
    'best: gamma 0.01, perturbation 1, 8'
    """
    gamma = numbers("gamma", gamma, ndim=1)
    perturbation = numbers("perturbation", perturbation, ndim=1)
    objective = np.asarray(objective, dtype="float64")
    same_length(gamma=gamma, perturbation=perturbation, objective=objective)
    if len(gamma) == 0 or (gamma <= 0).any() or (perturbation <= 0).any():
        raise ValueError(
            "`gamma` and `perturbation` must hold the positive settings of at least one trial. "
            f"Received: gamma={gamma.tolist()}, perturbation={perturbation.tolist()}"
        )
    points = np.log10(np.column_stack([gamma, perturbation]))
    finite = np.isfinite(objective)
    with look(theme) as colors:
        figure = new_figure(5.0)
        axes = figure.add_subplot()
        axes.grid(alpha=0.6)
        if finite.any():
            shading = {
                "cmap": "viridis_r" if lower_is_better else "viridis",
                "vmin": objective[finite].min(),
                "vmax": objective[finite].max(),
            }
            _interpolate(axes, points[finite], objective[finite], shading)
            drawn = axes.scatter(
                *points[finite].T,
                c=objective[finite],
                s=70,
                edgecolors=colors.ink,
                linewidths=0.8,
                zorder=3,
                **shading,
            )
            bar = figure.colorbar(drawn, ax=axes, pad=0.02)
            bar.set_label(objective_name)
            bar.outline.set_edgecolor(colors.muted)
            best = np.nanargmin(objective) if lower_is_better else np.nanargmax(objective)
            caption = f"gamma {gamma[best]:.3g}, perturbation {perturbation[best]:.3g}"
            right = points[best, 0] > (points[:, 0].min() + points[:, 0].max()) / 2
            _mark(axes, points[best], f"best: {caption}, {objective[best]:.4g}", right, colors)
        if not finite.all():
            axes.scatter(
                *points[~finite].T,
                marker="x",
                color=colors.loss,
                s=45,
                linewidths=1.6,
                zorder=3,
                label="failed",
            )
            axes.legend(loc="lower left")
        axes.use_sticky_edges = False
        axes.margins(0.1)
        axes.set_xlabel("log10 of gamma (weight)")
        axes.set_ylabel("log10 of the perturbation (gamma times lambda)")
        finish(figure)
    return figure


def _interpolate(axes, points, objective, shading):
    """Fills the hull of the trials, unless they are all on one line."""
    from matplotlib.tri import Triangulation

    places, place = np.unique(points.round(9), axis=0, return_inverse=True)
    spread = np.linalg.svd(places - places.mean(axis=0), compute_uv=False)
    if len(places) < 3 or spread[-1] < 1e-6 or shading["vmin"] == shading["vmax"]:
        return
    means = np.bincount(place.ravel(), objective) / np.bincount(place.ravel())
    levels = np.linspace(shading["vmin"], shading["vmax"] + 1e-12, 15)
    axes.tricontourf(Triangulation(*places.T), means, levels=levels, alpha=0.55, **shading)


def _mark(axes, point, caption, right, colors):
    """A ring around the best trial, and its caption, toward the middle."""
    axes.scatter(*point, s=190, facecolors="none", edgecolors=colors.ink, linewidths=1.6, zorder=4)
    axes.annotate(
        caption,
        point,
        xytext=(-12 if right else 12, 12),
        textcoords="offset points",
        ha="right" if right else "left",
        fontsize=9,
        color=colors.ink,
        bbox={"facecolor": colors.surface, "edgecolor": "none", "alpha": 0.8, "pad": 2},
        zorder=5,
    )
