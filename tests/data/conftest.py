"""Fixtures of the data room: small data sets that the tests draw."""

import shutil

import pytest
from drawn_depth import draw
from drawn_dots import dots

import keras_ranksim as kr


@pytest.fixture(scope="module")
def drawn(tmp_path_factory):
    folder = tmp_path_factory.mktemp("drawn") / "nyu"
    draw(folder)
    return folder


@pytest.fixture
def copied(drawn, tmp_path):
    return shutil.copytree(drawn, tmp_path / "copy")


@pytest.fixture
def images(tmp_path):
    return tmp_path / "images"


@pytest.fixture
def folder(tmp_path):
    return tmp_path / "records"


@pytest.fixture
def written(images, folder):
    """Writes the dots, with changes, into `folder`."""

    def write(shards=4, **changes):
        benchmark = dots(images, **changes)
        kr.data.write_records(benchmark, folder, shards=shards, verbose=False)
        return benchmark

    return write
