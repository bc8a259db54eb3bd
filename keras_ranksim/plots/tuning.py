"""The search over RankSim's two numbers, as a plane."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from keras_ranksim.plots.style import finish, look, new_figure
from keras_ranksim.validation import numbers, same_length

if TYPE_CHECKING:
    from matplotlib.figure import Figure


def tuning_plane(
    gamma,
    lambda_,
    objective,
    objective_name: str = "validation MAE",
    lower_is_better: bool = True,
    theme: str = "light",
) -> Figure:
    """Draws the objective of trials over weight and perturbation, both on log scales.

    Across, `gamma`, the weight of RankSim; upwards, `delta = gamma * lambda_`, the size of the
    perturbation that its gradient is found with. Between the trials, inside their hull, the
    objective is interpolated linearly. The best trial is ringed and named; trials whose
    objective is not finite are crosses.

    Args:
        gamma, lambda_: Settings of every trial, positive, shape `(trials,)`.
        objective: What each trial reached, NaN where it failed.
        objective_name: Name of the objective.
        lower_is_better: Whether the smallest objective is the best.
        theme: `"light"` or `"dark"`.

    Returns:
        A `matplotlib.figure.Figure`.

    Example:

    >>> import keras_ranksim as kr
    >>> figure = kr.plots.tuning_plane(
    ...     gamma=[0.001, 0.01, 0.1], lambda_=[1000, 100, 30], objective=[9.5, 8.0, 14.0]
    ... )
    >>> figure.axes[0].texts[0].get_text()
    'best: gamma 0.01, lambda 100, 8'
    """
    gamma, lambda_ = numbers("gamma", gamma, ndim=1), numbers("lambda_", lambda_, ndim=1)
    objective = np.asarray(objective, dtype="float64")
    same_length(gamma=gamma, lambda_=lambda_, objective=objective)
    if len(gamma) == 0 or (gamma <= 0).any() or (lambda_ <= 0).any():
        raise ValueError(
            "`gamma` and `lambda_` must hold the positive settings of at least one trial. "
            f"Received: gamma={gamma.tolist()}, lambda_={lambda_.tolist()}"
        )
    across, upwards = np.log10(gamma), np.log10(gamma * lambda_)
    finite = np.isfinite(objective)
    with look(theme) as colours:
        figure = new_figure(5.0)
        axes = figure.add_subplot()
        axes.grid(alpha=0.6)
        if finite.any():
            scale = {"vmin": objective[finite].min(), "vmax": objective[finite].max()}
            cmap = "viridis_r" if lower_is_better else "viridis"
            _interpolate(axes, across[finite], upwards[finite], objective[finite], cmap, scale)
            drawn = axes.scatter(
                across[finite],
                upwards[finite],
                c=objective[finite],
                cmap=cmap,
                s=70,
                edgecolors=colours.ink,
                linewidths=0.8,
                zorder=3,
                **scale,
            )
            bar = figure.colorbar(drawn, ax=axes, pad=0.02)
            bar.set_label(objective_name)
            bar.outline.set_edgecolor(colours.muted)
            _name_best(axes, across, upwards, objective, gamma, lambda_, lower_is_better, colours)
        if not finite.all():
            axes.scatter(
                across[~finite],
                upwards[~finite],
                marker="x",
                color=colours.loss,
                s=45,
                linewidths=1.6,
                zorder=3,
                label="failed",
            )
            axes.legend(loc="lower left")
        axes.use_sticky_edges = False
        axes.margins(0.1)
        axes.set_xlabel("log10 of gamma (weight)")
        axes.set_ylabel("log10 of gamma times lambda (perturbation)")
        finish(figure)
    return figure


def _interpolate(axes, across, upwards, objective, cmap, scale):
    """Fills the hull of the trials, where they are not all on one line."""
    from matplotlib.tri import Triangulation

    places = np.unique(np.column_stack([across, upwards]).round(9), axis=0)
    spread = np.linalg.svd(places - places.mean(axis=0), compute_uv=False) if len(places) else []
    if len(places) < 3 or spread[-1] < 1e-6:
        return
    means = [objective[np.isclose(across, x) & np.isclose(upwards, y)].mean() for x, y in places]
    levels = np.linspace(scale["vmin"], scale["vmax"] + 1e-12, 15)
    if levels[-1] > levels[0]:
        axes.tricontourf(
            Triangulation(*places.T), means, levels=levels, cmap=cmap, alpha=0.55, **scale
        )


def _name_best(axes, across, upwards, objective, gamma, lambda_, lower_is_better, theme):
    best = int(np.nanargmin(objective) if lower_is_better else np.nanargmax(objective))
    place = (across[best], upwards[best])
    axes.scatter(*place, s=190, facecolors="none", edgecolors=theme.ink, linewidths=1.6, zorder=4)
    right = place[0] > (across.min() + across.max()) / 2
    axes.annotate(
        f"best: gamma {gamma[best]:.3g}, lambda {lambda_[best]:.3g}, {objective[best]:.4g}",
        place,
        xytext=(-12 if right else 12, 12),
        textcoords="offset points",
        ha="right" if right else "left",
        fontsize=9,
        color=theme.ink,
        bbox={"facecolor": theme.surface, "edgecolor": "none", "alpha": 0.8, "pad": 2},
        zorder=5,
    )
