"""Downloads that resume where they stopped, and archives that are unpacked whole or not at all."""

import contextlib
import http.client
import os
import shutil
import ssl
import tarfile
import time
import urllib.error
import urllib.request
from pathlib import Path

from keras_ranksim.files import file_hash
from keras_ranksim.progress_bar import ProgressBar
from keras_ranksim.validation import positive_integer

CHUNK = 1 << 20
PERMANENT = (400, 401, 403, 404, 405, 410, 451)
NETWORK_ERRORS = (
    urllib.error.URLError,
    http.client.HTTPException,
    ConnectionError,
    TimeoutError,
    ssl.SSLError,
)


def download_file(
    url: str,
    path,
    *,
    sha256: str | None = None,
    attempts: int = 5,
    wait: float = 2.0,
    timeout: float = 60.0,
    verbose: bool = True,
) -> Path:
    """Downloads a file; after an interruption, the next call resumes.

    An unfinished download is kept in `<path>.part`, beside the server's tag of that version of the
    file. `keras.utils.get_file` starts over instead, which hurts with archives of gigabytes.

    Args:
        url: Where to download from.
        path: The file to write. An existing file is left as it is.
        sha256: Expected hash, or `None` to skip the check.
        attempts: How often to try before giving up.
        wait: Seconds before the second attempt, doubled for each further one.
        timeout: Seconds without data after which the connection counts as lost.
        verbose: Whether to show a progress bar.

    Returns:
        The path.

    Raises:
        ConnectionError: The download failed; what arrived is kept.
        ValueError: The file does not have the expected hash and was deleted, or the disk is full.
    """
    path = Path(path)
    if path.exists():
        return path
    positive_integer("attempts", attempts, "tries before giving up")
    path.parent.mkdir(parents=True, exist_ok=True)
    with _alone(path.with_name(path.name + ".lock")):
        if not path.exists():  # another process may have downloaded it meanwhile
            _download(url, path, sha256, attempts, wait, timeout, verbose)
    return path


@contextlib.contextmanager
def _alone(lock):
    """Waits until no other process holds the lock, where the system has locks for files."""
    try:
        import fcntl
    except ImportError:  # Windows
        yield
        return
    with lock.open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        try:
            yield
        finally:
            lock.unlink(missing_ok=True)


def _download(url, path, sha256, attempts, wait, timeout, verbose):
    part, tag = (path.with_name(path.name + ending) for ending in (".part", ".part.tag"))
    for attempt in range(1, attempts + 1):
        permanent = False
        try:
            if _fetch(url, part, tag, timeout, verbose):
                break
            problem = "the connection was closed early"
        except urllib.error.HTTPError as error:
            problem = f"the server answered {error.code} {error.reason}"
            permanent = error.code in PERMANENT
            if error.code == 416:  # The part is the whole file, or longer: start over.
                if error.headers.get("Content-Range") == f"bytes */{part.stat().st_size}":
                    break
                part.unlink()
        except NETWORK_ERRORS as error:
            problem = str(getattr(error, "reason", error)) or type(error).__name__
        if permanent or attempt == attempts:
            kept = f"call again to resume from '{part}'" if part.exists() else "nothing was stored"
            raise ConnectionError(f"{url} could not be downloaded: {problem}; {kept}.")
        time.sleep(wait * 2 ** (attempt - 1))
    if sha256 is not None and (found := file_hash(part)) != sha256.lower():
        part.unlink()
        tag.unlink(missing_ok=True)
        raise ValueError(
            f"The file at {url} must have the sha256 {sha256}. Received: {found}; the download "
            "was deleted. Try again; if this repeats, the file has changed"
        )
    os.replace(part, path)
    tag.unlink(missing_ok=True)


def _fetch(url, part, tag, timeout, verbose):
    """Appends what is missing to `part`, and returns whether it is complete."""
    request = urllib.request.Request(url)
    if part.exists() and tag.exists():
        request.add_header("Range", f"bytes={part.stat().st_size}-")
        request.add_header("If-Range", tag.read_text())
    with urllib.request.urlopen(request, timeout=timeout) as response:
        start = response.headers.get("Content-Range", "").removeprefix("bytes ").split("-")[0]
        resumed = response.status == 206
        if resumed and start != str(part.stat().st_size):
            raise ConnectionResetError("the server resumed at another place")
        length = response.headers.get("Content-Length")
        _check_space(url, part, int(length or 0))
        with open(part, "ab" if resumed else "wb") as file:
            _remember_version(tag, response.headers)
            total = None if length is None else file.tell() + int(length)
            bar = ProgressBar(total, unit_name="byte", verbose=int(verbose))
            while chunk := response.read1(CHUNK):
                file.write(chunk)
                bar.update(file.tell())
            return total is None or file.tell() == total


def _remember_version(tag, headers):
    # Without a strong tag the server cannot guarantee that both halves belong to one file.
    version = headers.get("ETag", "W/")
    version = headers.get("Last-Modified", "") if version.startswith("W/") else version
    if version:
        tag.write_text(version)
    else:
        tag.unlink(missing_ok=True)


def _check_space(url, part, needed):
    free = shutil.disk_usage(part.parent).free
    if needed > free:
        raise ValueError(
            f"The disk of '{part.parent}' must have room for {url}, {needed:,} bytes. "
            f"Received: {free:,} bytes free"
        )


def unpack_tar(archive, folder, *, verbose: bool = True) -> Path:
    """Unpacks the top folder of a tar archive as `folder`, whole or not at all.

    Args:
        archive: The `.tar` file, which may be compressed.
        folder: The folder to create, named like the archive's top folder. An existing one is
            left as it is.
        verbose: Whether to show a progress bar.

    Returns:
        The folder.

    Raises:
        ValueError: The archive is truncated, lacks the folder, or has a member that is a device or
            would be written outside the folder.
    """
    archive, folder = Path(archive), Path(folder)
    if folder.exists():
        return folder
    unpacking = folder.with_name(folder.name + ".unpacking")
    shutil.rmtree(unpacking, ignore_errors=True)
    try:
        with open(archive, "rb") as raw, tarfile.open(fileobj=raw) as tar:
            tar.extractall(unpacking, _with_progress(tar, raw, verbose), filter="data")
        os.replace(unpacking / folder.name, folder)
    except (tarfile.TarError, EOFError, FileNotFoundError) as error:
        raise ValueError(
            f"'{archive}' must be a complete tar archive of a folder '{folder.name}' ({error}). "
            "Delete it and download it again"
        ) from error
    finally:
        shutil.rmtree(unpacking, ignore_errors=True)
    return folder


def _with_progress(tar, raw, verbose):
    size = os.path.getsize(raw.name)
    bar = ProgressBar(size, unit_name="byte", verbose=int(verbose))
    for member in tar:
        yield member
        bar.update(min(raw.tell(), size))
    bar.update(size, finalize=True)
