"""Downloads from a local server that can cut the connection, and unpacking."""

import concurrent.futures
import hashlib
import http.server
import io
import os
import tarfile
import threading
import types

import pytest

from keras_ranksim.data.download import download_file, unpack_tar
from keras_ranksim.files import file_hash

CONTENTS = bytes(range(256)) * 2000


class Handler(http.server.BaseHTTPRequestHandler):
    """Serves `server.contents`, and stops after `server.cut_after` bytes of a response."""

    def do_GET(self):
        state = self.server.state
        state.requests.append(dict(self.headers))
        if state.status is not None:
            self.send_error(state.status)
            return
        start = self._start(state)
        start = min(start, state.resumes_at or start)
        if start == len(state.contents):
            self.send_response(416)
            self.send_header("Content-Range", f"bytes */{start}")
            self.send_header("Content-Length", "0")
            self.end_headers()
            return
        body = state.contents[start:]
        self.send_response(206 if start else 200)
        self.send_header("Content-Length", str(len(body)))
        self.send_header("ETag", state.tag)
        if start:
            end = len(state.contents)
            self.send_header("Content-Range", f"bytes {start}-{end - 1}/{end}")
        self.end_headers()
        self.wfile.write(body[: state.cut_after])
        self.close_connection = True

    def _start(self, state):
        if not state.supports_range or "Range" not in self.headers:
            return 0
        if self.headers.get("If-Range", state.tag) != state.tag:
            return 0
        return int(self.headers["Range"].removeprefix("bytes=").removesuffix("-"))

    def log_message(self, *arguments):
        pass


@pytest.fixture
def server():
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler) as running:
        running.state = types.SimpleNamespace(
            contents=CONTENTS,
            tag='"first"',
            cut_after=None,
            supports_range=True,
            resumes_at=None,
            status=None,
            requests=[],
            url=f"http://127.0.0.1:{running.server_address[1]}/faces.tar",
        )
        thread = threading.Thread(target=running.serve_forever, args=(0.01,))
        thread.start()
        yield running.state
        running.shutdown()
        thread.join()


def fetch(server, path, **options):
    return download_file(server.url, path, **{"wait": 0, "verbose": False, **options})


def names_in(folder):
    return sorted(path.name for path in folder.iterdir())


def test_a_download_is_the_file_and_leaves_nothing_else(server, tmp_path):
    path = fetch(server, tmp_path / "new" / "faces.tar")
    assert path.read_bytes() == CONTENTS
    assert names_in(path.parent) == ["faces.tar"]


def test_a_file_that_is_there_is_not_downloaded_again(server, tmp_path):
    (tmp_path / "faces.tar").write_bytes(b"mine")
    fetch(server, tmp_path / "faces.tar")
    assert (tmp_path / "faces.tar").read_bytes() == b"mine"
    assert server.requests == []


def test_an_interrupted_download_resumes_where_it_stopped(server, tmp_path):
    path = tmp_path / "faces.tar"
    server.cut_after = 100_000
    with pytest.raises(ConnectionError, match=r"call again to resume from '.*faces\.tar\.part'"):
        fetch(server, path, attempts=1)
    assert not path.exists()
    assert (tmp_path / "faces.tar.part").read_bytes() == CONTENTS[:100_000]
    server.cut_after = None
    fetch(server, path)
    assert server.requests[-1]["Range"] == "bytes=100000-"
    assert path.read_bytes() == CONTENTS
    assert names_in(tmp_path) == ["faces.tar"]


def test_one_call_gets_over_many_cuts(server, tmp_path):
    server.cut_after = 200_000
    path = fetch(server, tmp_path / "faces.tar", attempts=3)
    assert path.read_bytes() == CONTENTS
    starts = [headers.get("Range") for headers in server.requests]
    assert starts == [None, "bytes=200000-", "bytes=400000-"]


def test_a_server_without_ranges_sends_the_whole_again(server, tmp_path):
    server.supports_range = False
    server.cut_after = 100_000
    with pytest.raises(ConnectionError):
        fetch(server, tmp_path / "faces.tar", attempts=2)
    server.cut_after = None
    assert fetch(server, tmp_path / "faces.tar").read_bytes() == CONTENTS


def test_halves_of_two_versions_of_a_file_are_not_joined(server, tmp_path):
    server.cut_after = 100_000
    with pytest.raises(ConnectionError):
        fetch(server, tmp_path / "faces.tar", attempts=1)
    server.cut_after = None
    server.tag, server.contents = '"second"', CONTENTS[::-1]
    assert fetch(server, tmp_path / "faces.tar").read_bytes() == CONTENTS[::-1]


def test_a_part_without_the_tag_of_its_version_is_not_continued(server, tmp_path):
    (tmp_path / "faces.tar.part").write_bytes(b"from elsewhere")
    assert fetch(server, tmp_path / "faces.tar").read_bytes() == CONTENTS


