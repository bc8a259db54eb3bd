"""The folder of a search: made, held against the search that is asked for, shared by workers."""

from __future__ import annotations

import contextlib
import hashlib
import json
import shutil
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

from keras_ranksim.experiments.files import write_json
from keras_ranksim.experiments.settings import (
    check_same_settings,
    plain,
    settings_of,
)
from keras_ranksim.tuning.task import BenchmarkTask
from keras_ranksim.tuning.tuner import ERROR

SETTINGS = "search.json"
ENDED = "ended.json"
PATIENCE_SECONDS = 300


@contextlib.contextmanager
def search_folder(output_dir, overwrite: bool, role: str) -> Iterator[Path]:
    """Makes the folder; one that nobody named goes again where a search stops without errors.

    Args:
        output_dir: As in `search`.
        overwrite: As in `search`.
        role: As from `keras_ranksim.tuning.tuner.role`.
    """
    if output_dir is None:
        if role != "alone":
            raise ValueError(
                "`output_dir` must be a folder that chief and workers share. "
                "Received: output_dir=None, with KERASTUNER_ORACLE_IP set"
            )
        folder = Path(tempfile.mkdtemp(prefix="ranksim-search-"))
    else:
        folder = _prepared(output_dir, overwrite and role != "worker")
    try:
        yield folder
    except BaseException:
        if output_dir is None and not any(folder.rglob(ERROR)):
            shutil.rmtree(folder, ignore_errors=True)
        raise


def agree(folder: Path, settings: dict, role: str) -> None:
    """Raises where the folder holds another search; a worker waits for what its chief searches."""
    path = folder / SETTINGS
    if role == "worker":
        _await(path)
    check_same_settings(path, settings)
    if role != "worker":
        write_json(path, settings)


def settings_of_search(task, tuner: str, executions: int, seed: int, declared) -> dict:
    """All that decides what a search finds, but how many trials it takes.

    Args:
        task: What is trained.
        tuner, executions, seed: As in `search`.
        declared: The `keras_tuner.HyperParameters` of a first build.
    """
    if isinstance(task, BenchmarkTask):
        settings = settings_of(task.benchmark, task.method, seed)
    else:
        settings = {
            "build": _code_of(task.build),
            "train_data": plain(task.train_data),
            "validation_data": plain(task.validation_data),
            "patience": task.patience,
            "fit_arguments": plain(task.fit_arguments),
        }
    objective = task.objective
    return {
        **settings,
        "tuner": tuner,
        "objective": f"{objective.direction} {objective.name}",
        "objective_code": _code_of(objective.of_report),
        "epochs": task.epochs,
        "executions_per_trial": executions,
        "seed": seed,
        "space": [hp.get_config() for hp in declared.space],
    }


def note_end(folder: Path, max_trials: int | None) -> None:
    """Remembers that all trials were handed out and ended."""
    write_json(folder / ENDED, {"max_trials": max_trials})


def has_ended(folder: Path, max_trials: int | None) -> bool:
    """Whether a search of as many trials ended here."""
    path = folder / ENDED
    return path.exists() and json.loads(path.read_text()) == {"max_trials": max_trials}


def _prepared(output_dir, overwrite):
    folder = Path(output_dir).resolve()
    if folder.is_file():
        raise ValueError(
            f"`output_dir` must be a folder. Received: output_dir={str(output_dir)!r}, a file"
        )
    if overwrite and folder.exists():
        if any(folder.iterdir()) and not (folder / SETTINGS).exists():
            raise ValueError(
                "`output_dir` must be empty or hold an earlier search to be overwritten. "
                f"Received: output_dir={str(output_dir)!r}, which holds something else"
            )
        shutil.rmtree(folder)
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def _await(path):
    until = time.monotonic() + PATIENCE_SECONDS
    while not path.exists():
        if time.monotonic() > until:
            raise FileNotFoundError(
                f"`output_dir` must be the folder of the chief. Received: output_dir="
                f"{str(path.parent)!r}, where no chief wrote '{path.name}' in {PATIENCE_SECONDS} s"
            )
        time.sleep(0.1)


def _code_of(function):
    """Name and digest of a function's code, which `<lambda>` does not tell apart."""
    code = getattr(function, "__code__", None)
    if code is None or function.__module__.startswith("keras_ranksim."):
        return plain(function)
    digest = hashlib.sha256()
    parts = [code]
    while parts:
        part = parts.pop()
        digest.update(part.co_code)
        for constant in part.co_consts:
            if hasattr(constant, "co_code"):
                parts.append(constant)
            else:
                digest.update(repr(constant).encode())
        digest.update(" ".join(part.co_names).encode())
    return f"{function.__qualname__} {digest.hexdigest()[:16]}"
