"""The files of UTKFace: ages from their names, copies found by their contents."""

from __future__ import annotations

import collections
import dataclasses
import hashlib
import re
import zipfile
from collections.abc import Iterator, Sequence
from pathlib import Path, PurePosixPath

ENDINGS = (".jpg", ".jpeg", ".png")
AGE = re.compile(r"^(\d{1,3})_")


@dataclasses.dataclass(frozen=True)
class FaceFiles:
    """The image files of a folder or a zip archive.

    Args:
        path: The folder or the archive.
        names: Names of the images inside it, sorted.
        versions: What changes when a file does: its size, and its checksum or time.
    """

    path: Path
    names: list[str]
    versions: list[tuple[int, int]]

    def contents(self, names: Sequence[str]) -> Iterator[bytes]:
        """The contents of the files of these names, one after the other."""
        if self.path.is_dir():
            for name in names:
                yield (self.path / name).read_bytes()
        else:
            with zipfile.ZipFile(self.path) as archive:
                for name in names:
                    yield archive.read(name)


@dataclasses.dataclass(frozen=True)
class Copies:
    """What is left of equal files.

    Args:
        kept: Places of the files that stay, one of each group of equal ones.
        dropped: Number of further copies that go.
        contradicting_groups: Number of groups of equal files with different ages.
        contradicting: Number of files in these groups, which all go.
    """

    kept: list[int]
    dropped: int
    contradicting_groups: int
    contradicting: int


def face_files(path) -> FaceFiles:
    """Finds the JPEG and PNG files of a folder, its subfolders included, or of a zip archive."""
    path = Path(path)
    if path.is_dir():
        found = [file for file in path.rglob("*") if _is_image(file.name) and file.is_file()]
        versions = {file.relative_to(path).as_posix(): _version(file.stat()) for file in found}
    elif zipfile.is_zipfile(path):
        with zipfile.ZipFile(path) as archive:
            versions = {
                entry.filename: (entry.file_size, entry.CRC)
                for entry in archive.infolist()
                if _is_image(PurePosixPath(entry.filename).name)
            }
    elif path.exists():
        raise ValueError(
            "`path` must be a folder or a complete zip archive of UTKFace. "
            f"Received: '{path}', which is neither"
        )
    else:
        raise FileNotFoundError(
            "`path` must be a folder or a zip archive of UTKFace. "
            f"Received: '{path}', where there is nothing"
        )
    names = sorted(versions)
    return FaceFiles(path, names, [versions[name] for name in names])


def age_in_name(name: str) -> int | None:
    """The age in a name such as `26_0_2_20170104.jpg`, `None` if there is none.

    Example:

    >>> from keras_ranksim.data.faces.utkface_files import age_in_name
    >>> age_in_name("part1/26_0_2_20170104.jpg"), age_in_name("_0_2_20170104.jpg")
    (26, None)
    """
    match = AGE.match(PurePosixPath(name).name)
    return int(match.group(1)) if match else None


def without_copies(ages: Sequence[int], contents) -> Copies:
    """Finds equal files. Those of different ages all go; of the others, the first stays.

    Args:
        ages: The age of every file.
        contents: The contents of every file, an iterable of bytes.

    Example:

    >>> from keras_ranksim.data.faces.utkface_files import without_copies
    >>> without_copies([20, 30, 30, 41, 42], [b"a", b"b", b"b", b"c", b"c"])
    Copies(kept=[0, 1], dropped=1, contradicting_groups=1, contradicting=2)
    """
    groups = collections.defaultdict(list)
    for place, content in enumerate(contents):
        groups[hashlib.sha256(content).digest()].append(place)
    agreeing = [group for group in groups.values() if len({ages[place] for place in group}) == 1]
    kept = sorted(group[0] for group in agreeing)
    in_agreement = sum(map(len, agreeing))
    return Copies(
        kept=kept,
        dropped=in_agreement - len(kept),
        contradicting_groups=len(groups) - len(agreeing),
        contradicting=len(ages) - in_agreement,
    )


def _is_image(name):
    # macOS adds files such as ._26_0_2.jpg to archives.
    return name.lower().endswith(ENDINGS) and not name.startswith(".")


def _version(status):
    return status.st_size, status.st_mtime_ns