def test_a_part_longer_than_the_file_starts_over(server, tmp_path):
    server.cut_after = 400_000
    with pytest.raises(ConnectionError):
        fetch(server, tmp_path / "faces.tar", attempts=1)
    server.cut_after, server.contents = None, CONTENTS[:400_000]
    assert fetch(server, tmp_path / "faces.tar").read_bytes() == CONTENTS[:400_000]
    assert server.requests[1]["Range"] == "bytes=400000-"


def test_a_whole_part_is_not_downloaded_again(server, tmp_path, monkeypatch):
    def stop(*arguments):
        raise KeyboardInterrupt

    monkeypatch.setattr(os, "replace", stop)  # at the last moment
    with pytest.raises(KeyboardInterrupt):
        fetch(server, tmp_path / "faces.tar")
    monkeypatch.undo()
    assert fetch(server, tmp_path / "faces.tar").read_bytes() == CONTENTS
    assert [headers.get("Range") for headers in server.requests] == [
        None,
        f"bytes={len(CONTENTS)}-",
    ]


def test_a_server_that_resumes_at_another_place_is_not_believed(server, tmp_path):
    server.cut_after = 100_000
    with pytest.raises(ConnectionError):
        fetch(server, tmp_path / "faces.tar", attempts=1)
    server.cut_after, server.resumes_at = None, 99_000
    with pytest.raises(ConnectionError, match="resumed at another place"):
        fetch(server, tmp_path / "faces.tar", attempts=1)
    server.resumes_at = None
    assert fetch(server, tmp_path / "faces.tar").read_bytes() == CONTENTS


def test_two_downloads_of_one_file_wait_for_each_other(server, tmp_path):
    with concurrent.futures.ThreadPoolExecutor(3) as pool:
        paths = [pool.submit(fetch, server, tmp_path / "faces.tar") for _ in range(3)]
    assert {path.result().read_bytes() for path in paths} == {CONTENTS}
    assert len(server.requests) == 1
    assert names_in(tmp_path) == ["faces.tar"]


def test_the_right_hash_passes_and_a_wrong_one_leaves_no_file(server, tmp_path):
    right = hashlib.sha256(CONTENTS).hexdigest()
    path = fetch(server, tmp_path / "right.tar", sha256=right.upper())
    assert file_hash(path) == right
    with pytest.raises(ValueError, match=f"must have the sha256 {'0' * 64}. Received: {right}"):
        fetch(server, tmp_path / "wrong.tar", sha256="0" * 64)
    assert names_in(tmp_path) == ["right.tar"]


def test_a_file_the_server_does_not_have_is_not_asked_for_again(server, tmp_path):
    server.status = 404
    with pytest.raises(ConnectionError, match="answered 404 Not Found; nothing was stored"):
        fetch(server, tmp_path / "faces.tar", attempts=5)
    assert len(server.requests) == 1
    assert names_in(tmp_path) == []


def test_a_server_in_trouble_is_asked_again(server, tmp_path):
    server.status = 503
    with pytest.raises(ConnectionError, match="answered 503"):
        fetch(server, tmp_path / "faces.tar", attempts=3)
    assert len(server.requests) == 3


def test_an_unreachable_server_raises(tmp_path):
    with pytest.raises(ConnectionError, match=r"http://127\.0\.0\.1:9/x could not be downloaded"):
        download_file("http://127.0.0.1:9/x", tmp_path / "x", attempts=1)


def test_a_full_disk_raises_before_anything_is_written(server, tmp_path, monkeypatch):
    usage = types.SimpleNamespace(free=1000)
    monkeypatch.setattr("shutil.disk_usage", lambda folder: usage)
    with pytest.raises(ValueError, match=r"512,000 bytes. Received: 1,000 bytes free"):
        fetch(server, tmp_path / "faces.tar")
    assert not (tmp_path / "faces.tar.part").exists()


def test_verbose_shows_a_progress_bar(server, tmp_path, capsys):
    fetch(server, tmp_path / "quiet.tar")
    assert capsys.readouterr().err == ""
    fetch(server, tmp_path / "loud.tar", verbose=True)
    assert "512000/512000" in capsys.readouterr().err


def archive_of(path, members, mode="w"):
    """Writes a tar of `(name, contents or a type of tarfile)`."""
    with tarfile.open(path, mode) as archive:
        for name, contents in members:
            member = tarfile.TarInfo(name)
            if isinstance(contents, bytes) and len(contents) > 1:
                member.size = len(contents)
                archive.addfile(member, io.BytesIO(contents))
            else:
                member.type = contents
                archive.addfile(member)
    return path


GOOD = [("imdb_crop", tarfile.DIRTYPE), ("imdb_crop/00/a.jpg", b"aaa"), ("imdb_crop/b.jpg", b"bb")]


