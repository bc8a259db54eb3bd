"""Training on several machines: which worker is the chief, and the error if one is lost."""

import contextlib

import tensorflow as tf


def has_several_workers(strategy: tf.distribute.Strategy) -> bool:
    """Whether a strategy trains one model in several processes."""
    if not isinstance(strategy, tf.distribute.MultiWorkerMirroredStrategy):
        return False
    cluster = strategy.cluster_resolver.cluster_spec()
    jobs = [job for job in cluster.jobs if job in ("chief", "worker")]
    return sum(cluster.num_tasks(job) for job in jobs) > 1


def is_chief(strategy: tf.distribute.Strategy) -> bool:
    """Whether this process is the one that writes files for all workers.

    Example:

    >>> import tensorflow as tf
    >>> from keras_ranksim.distribute.workers import is_chief
    >>> is_chief(tf.distribute.get_strategy())
    True
    """
    if not has_several_workers(strategy):
        return True
    resolver = strategy.cluster_resolver
    jobs = resolver.cluster_spec().jobs
    return resolver.task_type == "chief" or ("chief" not in jobs and resolver.task_id == 0)


@contextlib.contextmanager
def explain_lost_workers(strategy: tf.distribute.Strategy):
    """Turns a lost-worker error into one that explains how to resume."""
    try:
        yield
    except tf.errors.OpError as error:
        reason = _reason_of_loss(error)
        if reason is None or not has_several_workers(strategy):
            raise
        resolver = strategy.cluster_resolver
        raise RuntimeError(
            f"Training stopped in {resolver.task_type} {resolver.task_id} because another worker "
            "exited or cannot be reached. Start all workers again with the same command: with "
            "`keras_ranksim.distribute.ChiefBackup` among the callbacks they resume after the "
            f"last finished epoch. TensorFlow's message: {reason}"
        ) from error


def _reason_of_loss(error):
    """The line of TensorFlow's message about lost workers, or `None` without one."""
    lines = [line.strip() for line in error.message.splitlines()]
    lost = [line for line in lines if line.startswith("Collective ops is aborted")]
    if not lost and isinstance(error, tf.errors.UnavailableError):
        lost = lines
    return lost[0] if lost else None
