"""Reading one tensor of a `.safetensors` file."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np

DTYPES = {"F64": "<f8", "F32": "<f4", "F16": "<f2", "BF16": "<u2"}
LARGEST_HEADER = 100_000_000  # bytes, the limit of the format


def read_tensor(path, name_end: str) -> np.ndarray:
    """Reads the tensor whose name ends in `name_end`, as float32.

    The format: eight bytes with the length of a JSON header (little-endian), the header with
    each tensor's `dtype`, `shape` and `data_offsets`, then the raw bytes.

    Args:
        path: The file.
        name_end: End of the tensor's name; exactly one tensor must have it.

    Returns:
        A float32 array.

    Example:

    >>> import json, tempfile
    >>> import numpy as np
    >>> from pathlib import Path
    >>> from keras_ranksim.data.sentences.safetensors import read_tensor
    >>> entry = {"dtype": "F32", "shape": [1, 2], "data_offsets": [0, 8]}
    >>> header = json.dumps({"model.vectors.weight": entry}).encode()
    >>> file = Path(tempfile.mkdtemp()) / "model.safetensors"
    >>> values = np.array([0.5, 2.0], dtype="<f4")
    >>> _ = file.write_bytes(len(header).to_bytes(8, "little") + header + values.tobytes())
    >>> read_tensor(file, "vectors.weight")
    array([[0.5, 2. ]], dtype=float32)
    """
    path = Path(path)
    with path.open("rb") as file:
        length = int.from_bytes(file.read(8), "little")
        size = path.stat().st_size
        if not 2 <= length <= min(size - 8, LARGEST_HEADER):
            raise _damaged(path, f"a header of {length} bytes in a file of {size}")
        try:
            header = json.loads(file.read(length))
            entries = {key: header[key] for key in header if key.endswith(name_end)}
        except (ValueError, TypeError) as error:
            raise _damaged(path, "a header that is not JSON") from error
        if len(entries) != 1:
            raise ValueError(
                f"{path} must hold exactly one tensor whose name ends in '{name_end}'. "
                f"Received: {sorted(entries) or 'none among ' + str(len(header)) + ' tensors'}"
            )
        ((name, entry),) = entries.items()
        dtype, shape, start, end = _checked(path, name, entry, size - 8 - length)
        file.seek(8 + length + start)
        array = np.frombuffer(file.read(end - start), dtype=dtype).reshape(shape)
    if entry["dtype"] == "BF16":
        # bfloat16 is the upper half of a float32.
        array = (array.astype("<u4") << 16).view("<f4")
    return array.astype("float32")


def _checked(path, name, entry, available):
    try:
        kind, shape, (start, end) = entry["dtype"], entry["shape"], entry["data_offsets"]
        values = int(np.prod(shape, dtype="int64"))
    except (KeyError, TypeError, ValueError) as error:
        raise _damaged(path, f"an incomplete entry for '{name}'") from error
    if kind not in DTYPES:
        raise ValueError(
            f"Tensor '{name}' of {path} must be of one of the types {', '.join(DTYPES)}. "
            f"Received: {kind}"
        )
    if (
        not 0 <= start <= end <= available
        or end - start != values * np.dtype(DTYPES[kind]).itemsize
    ):
        raise _damaged(
            path,
            f"'{name}' of shape {shape} at bytes {start} to {end} of {available} bytes of data",
        )
    return DTYPES[kind], shape, start, end


def _damaged(path, found):
    return ValueError(
        f"{path} must be a whole .safetensors file, but is damaged or cut off. Received: {found}"
    )
