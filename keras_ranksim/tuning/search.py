"""The search for RankSim's gamma and lambda."""

from __future__ import annotations

import dataclasses
import os
import shutil
import warnings
import weakref
from collections.abc import Callable, Iterable, Sequence
from typing import Any

from keras_ranksim.data.benchmark import Benchmark
from keras_ranksim.experiments.model import LOGGED
from keras_ranksim.methods.method import Method
from keras_ranksim.tuning.objective import Objective
from keras_ranksim.tuning.result import SearchResult
from keras_ranksim.tuning.space import Space, is_ranksim
from keras_ranksim.tuning.task import BenchmarkTask, BuildTask
from keras_ranksim.validation import non_negative, one_of, optional_package, positive_integer

TUNERS = ("random", "bayesian", "hyperband")
DEFAULT_TRIALS = 20
OWN_FIT_ARGUMENTS = {
    *("x", "y", "sample_weight", "validation_data"),
    *("epochs", "initial_epoch", "callbacks", "verbose"),
}


def search(
    benchmark: Benchmark | Callable,
    method: Method | str | None = None,
    tuner: str = "random",
    max_trials: int | None = None,
    objective: str | Callable | None = None,
    direction: str = "min",
    tune: str | Iterable[str] | None = None,
    gamma: tuple[float, float] | None = None,
    delta: tuple[float, float] | None = None,
    epochs: int | None = None,
    patience: int | None = None,
    executions_per_trial: int = 1,
    baseline: bool = True,
    seed: int = 0,
    output_dir: str | os.PathLike | None = None,
    overwrite: bool = False,
    retry_failed: bool = False,
    tensorboard: bool = False,
    train_data=None,
    validation_data=None,
    fit_arguments: dict[str, Any] | None = None,
    callbacks: Sequence = (),
    verbose: int = 1,
) -> SearchResult | None:
    """Searches, with KerasTuner, the settings of a method that do best on validation data.

    Varied are RankSim's weight `gamma` and its perturbation `delta = gamma * lambda_`, on log
    scales, and on request other settings. The recipe's own settings are the first trial, and
    gamma 0, the method without RankSim, is trained as the baseline: if nothing beats it, it is
    the result. The test split is not read; `result.test_report()` reads it.

    With `output_dir` a search that was cut off goes on where it was when called again, inside
    a trial too, and a finished one is read. With a larger `max_trials` it goes on from there.

    Several processes, on one machine or many that share `output_dir`, search together by
    KerasTuner's protocol: all make the same call, each with the environment variables
    `KERASTUNER_ORACLE_IP` and `KERASTUNER_ORACLE_PORT` of the chief and a name of its own in
    `KERASTUNER_TUNER_ID`, `chief` for the one that hands out trials. The chief trains nothing
    but the baseline and gets the result; workers get `None`. A worker that died must be
    started again under its name, or the chief waits for it.

    Args:
        benchmark: The benchmark; or a function `build(hp)` that returns a compiled model, see
            `ranksim_space`, with `train_data` and `validation_data`.
        method: The method, `"RANKSIM"` where `None`. Any method can be tuned, so that all
            methods compared get the same budget; not with `build`.
        tuner: `"random"`; `"bayesian"`, which asks for scikit-learn; or `"hyperband"`, which
            trains many settings briefly and the best of them on.
        max_trials: Number of trials, 20 where `None`; not for Hyperband, where it follows from
            `epochs`.
        objective: What to choose by: `None` for `balanced_error` of the validation report, in
            the metric of the recipe's monitor; a function of the validation report; or the
            name of a logged value, such as `"val_mae"`, at the epoch whose weights are kept.
            With `build` a logged value, `"val_loss"` where `None`, which also chooses the
            epoch.
        direction: `"min"` or `"max"`, what is good of `objective`.
        tune: What is varied, of `"ranksim"`, `"learning_rate"`, `"batch_size"`, `"lds"`,
            `"fds"`, `"conr"`; `None` for RankSim alone.
        gamma: Smallest and largest weight; `None` for two decades around the recipe's.
        delta: Smallest and largest perturbation; `None` for 0.001 to 10 and the recipe's.
        epochs: Epochs of a trial; `None` takes those of the recipe.
        patience: Epochs without a better value after which a training stops; `None` takes that
            of the recipe.
        executions_per_trial: Trainings of every trial, from different seeds, the same for
            all trials; their mean objective counts.
        baseline: Whether gamma 0 is trained.
        seed: Seed of the draws and of the first training of every trial.
        output_dir: Folder of the search; `None` keeps it as long as the result lives.
        overwrite: Whether an earlier search in `output_dir` is deleted first.
        retry_failed: Whether trials that failed are tried again when a search goes on; where all
            of them did, they always are.
        tensorboard: Whether to write TensorBoard HParams to `output_dir/tensorboard`.
        train_data: With `build`: a dataset, or arrays `(x, y)` or `(x, y, sample_weight)`.
        validation_data: With `build`: the same, to choose by.
        fit_arguments: With `build`: further arguments of `fit`, for instance `batch_size`.
        callbacks: Further Keras callbacks, copied for every training.
        verbose: 0 for silence, 1 for a line a trial on standard error, 2 for every epoch too.

    Returns:
        A `SearchResult`; `None` in a worker.

    Raises:
        RuntimeError: If all trials failed. Where some did, a warning says which and why.

    Example:

    >>> import numpy, pandas
    >>> import keras_ranksim as kr
    >>> x = numpy.random.default_rng(0).normal(size=200)
    >>> frame = pandas.DataFrame({"x": x, "price": numpy.exp(x).round(1)})
    >>> benchmark = kr.data.load_table(frame, label="price")
    >>> result = kr.tuning.search(benchmark, max_trials=1, epochs=1, baseline=False, verbose=0)
    >>> result.gamma == benchmark.recipe.ranksim["gamma"]  # the first trial, and the only one
    True
    """
    optional_package("keras_tuner", "tuning")
    one_of("tuner", tuner, TUNERS)
    if tuner == "bayesian":
        optional_package("scipy", "tuning")
        optional_package("sklearn", "tuning")
    if tensorboard:
        optional_package("tensorboard", "tuning")
    executions = positive_integer(
        "executions_per_trial", executions_per_trial, "trainings of a trial"
    )
    seed = int(non_negative("seed", seed, "a whole number"))
    max_trials = _trials(tuner, max_trials)
    if isinstance(benchmark, Benchmark):
        _leave_out(
            "a benchmark",
            train_data=train_data,
            validation_data=validation_data,
            fit_arguments=fit_arguments,
        )
        task = _benchmark_task(
            benchmark,
            Method.parse(method or "RANKSIM"),
            objective,
            direction,
            tune,
            gamma,
            delta,
            epochs,
            patience,
            more_is_logged=bool(callbacks),
        )
    else:
        _leave_out("a `build` function", method=method, tune=tune, gamma=gamma, delta=delta)
        task = _build_task(
            benchmark,
            train_data,
            validation_data,
            fit_arguments,
            objective,
            direction,
            epochs,
            patience,
        )
    return _run(
        task,
        tuner,
        max_trials,
        executions,
        baseline,
        seed,
        output_dir,
        overwrite,
        retry_failed,
        tensorboard,
        tuple(callbacks) if isinstance(callbacks, (list, tuple)) else (callbacks,),
        verbose,
    )


