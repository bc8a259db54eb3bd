"""The process that runs cells of a table for another one; see `run_in_processes`.

It is started as a file, not as a module, so that nothing is imported before `main`.
"""

import os
import pickle
import queue
import sys
import threading


def main(job_path: str) -> None:
    """Runs the cells that standard input names, and answers on standard output.

    Args:
        job_path: What all cells need, as `run_in_processes` wrote it.
    """
    answers = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)  # what libraries print must not mix with the answers
    _import_libraries()
    cells = queue.Queue()
    threading.Thread(target=_read, args=(cells,), daemon=True).start()
    try:
        runner = _prepared(job_path)
    except Exception as error:
        runner = _failing(error)
    while True:
        pickle.dump(runner(cells.get()), answers)
        answers.flush()


def _read(cells):
    """Passes cells on. When the other process ends, this one ends with it."""
    while True:
        try:
            cells.put(pickle.load(sys.stdin.buffer))
        except EOFError:
            os._exit(1)


def _import_libraries():
    """Imports what cells need, before a second thread does."""
    # Keras and TensorFlow import these where they find them, a third of all imports, for wrappers,
    # pictures and converters that no cell uses. Methods find them again.
    unused = {"jax", "matplotlib", "sklearn"} - {os.environ.get("KERAS_BACKEND")}
    hidden = [package for package in unused if sys.modules.setdefault(package, None) is None]
    import keras  # noqa: F401

    for package in hidden:
        del sys.modules[package]
    from keras_ranksim.experiments import cells  # noqa: F401


def _prepared(job_path):
    import keras
    import tensorflow as tf

    from keras_ranksim.methods.registry import find, register, unregister

    with open(job_path, "rb") as file:
        settings = pickle.load(file)
        sys.orig_argv = settings["command"]  # which runs record
        tf.config.threading.set_intra_op_parallelism_threads(settings["threads"])
        for device in tf.config.list_physical_devices("GPU"):  # which the processes share
            tf.config.experimental.set_memory_growth(device, True)
        keras.config.set_floatx(settings["floatx"])
        keras.config.set_epsilon(settings["epsilon"])
        keras.config.set_dtype_policy(settings["policy"])
        methods, runner = pickle.load(file)
    for entry in methods:
        if find(entry.name) is not None:
            unregister(entry.name)
        register(entry)
    return runner


def _failing(error):
    from keras_ranksim.experiments.result import Failure

    failure = Failure(f"A process could not load the benchmark: {type(error).__name__}: {error}")
    return lambda cell: failure


if __name__ == "__main__":
    path, *cores = sys.argv[1:]
    if cores:
        os.sched_setaffinity(0, map(int, cores))
    main(path)
