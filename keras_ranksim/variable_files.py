"""Files of arrays, and of the values of Keras variables."""

import zipfile

import keras
import numpy as np

from keras_ranksim.files import whole_file


def save_variables(path, variables, **facts) -> None:
    """Writes the values of variables, and numbers that belong to them, as a whole `.npz`.

    Args:
        path: The file.
        variables: The variables.
        **facts: Numbers by name, such as `epoch=3`.
    """
    arrays = {str(i): keras.ops.convert_to_numpy(variable) for i, variable in enumerate(variables)}
    with whole_file(path) as part:
        np.savez(part, **arrays, **facts)


def load_variables(path, variables) -> dict[str, np.ndarray]:
    """Assigns what `save_variables` wrote to the same variables of the same or an equal model.

    Returns:
        The arrays of the file, among them the facts by name.
    """
    arrays = load_arrays(path)
    for i, variable in enumerate(variables):
        variable.assign(arrays[str(i)])
    return arrays


def load_arrays(path) -> dict[str, np.ndarray]:
    """Reads an `.npz`; raises `zipfile.BadZipFile` if it is something else."""
    # NumPy leaves a damaged file that it opened by name open.
    with open(path, "rb") as file:
        if not zipfile.is_zipfile(file):
            raise zipfile.BadZipFile("not an .npz file, or not a complete one")
        file.seek(0)
        with np.load(file) as saved:
            return dict(saved)