def _run(
    task,
    tuner,
    max_trials,
    executions,
    baseline,
    seed,
    output_dir,
    overwrite,
    retry_failed,
    tensorboard,
    callbacks,
    verbose,
):
    import keras_tuner

    from keras_ranksim.tuning.folder import (
        agree,
        has_ended,
        note_end,
        search_folder,
        settings_of_search,
    )
    from keras_ranksim.tuning.oracles import make_oracle
    from keras_ranksim.tuning.records import BASELINE, check_names, collect
    from keras_ranksim.tuning.tuner import SearchTuner, TrialRunner, role, write_error

    here = role()
    declared = keras_tuner.HyperParameters()
    task.build(declared)
    check_names(task, declared)
    with search_folder(output_dir, overwrite, here) as folder:
        # Compared before KerasTuner reloads the space that the folder holds.
        agree(folder, settings_of_search(task, tuner, executions, seed, declared), here)
        oracle = make_oracle(tuner, task.objective, seed, max_trials, task.epochs, retry_failed)
        if isinstance(task, BenchmarkTask):
            task.build(oracle.hyperparameters)
        runner = TrialRunner(
            task, seed, executions, tuner == "hyperband", verbose if verbose > 1 else 0, callbacks
        )
        loop = SearchTuner(runner, oracle, verbose > 0, folder / "trials")
        without_ranksim = loop.oracle.get_space()
        without_ranksim.values = {hp.name: hp.default for hp in without_ranksim.space}
        baseline = baseline and is_ranksim(without_ranksim.values)
        without_ranksim.values["gamma"] = 0.0

        def train_baseline():
            try:
                runner.run(without_ranksim, folder / BASELINE, task.epochs)
            except Exception as error:
                write_error(folder / BASELINE, error)

        if baseline and here == "alone":
            train_baseline()
        # A chief would wait for workers, to whom it has nothing to give.
        if here != "chief" or retry_failed or not has_ended(folder, max_trials):
            loop.search()
        if here == "worker":
            return None
        if baseline and here == "chief":
            train_baseline()
        result = collect(folder, oracle, task, runner, without_ranksim if baseline else None)
        note_end(folder, max_trials)
    if output_dir is None:
        weakref.finalize(result, shutil.rmtree, folder, ignore_errors=True)
    if result.errors():
        failed = "; ".join(f"{name}: {reason}" for name, reason in result.errors().items())
        warnings.warn(
            f"{len(result.errors())} of {len(result.trials)} trials failed. {failed}",
            stacklevel=3,
        )
    if tensorboard:
        result.to_tensorboard(folder / "tensorboard")
    return result


