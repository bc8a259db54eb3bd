"""The small search of these tests, trained once."""

import pytest
from small_search import make_benchmark, small_search


@pytest.fixture(scope="session")
def benchmark():
    return make_benchmark()


@pytest.fixture(scope="session")
def found(tmp_path_factory):
    return small_search(tmp_path_factory.mktemp("tuning") / "search")
