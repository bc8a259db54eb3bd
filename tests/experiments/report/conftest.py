"""One finished table of runs on data whose every name is meant to break a page."""

import dataclasses

import numpy as np
import pandas
import pytest

import keras_ranksim as kr

HOSTILE = '<img src="http://example.org/x.png" onerror="throw 1">'


def hostile_benchmark():
    random = np.random.default_rng(0)
    frame = pandas.DataFrame({"size & <b>weight</b>": random.normal(size=400)})
    frame["text"] = random.choice(["plain", HOSTILE, "</table><script>throw 2</script>"], 400)
    noise = 0.1 * random.normal(size=400)
    label = "price </title><script>throw 3</script> $x$"
    frame[label] = np.round(np.exp(1.5 + 0.8 * frame.iloc[:, 0] + noise), 1)
    benchmark = kr.data.load_table(frame, label=label, label_unit='"€" & <i>')
    facts = {**benchmark.facts, "differences": ["a <b>smaller</b> network"], "of user": HOSTILE}
    return benchmark.replace(name="agedb-dir", facts=facts)


@pytest.fixture(scope="module")
def hostile():
    return hostile_benchmark()


@dataclasses.dataclass
class Finished:
    """A table and its folder."""

    table: kr.experiments.Table
    folder: object


@pytest.fixture(scope="module")  # pictures are drawn for one file and dots for the other
def finished(tmp_path_factory, hostile):
    folder = tmp_path_factory.mktemp("runs")
    table = kr.experiments.run_table(
        hostile, ["VANILLA", "RANKSIM", "RRT + FDS"], [0], epochs=2, output_dir=folder
    )
    assert not table.errors(), table.errors()
    assert not list(folder.rglob("*.html")), "training writes data only"
    kr.experiments.write_report(folder)
    return Finished(table, folder)
