"""Gradients on whatever backend Keras runs on, as NumPy arrays."""

import keras
import numpy as np


def value_and_gradient(function, array, compiled=False, **options):
    """A scalar function of one tensor, and its gradient there.

    Args:
        function: Maps a tensor to a scalar.
        array: Where to evaluate it, as an array.
        compiled: Whether TensorFlow compiles the function. JAX always does: it would compile
            every single operation otherwise, which takes longer.
        **options: For `tf.function`.
    """
    name = keras.config.backend()
    tensor = keras.ops.convert_to_tensor(np.asarray(array))
    if name == "tensorflow":
        import tensorflow as tf

        def differentiated(tensor):
            with tf.GradientTape() as tape:
                tape.watch(tensor)
                value = function(tensor)
            gradient = tape.gradient(value, tensor, unconnected_gradients="zero")
            return value, tf.convert_to_tensor(gradient)

        if compiled:
            differentiated = tf.function(differentiated, **options)
        value, gradient = differentiated(tensor)
    elif name == "jax":
        import jax

        value, gradient = jax.jit(jax.value_and_grad(function))(tensor)
    else:
        tensor = tensor.clone().requires_grad_()
        value = function(tensor)
        value.backward()
        zero = keras.ops.zeros_like(tensor)
        gradient = zero if tensor.grad is None else tensor.grad
    return numpy(value), numpy(gradient)


def evaluate(function, *arrays):
    """The value of a function of tensors; JAX compiles it."""
    tensors = [keras.ops.convert_to_tensor(np.asarray(array)) for array in arrays]
    if keras.config.backend() == "jax":
        import jax

        function = jax.jit(function)
    return keras.tree.map_structure(numpy, function(*tensors))


def gradient(function, array, **options):
    """The gradient alone."""
    return value_and_gradient(function, array, **options)[1]


def numpy(tensor):
    """A tensor of any backend as an array."""
    return keras.ops.convert_to_numpy(tensor)
