"""The benchmarks as `tf.data`, all returned as the same `Benchmark` object."""

from keras_ranksim.data.benchmark import Benchmark
from keras_ranksim.data.recipe import Recipe

__all__ = ["Benchmark", "Recipe"]
