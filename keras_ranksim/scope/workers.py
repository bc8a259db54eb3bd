"""Training on several machines: which worker leads, and what is said when one is lost."""

import contextlib

import tensorflow as tf


def has_several_workers(strategy: tf.distribute.Strategy) -> bool:
    """Whether a strategy trains one model in several processes."""
    multi_worker = isinstance(strategy, tf.distribute.MultiWorkerMirroredStrategy)
    return multi_worker and strategy.extended._in_multi_worker_mode()


def is_chief(strategy: tf.distribute.Strategy) -> bool:
    """Whether this process is the one that writes files for all.

    Example:

    >>> import tensorflow as tf
    >>> from keras_ranksim.scope.workers import is_chief
    >>> is_chief(tf.distribute.get_strategy())
    True
    """
    if not has_several_workers(strategy):
        return True
    resolver = strategy.cluster_resolver
    jobs = resolver.cluster_spec().jobs
    return resolver.task_type == "chief" or ("chief" not in jobs and resolver.task_id == 0)


@contextlib.contextmanager
def telling_of_lost_workers(strategy: tf.distribute.Strategy):
    """Ends with a sentence that says what to do when another worker is lost meanwhile."""
    try:
        yield
    except tf.errors.OpError as error:
        reason = _reason_of_loss(error)
        if reason is None or not has_several_workers(strategy):
            raise
        resolver = strategy.cluster_resolver
        raise RuntimeError(
            f"Training stopped in {resolver.task_type} {resolver.task_id}, because another worker "
            "ended or cannot be reached. Start all workers again with the same command: with "
            "`keras_ranksim.models.ChiefBackup` among the callbacks they go on after the last "
            f"finished epoch. TensorFlow said: {reason}"
        ) from error


def _reason_of_loss(error):
    """The line of TensorFlow's message that tells of lost workers, or `None` without one."""
    lines = [line.strip() for line in error.message.splitlines()]
    told = [line for line in lines if line.startswith("Collective ops is aborted")]
    if not told and isinstance(error, tf.errors.UnavailableError):
        told = lines
    return told[0] if told else None
