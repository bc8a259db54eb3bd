"""KerasTuner, or an error that says how to install it."""

from keras_ranksim.validation import optional_package

keras_tuner = optional_package("keras_tuner", "tuning")