@pytest.mark.parametrize("mode", ["w", "w:gz"])
@pytest.mark.parametrize("prefix", ["", "./"])
def test_an_archive_becomes_its_folder(tmp_path, mode, prefix):
    members = [(prefix + name, contents) for name, contents in GOOD]
    archive = archive_of(tmp_path / "imdb_crop.tar", members, mode)
    folder = unpack_tar(archive, tmp_path / "imdb_crop", verbose=False)
    assert (folder / "00" / "a.jpg").read_bytes() == b"aaa"
    assert (folder / "b.jpg").read_bytes() == b"bb"
    assert names_in(tmp_path) == ["imdb_crop", "imdb_crop.tar"]


@pytest.mark.parametrize("name", ["imdb_crop/../../outside.jpg", "../outside.jpg"])
def test_a_member_that_would_leave_the_folder_is_refused(tmp_path, name):
    archive = archive_of(tmp_path / "imdb_crop.tar", [*GOOD, (name, b"bad")])
    with pytest.raises(ValueError, match=r"complete tar archive .*outside the destination"):
        unpack_tar(archive, tmp_path / "imdb_crop", verbose=False)
    assert names_in(tmp_path) == ["imdb_crop.tar"]


@pytest.mark.parametrize("name", ["/outside.jpg", "elsewhere/a.jpg"])
def test_only_the_top_folder_is_kept(tmp_path, name):
    archive = archive_of(tmp_path / "imdb_crop.tar", [*GOOD, (name, b"bad")])
    assert names_in(unpack_tar(archive, tmp_path / "imdb_crop", verbose=False)) == ["00", "b.jpg"]
    assert names_in(tmp_path) == ["imdb_crop", "imdb_crop.tar"]
    assert not os.path.exists("/outside.jpg")


def test_an_archive_of_another_folder_is_refused(tmp_path):
    archive = archive_of(tmp_path / "imdb_crop.tar", [("elsewhere/a.jpg", b"aaa")])
    with pytest.raises(ValueError, match=r"complete tar archive of a folder 'imdb_crop'"):
        unpack_tar(archive, tmp_path / "imdb_crop", verbose=False)
    assert names_in(tmp_path) == ["imdb_crop.tar"]


@pytest.mark.parametrize("kind", [tarfile.CHRTYPE, tarfile.BLKTYPE, tarfile.FIFOTYPE])
def test_devices_are_refused(tmp_path, kind):
    archive = archive_of(tmp_path / "imdb_crop.tar", [*GOOD, ("imdb_crop/device", kind)])
    with pytest.raises(ValueError, match=r"complete tar archive .*imdb_crop/device"):
        unpack_tar(archive, tmp_path / "imdb_crop", verbose=False)
    assert names_in(tmp_path) == ["imdb_crop.tar"]


def test_a_link_that_leads_outside_is_refused(tmp_path):
    archive = tmp_path / "imdb_crop.tar"
    with tarfile.open(archive, "w") as tar:
        member = tarfile.TarInfo("imdb_crop/link")
        member.type, member.linkname = tarfile.SYMTYPE, "/etc/passwd"
        tar.addfile(member)
    with pytest.raises(ValueError, match=r"complete tar archive .*imdb_crop/link"):
        unpack_tar(archive, tmp_path / "imdb_crop", verbose=False)
    assert names_in(tmp_path) == ["imdb_crop.tar"]


@pytest.mark.parametrize("mode", ["w", "w:gz"])
def test_a_truncated_archive_leaves_no_folder(tmp_path, mode):
    members = [*GOOD, ("imdb_crop/large.jpg", os.urandom(50_000))]
    archive = archive_of(tmp_path / "imdb_crop.tar", members, mode)
    archive.write_bytes(archive.read_bytes()[:20_000])
    with pytest.raises(ValueError, match=r"must be a complete tar archive .* download it again"):
        unpack_tar(archive, tmp_path / "imdb_crop", verbose=False)
    assert names_in(tmp_path) == ["imdb_crop.tar"]


def test_an_interrupted_unpacking_is_repeated(tmp_path):
    archive = archive_of(tmp_path / "imdb_crop.tar", GOOD)
    (tmp_path / "imdb_crop.unpacking" / "imdb_crop").mkdir(parents=True)
    (tmp_path / "imdb_crop.unpacking" / "imdb_crop" / "stale.jpg").write_bytes(b"x")
    folder = unpack_tar(archive, tmp_path / "imdb_crop", verbose=False)
    assert names_in(folder) == ["00", "b.jpg"]
    assert names_in(tmp_path) == ["imdb_crop", "imdb_crop.tar"]


def test_a_folder_that_is_there_is_left_alone(tmp_path):
    (tmp_path / "imdb_crop").mkdir()
    unpack_tar(tmp_path / "no such.tar", tmp_path / "imdb_crop", verbose=False)
    assert names_in(tmp_path / "imdb_crop") == []


def test_unpacking_shows_a_progress_bar(tmp_path, capsys):
    unpack_tar(archive_of(tmp_path / "imdb_crop.tar", GOOD), tmp_path / "imdb_crop")
    assert "10240/10240" in capsys.readouterr().err
