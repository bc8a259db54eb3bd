"""One decorator that makes a class known to `keras.saving` under this package's name."""

import keras

registered = keras.saving.register_keras_serializable("keras_ranksim")