def _trials(tuner, max_trials):
    if tuner == "hyperband":
        if max_trials is not None:
            raise ValueError(
                "`max_trials` must be left out with tuner='hyperband', whose number of trials "
                f"follows from `epochs`. Received: max_trials={max_trials}"
            )
        return None
    if max_trials is None:
        return DEFAULT_TRIALS
    return positive_integer("max_trials", max_trials, "settings to try")


def _leave_out(kind, **arguments):
    for name, value in arguments.items():
        if value is not None:
            raise ValueError(
                f"`{name}` must be left out with {kind}. Received: {name} of type "
                f"{type(value).__name__}"
            )


def _benchmark_task(
    benchmark,
    method,
    objective,
    direction,
    tune,
    gamma,
    delta,
    epochs,
    patience,
    more_is_logged,
):
    if isinstance(objective, str) and objective.startswith("val_") and not more_is_logged:
        one_of("objective", objective, [f"val_{name}" for name in LOGGED])
    changes = {"epochs": epochs, "patience": patience}
    for name, value in changes.items():
        if value is not None:
            positive_integer(name, value, "epochs")
    changes = {name: value for name, value in changes.items() if value is not None}
    recipe = dataclasses.replace(benchmark.recipe, **changes)
    return BenchmarkTask(
        benchmark.replace(recipe=recipe),
        method,
        Space.of(method, tune, gamma, delta),
        Objective.of(objective, direction, recipe.monitor),
    )


def _build_task(
    build, train_data, validation_data, fit_arguments, objective, direction, epochs, patience
):
    if not callable(build):
        raise ValueError(
            "`benchmark` must be a keras_ranksim.data.Benchmark or a function `build(hp)` that "
            f"returns a compiled model. Received: {build!r}"
        )
    needed = {"train_data": train_data, "validation_data": validation_data, "epochs": epochs}
    missing = [name for name, value in needed.items() if value is None]
    if missing:
        raise ValueError(
            "`train_data`, `validation_data` and `epochs` must be given with a `build` function. "
            f"Received: {missing[0]}=None"
        )
    epochs = positive_integer("epochs", epochs, "epochs of a trial")
    if patience is not None:
        patience = positive_integer("patience", patience, "epochs")
    fit_arguments = dict(fit_arguments or {})
    for name in set(fit_arguments) & OWN_FIT_ARGUMENTS:
        raise ValueError(
            f"`fit_arguments` must leave '{name}' to arguments of the search itself. "
            f"Received: {sorted(fit_arguments)}"
        )
    if callable(objective):
        raise ValueError(
            "`objective` must be the name of a logged value with a `build` function, since "
            "reports by shot need a benchmark. Received: a function"
        )
    return BuildTask(
        build,
        tuple(train_data) if isinstance(train_data, list) else train_data,
        tuple(validation_data) if isinstance(validation_data, list) else validation_data,
        Objective.of(objective or "val_loss", direction),
        epochs,
        patience,
        fit_arguments,
    )
