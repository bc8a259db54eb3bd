"""The pictures of a page with their titles, captions and alternative texts."""

from __future__ import annotations

import numpy as np

from keras_ranksim.data.recipe import Recipe
from keras_ranksim.experiments.artifacts.label_info import LabelInfo
from keras_ranksim.experiments.report.pictures import Picture
from keras_ranksim.experiments.report.shot_table import number_text
from keras_ranksim.labels.report_columns import report_column
from keras_ranksim.labels.shots import shots_of_counts
from keras_ranksim.labels.weights import density_of_counts
from keras_ranksim.plots.bin_statistics import statistic_similarity
from keras_ranksim.plots.errors import error_by_label, mean_error_of_bins
from keras_ranksim.plots.histogram import label_histogram
from keras_ranksim.plots.history import training_curves
from keras_ranksim.plots.projection import embedding_map
from keras_ranksim.plots.ranks import mean_rank_matrices, rank_matrices
from keras_ranksim.plots.scatter import true_against_predicted
from keras_ranksim.plots.style import LARGEST_NUMBER_OF_METHODS

MOST_POINTS = 4000
MOST_SPACES = 2  # methods per picture, next to label space


class Contents:
    """Makes the pictures of runs on one benchmark.

    Args:
        label: The label of the benchmark.
    """

    def __init__(self, label: LabelInfo):
        self.label = label
        self.counts = label.counts
        self.named = {"label_name": label.name, "label_unit": label.unit}
        self.along = {**self.named, "shot_limits": label.shot_limits}

    def histogram(self, recipe: Recipe) -> Picture:
        """Training labels, and the density from which LDS takes weights."""
        density = density_of_counts(self.counts, **{**recipe.weights, **recipe.lds})
        shot = shots_of_counts(self.counts, *self.label.shot_limits)
        held = ", ".join(
            f"{name} {int((shot == name).sum())}" for name in ("many", "medium", "few", "zero")
        )
        return Picture(
            "label_histogram",
            f"How often each {self.label.name} occurs in training",
            f"Histogram of the training labels over {self.label.name}. Bins by shot: {held}. "
            f"The fullest bin, at {self._at(self.counts.argmax())}, holds "
            f"{number_text(self.counts.max())} labels.",
            "Bars: training labels of each bin. Line: the density that weights invert when LDS "
            "smooths it, scaled to the same total.",
            lambda theme: label_histogram(
                self.counts, self.label.bins, density, theme=theme, **self.along
            ),
        )

    def errors(self, labels, predictions: dict) -> Picture:
        """Error by label, and the improvement over the first method."""
        bins = self.label.bins
        window = len(bins) // 20 | 1
        ranges = []
        for name, predicted in predictions.items():
            error = mean_error_of_bins(labels, predicted, bins, window)
            low, high = np.nanargmin(error), np.nanargmax(error)
            ranges.append(
                f"{name}: smallest {number_text(error[low])} at {self._at(low)}, largest "
                f"{number_text(error[high])} at {self._at(high)}"
            )
        gains = ""
        if len(predictions) > 1:
            gains = f" The narrow panels show what a method gains over {next(iter(predictions))}."
        return Picture(
            "error_by_label",
            f"Error by {self.label.name}",
            f"Mean absolute error over {self.label.name}. {'. '.join(ranges)}.",
            f"Mean absolute error on the test split over the histogram of training labels.{gains} "
            "The background is shaded by shot; hatched labels were never seen in training.",
            lambda theme: error_by_label(
                labels, predictions, self.counts, bins, window, theme=theme, **self.along
            ),
        )

    def scatter(self, labels, predictions) -> Picture:
        """Predictions over true labels."""
        chosen = _some(len(labels))
        labels, predictions = labels[chosen], predictions[chosen]
        spread = labels - labels.mean()
        slope = np.sum(spread * predictions) / (np.sum(spread**2) or np.nan)
        return Picture(
            "true_against_predicted",
            "True against predicted",
            f"Predicted {self.label.name} over the true one, {len(labels)} test "
            f"samples. A line fitted to them has the slope {number_text(slope)}; that of a perfect "
            "model is 1.",
            "Every point is a test sample. Where points leave the diagonal toward the height of "
            "frequent labels, the model answers with what it saw most.",
            lambda theme: true_against_predicted(
                labels, predictions, self.counts, self.label.bins, theme=theme, **self.along
            ),
        )

    def spaces(self, embeddings: dict, labels) -> list[Picture]:
        """Pictures of feature spaces; none if all labels share a bin."""
        if len(np.unique(self.label.bins.index(labels))) < 2:
            return []
        few = dict(list(embeddings.items())[:MOST_SPACES])
        return [self.ranks(few, labels), self.embeddings(few, labels)]

    def ranks(self, embeddings: dict, labels) -> Picture:
        """Rank matrices of label space and of methods' feature spaces."""
        found = {
            name: mean_rank_matrices(features, labels, self.label.bins)
            for name, features in embeddings.items()
        }
        first = next(iter(found.values()))
        titled = {f"{name}: {one.agreement:.2f}": one.feature_space for name, one in found.items()}
        agreements = ", ".join(f"{name} {one.agreement:.2f}" for name, one in found.items())
        return Picture(
            "rank_matrices",
            "Are features ordered as labels are?",
            "Rank matrices of label space and of feature space. In label space ranks rise evenly "
            "with the distance from the diagonal. Agreement of feature space with it: "
            f"{agreements}.",
            f"Each row ranks all {self.label.name} bins by similarity to one of them: by distance "
            "of labels, or by cosine similarity of test features (the mean of 30 draws of one "
            "sample per bin). The number is the mean correlation of the rows of feature space "
            "with those of label space: 1 is the same order, 0 is chance.",
            lambda theme: rank_matrices(
                first.centers,
                {"label space": first.label_space, **titled},
                theme=theme,
                **self.named,
            ),
        )

    def statistics(self, statistics: dict) -> Picture:
        """Similarity of bins' feature statistics to those of the fullest bin."""
        anchor = self._at(self.counts.argmax())
        return Picture(
            "statistic_similarity",
            "How similar are the features of neighboring labels?",
            "Cosine similarity of the feature means and variances of every bin to those of the "
            f"anchor bin, the fullest, at {anchor}, for {', '.join(statistics)}.",
            f"Similarity to the bin at {anchor} should fall with the distance from it. Rare labels "
            "as similar to the anchor as its neighbors have taken over its features. "
            "Lines that jump from bin to bin come from few samples.",
            lambda theme: statistic_similarity(
                statistics, self.counts, self.label.bins, theme=theme, **self.along
            ),
        )

    def statistics_of(self, statistics: dict) -> list[Picture]:
        """Picture of what `save_embeddings` wrote for each name; none if nothing was saved."""
        anchor, pairs = self.counts.argmax(), {}
        for name, arrays in statistics.items():
            kinds = {name: ("mean", "variance")}
            kinds[f"{name}, smoothed"] = ("smoothed_mean", "smoothed_variance")
            for title, keys in kinds.items():
                pair = tuple(arrays[key] for key in keys if key in arrays)
                if len(pair) == 2 and all(np.isfinite(part[anchor]).all() for part in pair):
                    pairs[title] = pair
        pairs = dict(list(pairs.items())[:LARGEST_NUMBER_OF_METHODS])
        return [self.statistics(pairs)] if pairs else []

    def embeddings(self, embeddings: dict, labels) -> Picture:
        """Test embeddings in the plane."""
        chosen = _some(len(labels))
        embeddings = {name: features[chosen] for name, features in embeddings.items()}
        return Picture(
            "embedding_map",
            "Embeddings of the test split",
            f"Test embeddings of {', '.join(embeddings)} on their first two principal components, "
            f"colored by {self.label.name}.",
            "The two directions in which test embeddings differ most. Colors that change "
            "steadily along a path mean that features are ordered as labels are.",
            lambda theme: embedding_map(embeddings, labels[chosen], theme=theme, **self.named),
        )

    def curves(self, history: dict, monitor: str, second_stage: int | None) -> Picture:
        """Training and validation, epoch by epoch."""
        metric = monitor.removeprefix("val_") if monitor in history else "loss"
        values = history[f"val_{metric}"]
        best = min(values[second_stage or 0 :])  # whose weights are kept
        unit = self.label.unit if report_column(metric).in_label_unit else ""
        return Picture(
            "training_curves",
            "Training",
            f"{metric.upper()} of training and validation over {len(values)} epochs. Validation "
            f"starts at {number_text(values[0])} and is best at {number_text(best)}.",
            "Training values are those of the running epoch, augmentation and dropout included. "
            "The weights of the best validation epoch are kept; in two stages, of the second.",
            lambda theme: training_curves(history, metric, unit, second_stage, theme),
        )

    def _at(self, place):
        unit = f" {self.label.unit}" if self.label.unit else ""
        return f"{self.label.bins.edges[int(place)]:.4g}{unit}"


def _some(count):
    """Indices of the points that are drawn, spread evenly."""
    return np.unique(np.linspace(0, count - 1, min(count, MOST_POINTS)).round().astype(int))
