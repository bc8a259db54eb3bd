"""Methods that act on the embedding: FDS, RankSim, ConR and Rank-N-Contrast."""

from keras_ranksim.labels import LabelBins
from keras_ranksim.layers import (
    ConRRegularizer,
    FeatureDistributionSmoothing,
    RankNContrastRegularizer,
    RankSimRegularizer,
)
from keras_ranksim.layers.ranksim import DEFAULT_GAMMA, perturbation_of
from keras_ranksim.methods.registry import Entry, Tunable
from keras_ranksim.methods.weighting import kernel_tunables

# Below these limits hardly a rank changes; above them every similarity is pushed to one end.
PERTURBATIONS = (0.001, 10.0)


def _fds(benchmark):
    recipe, bins = benchmark.recipe, benchmark.bins
    if recipe.fds_bins is not None:
        # Published recipes count labels beyond their bins in the end bins: widen those.
        edges = recipe.fds_bins.edges.copy()
        edges[0] = min(edges[0], bins.edges[0])
        edges[-1] = max(edges[-1], bins.edges[-1])
        bins = LabelBins(edges)
    return FeatureDistributionSmoothing(bins, **recipe.fds)


def _contrasted_views(recipe):
    return recipe.conr_views


FDS = Entry(
    "FDS",
    "feature distribution smoothing: calibrates features by label bin",
    settings="fds",
    tunable=kernel_tunables(),
    layer=_fds,
    per_sample=False,
)
RANKSIM = Entry(
    "RANKSIM",
    "RankSim: features ranked as labels are",
    settings="ranksim",
    tunable=(
        Tunable("gamma", DEFAULT_GAMMA, factor=100.0, hyperparameter="gamma"),
        Tunable(
            "perturbation",
            default=lambda settings: perturbation_of(**settings),
            limits=PERTURBATIONS,
            replaces="lambda_",
            hyperparameter="perturbation",
        ),
    ),
    layer=lambda benchmark: RankSimRegularizer(seed=benchmark.seed, **benchmark.recipe.ranksim),
)
CONR = Entry(
    "CONR",
    "ConR: contrasts samples whose predictions are close and labels are not",
    settings="conr",
    tunable=(Tunable("beta", 4.0), Tunable("window", 1.0, factor=4.0)),
    views=_contrasted_views,
    layer=lambda benchmark: ConRRegularizer(**benchmark.recipe.conr),
)
RNC = Entry(
    "RNC",
    "Rank-N-Contrast: features nearer to one another the nearer their labels are",
    spellings=("RANK-N-CONTRAST",),
    settings="rnc",
    tunable=(Tunable("weight", 1.0), Tunable("temperature", 2.0)),
    views=_contrasted_views,
    layer=lambda benchmark: RankNContrastRegularizer(**benchmark.recipe.of("rnc")),
)
