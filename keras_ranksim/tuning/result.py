"""The result of a search."""

from __future__ import annotations

import dataclasses
import math
import warnings
from pathlib import Path
from typing import TYPE_CHECKING, Any

from keras_ranksim.data.benchmark import Benchmark
from keras_ranksim.labels.shots import SHOTS
from keras_ranksim.layers.ranksim import lambda_of
from keras_ranksim.markdown import markdown_table
from keras_ranksim.tuning.runs import evaluate
from keras_ranksim.tuning.space import is_ranksim
from keras_ranksim.tuning.tuner import MODEL, BenchmarkTuner, SearchTuner

if TYPE_CHECKING:
    import keras
    import pandas
    from matplotlib.figure import Figure

ORDER = {f"mae_{shot}": place for place, shot in enumerate(("all", *SHOTS))}


@dataclasses.dataclass(eq=False)
class SearchResult:
    """The best settings, all trials, and the best model.

    The validation errors of the trials chose the settings, so do not report them. Report
    `test_report`, or `keras_ranksim.experiments.run` with `benchmark` and other seeds.

    Args:
        tuner: The KerasTuner tuner, for everything else that KerasTuner offers.
        trials: A row per trial, the recipe first: settings, status, objective, errors by shot
            on the validation split, and why it failed. The row of gamma 0 is called `baseline`.
        best_trial: The name of the best row.
    """

    tuner: SearchTuner
    trials: pandas.DataFrame
    best_trial: str

    @property
    def objective(self) -> str:
        """The name of the objective, a column of `trials`."""
        return self.tuner.oracle.objective.name

    @property
    def best(self) -> dict[str, Any]:
        """The best settings and the objective they reached."""
        settings = self.trials.columns[: self.trials.columns.get_loc("status")]
        row = self.trials.loc[self.best_trial, [*settings, self.objective]]
        return row.dropna().to_dict()

    @property
    def gamma(self) -> float | None:
        """The best weight, 0 if the baseline won; `None` if RankSim was not searched."""
        return self.best["gamma"] if is_ranksim(self.trials) else None

    @property
    def perturbation(self) -> float | None:
        """The best perturbation; `None` if RankSim was not searched."""
        return self.best["perturbation"] if is_ranksim(self.trials) else None

    @property
    def lambda_(self) -> float | None:
        """The best `perturbation / gamma`; `None` at gamma 0 or if RankSim was not searched."""
        return lambda_of(self.gamma, perturbation=self.perturbation) if self.gamma else None

    @property
    def benchmark(self) -> Benchmark:
        """The benchmark with the best settings in its recipe, for `run` and `run_table`.

        Its facts name the validation split as the one that chose them, so that `evaluate`
        refuses to report on it.
        """
        if not isinstance(self.tuner, BenchmarkTuner):
            raise ValueError(
                "`benchmark` and `test_report` need a search over a benchmark. Received: a search "
                "over a `build` function; use `model()` and `best` instead"
            )
        tuned = self.tuner.hypermodel.tuned(self._best_trial().hyperparameters)
        return tuned.replace(facts={**tuned.facts, "tuned_on": "val"})

    @property
    def model_path(self) -> Path:
        """The file of `model()`."""
        return Path(self.tuner.get_trial_dir(self._best_trial().trial_id)) / MODEL

    def model(self) -> keras.Model:
        """The model of the best trial; of several executions, the best one."""
        return self.tuner.load_model(self._best_trial())

    def test_report(self) -> pandas.DataFrame:
        """Errors of `model()` by shot on the test split, which the search never read."""
        return evaluate(self.model(), self.benchmark, "test")

    def to_markdown(self) -> str:
        """The trials as a Markdown table, the best one in bold."""
        frame = self.trials.dropna(axis="columns", how="all")
        rows = []
        for name, row in frame.iterrows():
            cells = [_text(value) for value in (name, *row)]
            rows.append([f"**{cell}**" for cell in cells] if name == self.best_trial else cells)
        return markdown_table(["trial", *frame.columns], rows)

    __repr__ = _repr_markdown_ = to_markdown  # in a console and in a notebook

    def plot(self, theme: str = "light") -> Figure:
        """Draws the objective over gamma and the perturbation, without the baseline.

        Args:
            theme: `"light"` or `"dark"`.

        Returns:
            A `matplotlib.figure.Figure`.
        """
        from keras_ranksim.plots.tuning import tuning_plane

        if self.gamma is None:
            raise ValueError(
                "`plot` draws gamma and the perturbation, which must have been searched. "
                f"Received: a search over {list(self.best)[:-1]}"
            )
        frame = self.trials[self.trials["gamma"] > 0]
        return tuning_plane(
            frame["gamma"],
            frame["perturbation"],
            frame[self.objective],
            self.objective,
            lower_is_better=self.tuner.oracle.objective.direction == "min",
            theme=theme,
        )

    def _best_trial(self):
        return self.tuner.oracle.get_best_trials(1)[0]


def result_of(tuner: SearchTuner) -> SearchResult:
    """The result of a finished search; writes its table and keeps only the best model.

    Args:
        tuner: The tuner, in the process that has all trials.
    """
    trials, best = tuner.oracle.trials, tuner.oracle.get_best_trials(1)[0]
    table = table_of_trials(tuner.oracle)
    failed = table.loc[table["status"] != "COMPLETED", "error"]
    reasons = "; ".join(f"{name}: {reason}" for name, reason in failed.items())
    if best.status != "COMPLETED":
        raise RuntimeError(f"All {len(trials)} trials of the search failed. {reasons}")
    if len(failed):
        warnings.warn(f"{len(failed)} of {len(trials)} trials failed. {reasons}", stacklevel=3)
    for name in set(trials) - {best.trial_id}:
        (Path(tuner.get_trial_dir(name)) / MODEL).unlink(missing_ok=True)
    result = SearchResult(tuner, table, table.index[list(trials).index(best.trial_id)])
    table.to_csv(Path(tuner.directory) / "trials.csv")
    (Path(tuner.directory) / "trials.md").write_text(result.to_markdown())
    return result


def table_of_trials(oracle) -> pandas.DataFrame:
    """A row per trial, as in `SearchResult.trials`."""
    import pandas

    names = [hp.name for hp in oracle.get_space().space]
    rows = {}
    for name, trial in oracle.trials.items():
        row = {setting: trial.hyperparameters.values.get(setting) for setting in names}
        if is_ranksim(names):
            gamma, perturbation = row.pop("gamma"), row.pop("perturbation")
            lambda_ = lambda_of(gamma, perturbation=perturbation) if gamma else math.nan
            row = {"gamma": gamma, "lambda_": lambda_, "perturbation": perturbation, **row}
            name = name if gamma else "baseline"
        row |= {"status": trial.status, oracle.objective.name: math.nan, "error": None}
        if trial.status == "COMPLETED":
            # Metrics of workers arrive in any order.
            metrics = sorted(trial.metrics.metrics, key=lambda name: (ORDER.get(name, 9), name))
            row |= {metric: trial.metrics.get_best_value(metric) for metric in metrics}
        else:
            row["error"] = _reason(trial)
        rows[name] = row
    return pandas.DataFrame.from_dict(rows, orient="index").rename_axis("trial")


def _reason(trial):
    """The last line of the traceback that KerasTuner keeps, without the name of the error."""
    lines = (trial.message or "").strip().splitlines()
    return lines[-1].partition(": ")[2] if lines else "not finite, or see the worker's output"


def _text(value):
    if isinstance(value, float):
        return "-" if math.isnan(value) else f"{value:.4g}"
    return "-" if value is None else str(value)
