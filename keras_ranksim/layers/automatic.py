"""RankSim's weight and perturbation, measured in the first steps where the user gives `"auto"`.

Both are the geometric mean over the first steps and kept from then on, so that the rest of
training minimises one and the same loss. Measured anew at every step they would run away: RankSim
draws similarities together, which makes its gradient smaller and the weight larger.
"""

import math

import keras
import numpy as np
import tensorflow as tf
from keras import ops

from keras_ranksim.ops.spread import similarity_spread
from keras_ranksim.scope.replicas import replica_count

AUTO = "auto"
STEPS = 50
GRADIENT_RATIO = 0.1
SHARE_OF_SPREAD = 0.05

# Two random orders differ by 1 / sqrt(6), root mean square, where ranks run from 0 to 1.
RANDOM_ORDER = 1 / math.sqrt(6)


def measurement(name: str) -> keras.Variable:
    """The logarithms that the first steps gave, added up, and how many; one in every replica."""
    return keras.Variable(
        np.zeros(2),
        dtype="float32",
        trainable=False,
        autocast=False,
        aggregation="only_first_replica",
        synchronization="on_read",
        name=name,
    )


def mean_so_far(measured):
    """The geometric mean of what was measured up to now, 0 before the first step."""
    total, steps = measured[0], measured[1]
    return ops.where(steps > 0, ops.exp(total / ops.maximum(steps, 1.0)), 0.0)


def is_measuring(measured):
    """Whether the first steps are not over."""
    return measured[1] < STEPS


def recorded(measured: keras.Variable, value):
    """The mean so far, with that of this step, if it is one of the first and measured anything."""
    counts = ops.logical_and(is_measuring(measured), ops.isfinite(value))
    counts = ops.logical_and(counts, value > 0)
    logarithm = ops.log(ops.where(counts, value, 1.0))
    now = ops.convert_to_tensor(measured) + ops.stack([logarithm, ops.cast(counts, "float32")])
    measured.assign(now)
    return mean_so_far(now)


def perturbation_of_spread(features, reduction: str):
    """The perturbation that moves similarities by a share of their spread, a scalar.

    A perturbation of 1 moves them by the gradient of the term at gamma 1 with respect to the
    ranks, which is `2 / M` times the differences of two orders, here taken to be random.

    Args:
        features: One sample a distinct label, `(M, D)`.
        reduction: As in `RankSimRegularizer`.
    """
    count = ops.cast(ops.shape(features)[0], "float32")
    of_one = 2 * RANDOM_ORDER / (count if reduction == "sum" else ops.square(count))
    return SHARE_OF_SPREAD * similarity_spread(features) / of_one


def value_and_gradient(term, features):
    """A scalar function's value and its gradient in float32, neither of them differentiable."""
    features = ops.cast(ops.stop_gradient(features), "float32")
    with tf.GradientTape() as tape:
        tape.watch(features)
        value = term(features)
    return value, tape.gradient(value, features)


def weighed(features, gradient, measured: keras.Variable):
    """Brings a term's gradient to the features, weighed against all else that reaches them.

    The weight is `GRADIENT_RATIO` times the length of the gradient that comes from the layers
    above over that of the term's own, both of the global batch. Both are known in the backward
    pass only, and the scale of the loss, which both the weight must not and the step must
    follow, only at the loss: so there is one zero for each place.

    Args:
        features: What the term is a function of, any float type.
        gradient: Function without arguments to the term's gradient at weight 1, float32; called
            in the backward pass.
        measured: Keeps the weight.

    Returns:
        Zeros to be added to the features, and a zero to be added to the loss.
    """

    @tf.custom_gradient
    def zeros(features):
        def backward(of_features, of_loss):
            own = gradient()
            of_others = ops.cast(of_features, "float32")
            squares = ops.stack([ops.sum(ops.square(of_others)), ops.sum(ops.square(own))])
            if replica_count() > 1:
                context = tf.distribute.get_replica_context()
                squares = context.all_reduce(tf.distribute.ReduceOp.SUM, squares)
            ratio = ops.sqrt(squares[0]) / ops.sqrt(squares[1])
            weight = recorded(measured, GRADIENT_RATIO * ratio / ops.cast(of_loss, "float32"))
            return ops.cast(of_loss * weight * own, features.dtype)

        return (ops.zeros_like(features), ops.zeros((), dtype="float32")), backward

    return zeros(ops.convert_to_tensor(features))
