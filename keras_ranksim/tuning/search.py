"""Searches for the settings of a method that do best on validation data."""

from __future__ import annotations

import functools
import os
import shutil
import tempfile
import weakref
from collections.abc import Callable, Iterable
from pathlib import Path

import keras

from keras_ranksim.data.benchmark import Benchmark
from keras_ranksim.tuning.hypermodel import RankSimHyperModel
from keras_ranksim.tuning.objective import logged_objective, report_objective
from keras_ranksim.tuning.oracles import RecipeFirst
from keras_ranksim.tuning.package import keras_tuner
from keras_ranksim.tuning.result import SearchResult, result_of
from keras_ranksim.tuning.runs import Method, code_of, plain
from keras_ranksim.tuning.space import is_ranksim
from keras_ranksim.tuning.tuner import BenchmarkTuner, SearchTuner, role
from keras_ranksim.validation import non_negative, positive_integer

ENDED = ("COMPLETED", "FAILED")


def search(
    benchmark: Benchmark | Callable,
    method: Method | str | None = None,
    *,
    objective: str | Callable | keras_tuner.Objective | None = None,
    max_trials: int = 20,
    executions_per_trial: int = 1,
    epochs: int | None = None,
    seed: int = 0,
    output_dir: str | os.PathLike | None = None,
    overwrite: bool = False,
    verbose: int = 1,
    callbacks: Iterable = (),
    **arguments,
) -> SearchResult | None:
    """Searches at random, with KerasTuner, the settings that do best on validation data.

    The recipe's own settings are the first trial. If RankSim is searched, gamma 0, the method
    without RankSim, is the second one, the baseline: if nothing beats it, it is the result.
    The test split is not read; `result.test_report()` reads it. For other KerasTuner tuners
    use `RankSimHyperModel`.

    With `output_dir` an interrupted search resumes when called again, and a finished one is
    read; with a larger `max_trials` it continues. Resume a search as it was started, in one
    process or with a chief. An error in a trial is raised at once, and the same call tries that
    trial again. A trial that diverges, or raises `keras_tuner.errors.FailedTrialError`, is a
    failed row of the table.

    Several processes search together by KerasTuner's protocol: all make the same call with the
    same `output_dir`, each with the chief's `KERASTUNER_ORACLE_IP` and `KERASTUNER_ORACLE_PORT`
    in its environment and its own `KERASTUNER_TUNER_ID`, which is `chief` for the one that hands
    out trials. The chief trains nothing and gets the result; workers get `None`. Restart a
    worker that died under its name, or the chief waits for it.

    Args:
        benchmark: The benchmark; or a function `build(hp)` that returns a compiled model, see
            `ranksim_space`.
        method: The method, `"RANKSIM"` if `None`. Any method can be tuned, so that all methods
            compared get the same budget. Not with `build`.
        objective: What to choose by. With a benchmark: `None` for the mean over the shots of the
            validation report in the metric of the recipe's monitor, `"val_mae"`, `"val_mse"`
            or `"val_gm"` for an error over all samples, or a function of the report to
            minimize. With `build`: the name of a logged value to minimize, `"val_loss"` if
            `None`, or a `keras_tuner.Objective`; it also chooses the epoch.
        max_trials: Number of trials, besides the baseline.
        executions_per_trial: Trainings per trial, from different seeds, the same for all
            trials. Their mean objective counts.
        epochs: Epochs per trial; `None` for the recipe's or, with `build`, one. The benchmark
            of the result keeps the recipe's.
        seed: Seed of the draws and of the first training of every trial.
        output_dir: Folder of the search; `None` keeps it as long as the result lives.
        overwrite: Whether to delete an earlier search in `output_dir` first.
        verbose: 0 for silence, 1 for KerasTuner's summary of every trial, 2 for epochs too.
        callbacks: Further Keras callbacks, copied for every training.
        **arguments: With a benchmark, what to search: `tune`, `gamma` and `perturbation`, as in
            `RankSimHyperModel`. With `build`, data and other arguments of `keras.Model.fit`.

    Returns:
        A `SearchResult`; `None` in a worker.

    Raises:
        RuntimeError: If a trial raises, or if no trial completes.

    Example:

    >>> import numpy, pandas
    >>> import keras_ranksim as kr
    >>> x = numpy.random.default_rng(0).normal(size=200)
    >>> frame = pandas.DataFrame({"x": x, "price": numpy.exp(x).round(1)})
    >>> benchmark = kr.data.load_table(frame, label="price")
    >>> result = kr.tuning.search(benchmark, max_trials=1, epochs=1, verbose=0)
    >>> result.trials["gamma"].tolist() == [benchmark.recipe.ranksim["gamma"], 0.0]
    True
    """
    positive_integer("max_trials", max_trials, "settings to try")
    positive_integer("executions_per_trial", executions_per_trial, "trainings per trial")
    if epochs is not None:
        positive_integer("epochs", epochs, "epochs per trial")
    seed = int(non_negative("seed", seed, "a whole number"))
    verbose = 1 if verbose == "auto" else verbose
    fit_arguments = {"callbacks": keras.tree.flatten(callbacks or ()), "verbose": verbose}
    if isinstance(benchmark, Benchmark):
        if callable(method):
            raise ValueError(
                "`build` takes the place of the benchmark: search(build, x=..., y=..., "
                f"validation_data=...). Received: method={method}"
            )
        code = code_of(objective) if callable(objective) else None
        hypermodel = RankSimHyperModel(
            benchmark, method or "RANKSIM", seed=seed, epochs=epochs, **arguments
        )
        objective, measure = report_objective(objective, benchmark.recipe.monitor)
        make_tuner = functools.partial(BenchmarkTuner, measure=measure)
        settings = hypermodel.settings()
    else:
        hypermodel = _in_policy(benchmark, method, arguments)
        objective, code = logged_objective(objective, arguments), None
        make_tuner = SearchTuner
        fit_arguments |= {"epochs": epochs or 1, **arguments}
        settings = {"build": benchmark, "seed": seed, "epochs": epochs, **arguments}
    settings["objective"] = f"{objective.direction} {objective.name}"
    settings["measure"] = code
    settings["space"] = _space(hypermodel)
    settings["executions_per_trial"] = executions_per_trial
    # All trials are checked at the end; KerasTuner's own limit would leave workers waiting.
    limits = {"max_trials": max_trials, "max_consecutive_failed_trials": max_trials + 2}
    loop = make_tuner(
        RecipeFirst(seed, objective=objective, **limits),
        hypermodel,
        _folder(output_dir),
        settings=plain(settings),
        seed=seed,
        overwrite=overwrite,
        executions_per_trial=executions_per_trial,
    )
    if output_dir is None:
        weakref.finalize(loop, shutil.rmtree, loop.directory, ignore_errors=True)
    return _result(loop, max_trials, fit_arguments)


