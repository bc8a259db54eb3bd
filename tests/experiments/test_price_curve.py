"""The price curve: a table over powers of the count, its points and its picture."""

import numpy as np
import pandas as pd
import pytest

import keras_ranksim as kr
from keras_ranksim.experiments import price_curve, run
from keras_ranksim.experiments.price_curve import price_points
from keras_ranksim.experiments.report.comparisons import comparisons
from keras_ranksim.experiments.table import read_table


@pytest.fixture(scope="module")
def benchmark():
    random = np.random.default_rng(0)
    frame = pd.DataFrame({"a": random.normal(size=1500)})
    frame["price"] = np.round(np.exp(1.5 + 0.8 * frame["a"]))
    return kr.data.load_table(frame, label="price", name="prices", batch_size=600)


def test_powers_are_trainings_with_their_weights_and_resume(benchmark, tmp_path, monkeypatch):
    table = price_curve(benchmark, (1, 0, 0.25), seeds=[0, 1], output_dir=tmp_path, epochs=1)
    assert table.errors() == {}
    for power, name in ((0, "VANILLA"), (1, "INV")):
        expected = run(benchmark, name, epochs=1, verbose=0).report
        found = table.results[f"power {power}"][0].report
        pd.testing.assert_frame_equal(found, expected, rtol=1e-3)
    points = price_points(table)
    assert points.index.tolist() == [0, 0.25, 1]
    few = [cell.report.loc["few", "mae"] for cell in table.results["power 0.25"].values()]
    np.testing.assert_allclose(points.loc[0.25, "few"], np.mean(few))
    np.testing.assert_allclose(points.loc[0.25, "few_std"], np.std(few, ddof=1))
    pd.testing.assert_frame_equal(price_points(read_table(tmp_path)), points)
    text = kr.experiments.write_report(tmp_path).read_text()
    assert "What rare labels cost the frequent ones" in text
    pictures = {picture.name: picture for picture in comparisons(table, benchmark.recipe, "")}
    for name in ("price_curve", "differences"):
        assert (tmp_path / "pictures" / f"{name}.png").exists()
        assert len(pictures[name].draw("light").axes) > 0
    monkeypatch.setattr(kr.ImbalancedRegressor, "fit", lambda *a, **k: pytest.fail("trained"))
    price_curve(benchmark, (0, 0.25), seeds=[0, 1], output_dir=tmp_path, epochs=1)


def test_benchmarks_may_differ_by_seed(benchmark):
    asked = []
    price_curve(lambda seed: asked.append(seed) or benchmark, [0.5], [3], epochs=1)
    assert set(asked) == {3}


def table_of(names):
    def result(value):
        report = pd.DataFrame({"mae": [value, value + 1]}, index=["many", "few"])
        return kr.experiments.Result("x", None, 0, report, report, {})

    return kr.experiments.Table("x", {name: {0: result(i)} for i, name in enumerate(names)})


def test_methods_that_only_weigh_by_a_power_are_points_too():
    names = ["INV", "VANILLA", "SQINV", "SQINV + LDS", "DENSE", "RRT", "VANILLA + RANKSIM"]
    names += ["power 0.75", "VANILLA | INV", "SQINV, tuned"]
    recipe = kr.data.Recipe(epochs=1, batch_size=1, learning_rate=1)
    points = price_points(table_of(names), recipe)
    assert points["many"].to_dict() == {0.0: 1.0, 0.5: 2.0, 0.75: 7.0, 1.0: 0.0}
    assert price_points(table_of(names)).index.tolist() == [0.75]


@pytest.mark.parametrize(
    ("powers", "message"),
    [
        ([], "`powers` must hold at least one power"),
        ([0, -1], r"`powers` must be a number of at least 0 \(each a power.*powers=-1"),
    ],
)
def test_wrong_powers_are_named(benchmark, powers, message):
    with pytest.raises(ValueError, match=message):
        price_curve(benchmark, powers)
