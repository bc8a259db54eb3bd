"""The scope in which variables of a model may be written."""

import contextlib

import keras


def strategy_scope(model: keras.Model):
    """The scope of the model's distribution strategy, if its backend has any."""
    strategy = getattr(model, "distribute_strategy", None)
    return contextlib.nullcontext() if strategy is None else strategy.scope()
