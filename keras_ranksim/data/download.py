"""Downloads that go on where they stopped, and that are whole or not there at all."""

import hashlib
import http.client
import os
import shutil
import ssl
import time
import urllib.error
import urllib.request
from pathlib import Path

from keras_ranksim.data.progress_bar import ProgressBar

CHUNK = 1 << 20
NOT_WORTH_ASKING_AGAIN = (400, 401, 403, 404, 405, 410, 451)
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
    sha256: str | None = None,
    attempts: int = 5,
    wait: float = 2.0,
    timeout: float = 60.0,
    progress: bool = True,
) -> Path:
    """Downloads a file; when cut off, the next call goes on where this one stopped.

    What has come so far lies in `<path>.part` (and what identifies the server's version of
    the file in `<path>.part.tag`); the file gets its name when it is complete and its hash is
    right. A file that is there already is left as it is.

    Args:
        url: Where to download from.
        path: The file to make.
        sha256: Expected hash, or `None` not to check it.
        attempts: How often to try before giving up.
        wait: Seconds before the second attempt, doubled for each further one.
        timeout: Seconds without any data after which the connection counts as lost.
        progress: Whether to show a progress bar.

    Returns:
        The path.

    Raises:
        ConnectionError: The file could not be had, or only a part of it, which is kept.
        ValueError: The file has another hash than expected; it is deleted.
    """
    path = Path(path)
    if path.exists():
        return path
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_name(path.name + ".part")
    for attempt in range(1, attempts + 1):
        last = attempt == attempts
        try:
            if _fetch(url, part, timeout, progress):
                break
            problem = "the connection was cut"
        except urllib.error.HTTPError as error:
            problem = f"the server answers {error.code} {error.reason}"
            last = last or error.code in NOT_WORTH_ASKING_AGAIN
        except NETWORK_ERRORS as error:
            problem = str(getattr(error, "reason", error)) or type(error).__name__
        if last:
            raise ConnectionError(_gave_up(url, part, problem))
        time.sleep(wait * 2 ** (attempt - 1))
    _check_hash(url, part, sha256)
    os.replace(part, path)
    _tag_file(part).unlink(missing_ok=True)
    return path


def _fetch(url, part, timeout, progress):
    """Appends what is missing to `part`; whether it is complete then."""
    have = part.stat().st_size if part.exists() else 0
    request = urllib.request.Request(url)
    if have:
        request.add_header("Range", f"bytes={have}-")
        if _tag_file(part).exists():
            request.add_header("If-Range", _tag_file(part).read_text())
    try:
        response = urllib.request.urlopen(request, timeout=timeout)
    except urllib.error.HTTPError as error:
        if error.code == 416:
            return _is_complete(part, have, error.headers.get("Content-Range", ""))
        raise
    with response:
        resumed = response.status == 206
        total = _total(response, have if resumed else 0)
        _write_tag(part, response.headers)
        _check_space(part, url, total, have if resumed else 0)
        with open(part, "ab" if resumed else "wb") as file:
            return _copy(response, file, total, progress)


def _copy(response, file, total, progress):
    bar = ProgressBar(total, unit_name="byte", verbose=int(progress))
    while chunk := response.read1(CHUNK):
        file.write(chunk)
        bar.update(file.tell())
    return total is None or file.tell() == total


def _is_complete(part, have, content_range):
    if content_range == f"bytes */{have}":
        return True
    part.unlink()
    return False


def _total(response, have):
    length = response.headers.get("Content-Length")
    return None if length is None else have + int(length)


def _write_tag(part, headers):
    # Without a strong tag the server cannot promise that both halves are of one file.
    tag = headers.get("ETag", "")
    tag = headers.get("Last-Modified", "") if not tag or tag.startswith("W/") else tag
    if tag:
        _tag_file(part).write_text(tag)
    else:
        _tag_file(part).unlink(missing_ok=True)


def _tag_file(part):
    return part.with_name(part.name + ".tag")


def _check_space(part, url, total, have):
    free = shutil.disk_usage(part.parent).free
    if total is not None and total - have > free:
        raise ValueError(
            f"There must be room for {url} in '{part.parent}': {_size(total - have)} are to come. "
            f"Received: {_size(free)} free"
        )


def _check_hash(url, part, sha256):
    if sha256 is None:
        return
    found = file_hash(part)
    if found != sha256:
        part.unlink()
        _tag_file(part).unlink(missing_ok=True)
        raise ValueError(
            f"The file at {url} must have the sha256 {sha256}. Received: a file with {found}, "
            "which was deleted; try again, and if it happens again, the file there has changed"
        )


def file_hash(path) -> str:
    """The sha256 of a file, in hexadecimal."""
    with open(path, "rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _gave_up(url, part, problem):
    have = part.stat().st_size if part.exists() else 0
    kept = (
        f"{_size(have)} are kept in '{part}', and the same call goes on from there"
        if have
        else "nothing was stored"
    )
    return f"{url} could not be downloaded, because {problem}; {kept}."


def _size(count):
    for unit in ("bytes", "kB", "MB"):
        if count < 1000:
            return f"{count:.0f} {unit}" if unit == "bytes" else f"{count:.1f} {unit}"
        count /= 1000
    return f"{count:.1f} GB"
