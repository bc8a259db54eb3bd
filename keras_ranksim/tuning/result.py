"""What a search found."""

from __future__ import annotations

import dataclasses
import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from keras_ranksim.data.benchmark import Benchmark
from keras_ranksim.experiments.evaluation import TUNED_ON, evaluate
from keras_ranksim.experiments.result import Result
from keras_ranksim.experiments.run import run
from keras_ranksim.tuning.space import is_ranksim
from keras_ranksim.tuning.task import BenchmarkTask

if TYPE_CHECKING:
    import keras
    import pandas
    from matplotlib.figure import Figure


@dataclasses.dataclass(eq=False)
class SearchResult:
    """The best settings, all trials, and the best model.

    What the trials reached on the validation split chose the settings, and is no report of
    them: that is `test_report`, or the `report` of what `retrain` gives.

    Args:
        objective: Name of the objective.
        lower_is_better: Whether its smallest value is the best.
        trials: A row a trial, the baseline (gamma 0) first: settings, status, objective, errors
            by shot on the validation split, epochs, seconds, and why it failed.
        best_trial: The name of the best row.
        output_dir: Folder of the search, with `trials.csv` and `trials.md`.
        task: What was trained.
        hyperparameters: KerasTuner's, of the best trial, for `build` functions.
        model_path: The saved model of the best trial.
        seed: Seed of its first training.
    """

    objective: str
    lower_is_better: bool
    trials: pandas.DataFrame
    best_trial: str
    output_dir: Path
    task: Any
    hyperparameters: Any
    model_path: Path
    seed: int = 0

    @property
    def best(self) -> dict[str, Any]:
        """The best settings and the objective they reached."""
        names = [*self._settings(), self.objective]
        row = self.trials.loc[self.best_trial, names]
        return {name: _plain(value) for name, value in row[row.notna()].items()}

    @property
    def gamma(self) -> float | None:
        """The best weight, 0 where the baseline won; `None` where RankSim was not tuned."""
        return self.best["gamma"] if is_ranksim(self.trials) else None

    @property
    def lambda_(self) -> float | None:
        """The best interpolation strength; `None` where RankSim was not tuned."""
        return self.best["lambda_"] if is_ranksim(self.trials) else None

    @property
    def benchmark(self) -> Benchmark:
        """The benchmark with the best settings in its recipe, for `run` and `run_table`.

        Its facts say that they were chosen on the validation split, on which `evaluate`
        refuses to report therefore.
        """
        return self._benchmark_task("benchmark").tuned(self.hyperparameters)

    def model(self) -> keras.Model:
        """The model of the best trial; of several executions, the best.

        `evaluate` refuses to report on it for the validation split, which chose it.
        """
        model = self.task.load(self.model_path, self.hyperparameters)
        setattr(model, TUNED_ON, "val")
        return model

    def test_report(self) -> pandas.DataFrame:
        """Errors of `model()` by shot on the test split, which the search never read."""
        self._benchmark_task("test_report")
        return evaluate(self.model(), self.benchmark, "test")

    def retrain(
        self,
        seed: int | None = None,
        epochs: int | None = None,
        output_dir: str | os.PathLike | None = None,
        verbose="auto",
    ) -> Result:
        """Trains a new model with the best settings, and reports on the test split.

        Args:
            seed: Seed of the training; `None` takes one that no trial was chosen with.
            epochs: Epochs of each stage; `None` takes those of the search.
            output_dir: Folder of the run.
            verbose: As in `keras.Model.fit`.

        Returns:
            A `keras_ranksim.experiments.Result`.
        """
        task = self._benchmark_task("retrain")
        seed = self.seed + 1000 if seed is None else seed
        return run(self.benchmark, task.method, seed, epochs, output_dir, verbose)

    def errors(self) -> dict[str, str]:
        """Why trials failed, by trial."""
        failed = self.trials[self.trials["status"] != "COMPLETED"]
        return failed["error"].to_dict()

    def to_markdown(self) -> str:
        """The trials in Markdown, the best in bold: settings, objective, errors by shot."""
        frame = self._shown()
        lines = [_line([frame.index.name, *frame.columns])]
        lines.append(_line(["---", *["---:"] * len(frame.columns)]))
        for name, row in frame.iterrows():
            cells = [_text(value) for value in (name, *row)]
            lines.append(_line([f"**{c}**" for c in cells] if name == self.best_trial else cells))
        return "\n".join(lines) + "\n"

    def to_csv(self, path: str | os.PathLike) -> None:
        """Writes all of `trials`."""
        self.trials.to_csv(path)

    def plot(self, theme: str = "light") -> Figure:
        """The objective over the plane of log gamma and log delta.

        Args:
            theme: `"light"` or `"dark"`.

        Returns:
            A `matplotlib.figure.Figure`; the baseline, at gamma 0, is not in it.
        """
        from keras_ranksim.plots import tuning_plane

        if self.gamma is None:
            raise ValueError(
                "`plot` draws gamma and lambda, which must have been tuned. Received: a search "
                f"over {self._settings()}"
            )
        frame = self.trials[self.trials["gamma"] > 0]
        return tuning_plane(
            frame["gamma"],
            frame["lambda_"],
            frame[self.objective],
            self.objective,
            self.lower_is_better,
            theme,
        )

    def to_tensorboard(self, folder: str | os.PathLike) -> None:
        """Writes the trials as TensorBoard HParams; see them with `tensorboard --logdir`.

        Args:
            folder: Folder of the event files, one folder a trial.
        """
        import tensorflow as tf

        from keras_ranksim.validation import optional_package

        optional_package("tensorboard", "tuning")
        from tensorboard.plugins.hparams import api

        names = self._settings()
        with tf.summary.create_file_writer(str(folder)).as_default():
            api.hparams_config(
                hparams=[api.HParam(name) for name in names],
                metrics=[api.Metric(self.objective, display_name=self.objective)],
            )
        for trial, row in self.trials[self.trials["status"] == "COMPLETED"].iterrows():
            with tf.summary.create_file_writer(str(Path(folder) / trial)).as_default():
                chosen = {name: _plain(row[name]) for name in names if row[name] == row[name]}
                api.hparams(chosen, trial_id=trial)
                for metric in (self.objective, *self._errors_by_shot()):
                    if np.isfinite(row[metric]):
                        tf.summary.scalar(metric, row[metric], step=int(row["epochs"]))

    def _settings(self):
        """Names of the settings that were varied, gamma and lambda first."""
        return list(self.trials.columns[: self.trials.columns.get_loc("status")])

    def _errors_by_shot(self):
        named = [name for name in self.trials.columns if name.startswith("mae_")]
        return [name for name in named if self.trials[name].notna().any()]

    def _shown(self):
        columns = [*self._settings(), "status", self.objective]
        columns += [name for name in ("deviation", "epochs") if name in self.trials]
        columns += self._errors_by_shot()
        if self.errors():
            columns.append("error")
        return self.trials[columns]

    def _benchmark_task(self, name) -> BenchmarkTask:
        if not isinstance(self.task, BenchmarkTask):
            raise ValueError(
                f"`{name}` needs a benchmark with a test split. Received: a search over a "
                "`build` function; take `model()` and `hyperparameters` instead"
            )
        return self.task


def _plain(value):
    return value.item() if isinstance(value, np.generic) else value


def _text(value):
    value = _plain(value)
    if isinstance(value, float):
        return "-" if np.isnan(value) else f"{value:.4g}"
    return str(value).replace("|", "\\|").replace("\n", " ")


def _line(cells):
    return "| " + " | ".join(cells) + " |"
