"""Archives to folders that are complete or not there at all."""

import os
import shutil
import tarfile
from pathlib import Path, PurePosixPath, PureWindowsPath

from keras_ranksim.data.progress_bar import ProgressBar


def unpack_tar(archive, folder, progress: bool = True) -> Path:
    """Unpacks a tar archive whose members all lie in one top folder, and makes it `folder`.

    It unpacks beside the target and renames at the end, so an interrupted call leaves no
    half-filled `folder`, and the next one starts anew.

    Args:
        archive: The `.tar` file, which may be compressed.
        folder: The folder to make; its name is that of the archive's top folder. One that is
            there already is left as it is.
        progress: Whether to show a progress bar.

    Returns:
        The folder.

    Raises:
        ValueError: A member would leave the folder, is a link or a device, or the archive is
            cut off. Nothing of it stays.
    """
    archive, folder = Path(archive), Path(folder)
    if folder.exists():
        return folder
    unfinished = folder.with_name(folder.name + ".unpacking")
    shutil.rmtree(unfinished, ignore_errors=True)
    unfinished.mkdir(parents=True)
    try:
        _unpack(archive, unfinished, folder.name, progress)
    except (tarfile.TarError, EOFError) as error:
        raise ValueError(
            f"'{archive}' must be a complete tar archive ({error}). Delete it and download it again"
        ) from error
    else:
        os.replace(unfinished, folder)
    finally:
        shutil.rmtree(unfinished, ignore_errors=True)
    return folder


def _unpack(archive, target, top, progress):
    size = archive.stat().st_size
    bar = ProgressBar(size, unit_name="byte", verbose=int(progress))
    with open(archive, "rb") as raw, tarfile.open(fileobj=raw) as members:
        for member in members:
            path = target.joinpath(*_inside(member, top, archive))
            if member.isdir():
                path.mkdir(parents=True, exist_ok=True)
            else:
                path.parent.mkdir(parents=True, exist_ok=True)
                # Opened as new: a second member of the same name cannot overwrite the first.
                with members.extractfile(member) as source, open(path, "xb") as file:
                    shutil.copyfileobj(source, file)
            bar.update(min(raw.tell(), size))
        bar.update(size, finalize=True)


def _inside(member, top, archive):
    """The parts of the member's path below the top folder, or an error."""
    parts = PurePosixPath(member.name).parts
    parts = parts[1:] if parts[:1] == (".",) else parts
    leaves = ".." in parts or "\\" in member.name or PureWindowsPath(member.name).drive
    if leaves or parts[:1] != (top,):
        raise ValueError(
            f"Every member of '{archive}' must lie in its folder '{top}'. "
            f"Received: a member named '{member.name}'; nothing was unpacked"
        )
    if not (member.isfile() or member.isdir()):
        raise ValueError(
            f"'{archive}' may hold only files and folders, no links or devices. "
            f"Received: a member named '{member.name}' of type {member.type!r}; "
            "nothing was unpacked"
        )
    return parts[1:]