def _result(loop, max_trials, fit_arguments):
    is_worker, remaining = role() == "worker", True
    if not is_worker:
        names = [hp.name for hp in loop.oracle.get_space().space]
        loop.oracle.max_trials = max_trials + is_ranksim(names)
        has_ended = all(trial.status in ENDED for trial in loop.oracle.trials.values())
        remaining = loop.remaining_trials > 0 or not has_ended
    try:
        if remaining:  # A chief whose search is finished would block waiting for workers.
            loop.search(**fit_arguments)
    except keras_tuner.errors.FatalError as error:
        raise RuntimeError(
            f"{error}. The same call with the same `output_dir` tries this trial again."
        ) from error.__cause__
    return None if is_worker else result_of(loop)


def _space(hypermodel):
    """What is searched, as KerasTuner declares it."""
    hp = keras_tuner.HyperParameters()
    declare = getattr(hypermodel, "declare_hyperparameters", hypermodel)
    declare(hp)
    return hp.get_config()["space"]


def _folder(output_dir):
    if output_dir is not None:
        return Path(output_dir).resolve()
    if role() != "alone":
        raise ValueError(
            "`output_dir` must be a folder that chief and workers share. "
            "Received: output_dir=None, with KERASTUNER_ORACLE_IP set"
        )
    return Path(tempfile.mkdtemp(prefix="ranksim-search-"))


def _in_policy(build, method, arguments):
    """Sets the current dtype policy before each build, since KerasTuner resets it."""
    if not callable(build):
        raise ValueError(
            "`benchmark` must be a keras_ranksim.data.Benchmark or a function `build(hp)` that "
            f"returns a compiled model. Received: {build!r}"
        )
    for name, value in {"method": method, **arguments}.items():
        if name in ("method", "tune", "gamma", "perturbation") and value is not None:
            raise ValueError(
                f"`{name}` must be left out with a `build` function, which declares what is "
                f"searched. Received: {name}={value!r}"
            )
    policy = keras.config.dtype_policy()

    def build_in_policy(hp):
        keras.config.set_dtype_policy(policy)
        return build(hp)

    return build_in_policy
