"""Arrays of inputs and labels."""

import keras
import numpy as np
import pytest

import keras_ranksim as kr

SPLITS = ("train", "val", "test")


def data(rows=300, seed=0):
    """Inputs of very different scales, and labels that are about a sum of them."""
    random = np.random.default_rng(seed)
    x = random.normal(size=(rows, 4)) * [1, 1000, 0.01, 0] + [5, -300, 0, 7]
    y = 1000 * (x[:, 0] - 5) + (x[:, 1] + 300) + 50_000
    return x, y


def given(rows):
    return np.resize(["train", "train", "val", "test"], rows)


def test_rows_stay_together_and_are_not_changed():
    x, y = data()
    benchmark = kr.data.load_arrays(x, y, split=given(300))
    for split in SPLITS:
        xs, ys, _ = next(iter(benchmark.replace(batch_size=300).dataset(split)))
        order = np.argsort(ys.numpy().ravel())
        expected = np.argsort(y[given(300) == split])
        np.testing.assert_allclose(xs.numpy()[order], x[given(300) == split][expected], rtol=1e-6)


def test_the_split_is_balanced_if_none_is_given():
    x, y = data(2000)
    benchmark = kr.data.load_arrays(x, y)
    assert benchmark.bins == kr.LabelBins.from_labels(y)
    sizes = [len(benchmark.labels[split]) for split in SPLITS]
    assert sum(sizes) == 2000
    assert sizes[1] == sizes[2] <= 300
    train, test = (benchmark.bins.count(benchmark.labels[split]) for split in ("train", "test"))
    assert test.std() / test.mean() < train.std() / train.mean()


def test_the_network_standardizes_by_the_training_rows():
    x, y = data()
    split = given(300)
    x[split == "test"] += 1e6
    benchmark = kr.data.load_arrays(x, y, split=split)
    inputs, embedding = benchmark.make_network()
    model = kr.ImbalancedRegressor(inputs, embedding)
    standardized = keras.Model(inputs, model.get_layer("mlp_1").input)
    seen = standardized.predict(x[split == "train"], verbose=0)
    np.testing.assert_allclose(seen.mean(axis=0), 0, atol=1e-4)
    np.testing.assert_allclose(seen.std(axis=0), [1, 1, 1, 0], atol=1e-3)


def test_several_inputs_give_one_network(tmp_path):
    x, y = data()
    several = {"vector": x[:, :3].reshape(300, 3, 1), "number": x[:, 3]}
    for inputs in (several, tuple(several.values())):
        benchmark = kr.data.load_arrays(inputs, y, split=given(300))
        folder = tmp_path / type(inputs).__name__
        result = kr.experiments.run(
            benchmark, "SQINV + LDS + RANKSIM", epochs=1, verbose=0, output_dir=folder
        )
        assert np.isfinite(result.report.loc["all", "mae"])
        again = keras.models.load_model(folder / "model.keras")
        rows = keras.tree.map_structure(lambda array: array[:5].reshape(5, -1, 1), inputs)
        rows = {**rows, "number": x[:5, 3:]} if isinstance(inputs, dict) else (rows[0], x[:5, 3:])
        assert again.predict(rows, verbose=0).shape == (5, 1)


def test_the_recipe_learns_prices_out_of_the_box():
    x, y = data(400)
    benchmark = kr.data.load_arrays(x, y)
    result = kr.experiments.run(benchmark, "VANILLA", epochs=15, verbose=0)
    guess = np.abs(benchmark.labels["test"] - np.median(y)).mean()
    assert result.report.loc["all", "mae"] < 0.2 * guess


def test_few_samples_train_for_more_epochs():
    epochs = []
    for rows in (60, 4000, 40_000):
        x, y = data(rows)
        recipe = kr.data.load_arrays(x, y).recipe
        epochs.append(recipe.epochs)
        assert recipe.milestones[-1] < recipe.epochs
    assert epochs[0] > epochs[1] > epochs[2]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"y": [1.0, 2.0]}, "`x`, `y` must have the same length.*x of length 300, y of length 2"),
        ({"y": ["a"] * 300}, "`y` must hold numbers"),
        ({"y": np.full(300, np.nan)}, "`y` must hold finite numbers"),
        ({"y": np.ones((300, 2))}, "`y` must hold one number per sample"),
        ({"y": np.ones(300)}, "at least two labels that differ"),
        ({"x": np.full((300, 2), np.inf)}, "`x` must hold finite numbers"),
        ({"x": [["a"]] * 300}, "`x` must hold numbers"),
        ({"x": np.zeros((300, 0))}, "`x` must have the samples along its first axis"),
        ({"x": 3.0}, "`x` must have the samples along its first axis"),
        ({"x": [np.ones((300, 2))] * 2}, "a tuple or dictionary of arrays for several.*list of 2"),
        ({"x": {}}, "`x` must hold at least one array. Received: an empty dict"),
        ({"x": {"a": np.ones(300), "b": np.ones(3)}}, "must have the same length.*b.* of length 3"),
        ({"x": (np.ones(300), np.full(300, np.nan))}, r"`x\[1\]` must hold finite numbers"),
        ({"split": ["train"] * 300}, "`split` must hold 'train', 'val' or 'test'.*no row of 'val'"),
        ({"split": ["train"] * 3}, "`split`, `y` must have the same length"),
        ({"split": "part"}, "`split`, `y` must have the same length.*split of length 1"),
        ({"bins": 7}, "`bins` must be a keras_ranksim.LabelBins"),
    ],
)
def test_mistakes_raise(arguments, message):
    x, y = data()
    with pytest.raises(ValueError, match=message):
        kr.data.load_arrays(**{"x": x, "y": y, **arguments})


def test_one_nan_is_located():
    x, y = data()
    x[17, 2] = np.nan
    with pytest.raises(ValueError, match=r"1 NaN or infinite of 1200 values.*index \(17, 2\)"):
        kr.data.load_arrays(x, y)


def test_too_few_rows_raise():
    with pytest.raises(ValueError, match="`y` must hold at least three rows with labels of one"):
        kr.data.load_arrays(np.arange(6), np.arange(6) * 1.5)
