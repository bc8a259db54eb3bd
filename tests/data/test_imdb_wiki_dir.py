"""IMDB-WIKI-DIR: the loader, with archives fetched from a local server."""

import functools
import http.server
import io
import tarfile
import threading

import numpy as np
import pytest
import tensorflow as tf

import keras_ranksim as kr
from keras_ranksim.data.faces import imdb_wiki_dir

ROWS = """age,path,split
31,imdb_crop/00/a.jpg,train
186,imdb_crop/01/b.jpg,train
59,wiki_crop/00/c.jpg,val
44,wiki_crop/00/d.jpg,test
"""


def archive(path, names):
    jpeg = tf.io.encode_jpeg(tf.fill((40, 30, 3), tf.constant(99, "uint8"))).numpy()
    with tarfile.open(path, "w") as tar:
        for name in names:
            member = tarfile.TarInfo(name)
            member.size = len(jpeg)
            tar.addfile(member, io.BytesIO(jpeg))


@pytest.fixture
def source(tmp_path_factory, monkeypatch):
    """A folder served as the public source: the split file and two archives."""
    site = tmp_path_factory.mktemp("source")
    (site / "imdb_wiki.csv").write_text(ROWS)
    archive(site / "imdb_crop.tar", ["imdb_crop/00/a.jpg", "imdb_crop/01/b.jpg"])
    archive(site / "wiki_crop.tar", ["wiki_crop/00/c.jpg", "wiki_crop/00/d.jpg"])
    handler = functools.partial(http.server.SimpleHTTPRequestHandler, directory=site)
    monkeypatch.setattr(http.server.SimpleHTTPRequestHandler, "log_message", lambda *_: None)
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        url = f"http://127.0.0.1:{server.server_address[1]}/"
        monkeypatch.setattr(imdb_wiki_dir, "FACES_URL", url)
        monkeypatch.setattr(imdb_wiki_dir, "SPLIT_URL", url + "imdb_wiki.csv")
        yield site
        server.shutdown()
        thread.join()


def test_all_of_it_is_fetched_unpacked_and_read(source, tmp_path):
    benchmark = kr.data.load_imdb_wiki_dir(tmp_path, image_size=32, download=True)
    x, y, _ = next(iter(benchmark.train))
    assert x.shape == (2, 32, 32, 3)
    assert sorted(y.numpy()[:, 0]) == [31, 186]
    x, y, weight = next(iter(benchmark.val))
    np.testing.assert_allclose(x, 99 / 127.5 - 1, atol=0.02)
    np.testing.assert_array_equal(y, [[59]])
    np.testing.assert_array_equal(weight, [1])
    names = sorted(path.name for path in tmp_path.iterdir())
    folders = ["imdb_crop", "imdb_crop.tar", "imdb_wiki.csv", "wiki_crop", "wiki_crop.tar"]
    assert names == folders


def test_what_is_there_is_not_fetched_again(source, tmp_path):
    kr.data.load_imdb_wiki_dir(tmp_path, download=True)
    for path in (*source.iterdir(), *tmp_path.glob("*.tar")):
        path.unlink()
    benchmark = kr.data.load_imdb_wiki_dir(tmp_path, image_size=32, download=True)
    assert len(benchmark.train_labels) == 2


def test_an_archive_truncated_at_the_source_leaves_no_folder(source, tmp_path):
    whole = (source / "imdb_crop.tar").read_bytes()
    (source / "imdb_crop.tar").write_bytes(whole[:700])
    with pytest.raises(ValueError, match=r"imdb_crop\.tar' must be a complete tar archive"):
        kr.data.load_imdb_wiki_dir(tmp_path, download=True)
    assert not (tmp_path / "imdb_crop").exists()


def test_missing_photographs_say_how_to_get_them(source, tmp_path):
    kr.data.load_imdb_wiki_dir(tmp_path, download=True)
    (tmp_path / "wiki_crop" / "00" / "d.jpg").unlink()
    with pytest.raises(FileNotFoundError, match=r"1 of the 4 .*d\.jpg\. `download=True` downloads"):
        kr.data.load_imdb_wiki_dir(tmp_path)


def test_ages_above_120_count_in_the_last_bin(source, tmp_path):
    benchmark = kr.data.load_imdb_wiki_dir(tmp_path, download=True)
    counts = benchmark.bins.count(benchmark.train_labels)
    assert len(counts) == 121
    assert (counts[31], counts[120]) == (1, 1)


def test_a_benchmark_has_the_papers_settings(source, tmp_path):
    benchmark = kr.data.load_imdb_wiki_dir(tmp_path, download=True)
    recipe = benchmark.recipe
    assert (recipe.epochs, recipe.batch_size, recipe.learning_rate) == (90, 256, 1e-3)
    assert recipe.milestones == (60, 80)
    np.testing.assert_array_equal(recipe.fds_bins.edges[[0, -2]], [0, 99])
    assert benchmark.name == "imdb-wiki-dir"
    assert (benchmark.label_name, benchmark.label_unit) == ("age", "years")
