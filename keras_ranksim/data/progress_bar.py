"""Progress of long work on data."""

import contextlib
import sys

import keras


class ProgressBar(keras.utils.Progbar):
    """Keras' bar on standard error, which leaves standard output to results.

    Args: as in `keras.utils.Progbar`.
    """

    def __init__(self, *args, **kwargs):
        with contextlib.redirect_stdout(sys.stderr):
            super().__init__(*args, **kwargs)

    def update(self, *args, **kwargs):
        """As in `keras.utils.Progbar`."""
        with contextlib.redirect_stdout(sys.stderr):
            super().update(*args, **kwargs)
