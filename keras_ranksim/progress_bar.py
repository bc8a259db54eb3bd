"""Progress of long work."""

import contextlib
import sys
import time

import keras


class ProgressBar(keras.utils.Progbar):
    """Keras' bar on standard error, which leaves standard output to results.

    Args:
        patience: Seconds after which the bar appears.
        *args, **kwargs: As in `keras.utils.Progbar`.
    """

    def __init__(self, *args, patience: float = 0.0, **kwargs):
        self._appears = time.monotonic() + patience
        with contextlib.redirect_stdout(sys.stderr):
            super().__init__(*args, **kwargs)

    def update(self, *args, **kwargs):
        """As in `keras.utils.Progbar`."""
        if time.monotonic() >= self._appears:
            with contextlib.redirect_stdout(sys.stderr):
                super().update(*args, **kwargs)
