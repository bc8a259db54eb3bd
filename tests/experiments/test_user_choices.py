"""What users bring themselves: callbacks, sample weights, methods, heads, settings."""

import dataclasses
import functools
import sys

import keras
import numpy as np
import pytest

import keras_ranksim as kr
from keras_ranksim.experiments import Method, price_curve, run, run_table, write_report
from keras_ranksim.experiments.settings import OtherSettings, code_of
from keras_ranksim.experiments.table import Table
from keras_ranksim.methods import Entry, register
from keras_ranksim.methods.registry import Stage, find, unregister


def arrays(samples=300, seed=0):
    random = np.random.default_rng(seed)
    x = random.normal(size=(samples, 4))
    return x, np.exp(x[:, 0] + x[:, 1] / 2).round(2)


@pytest.fixture(scope="module")
def benchmark():
    return kr.data.load_arrays(*arrays())


@pytest.fixture
def registered():
    names = []

    def add(name, **hooks):
        names.append(name)
        return register(Entry(name, "a method of a test", **hooks))

    yield add
    for name in filter(find, set(names)):
        unregister(name)


def with_recipe(benchmark, **changes):
    return benchmark.replace(recipe=dataclasses.replace(benchmark.recipe, **changes))


class Interrupt(keras.callbacks.Callback):
    def on_train_end(self, logs=None):
        raise KeyboardInterrupt


def stop_early():
    return keras.callbacks.EarlyStopping(monitor="val_mae", patience=1, min_delta=1e9)


@pytest.mark.parametrize("method", ["VANILLA", "RRT"])
def test_what_a_callback_stopped_is_not_trained_on_when_it_resumes(benchmark, tmp_path, method):
    whole = run(benchmark, method, epochs=9, verbose=0, callbacks=stop_early())
    for _ in Method.parse(method).stages:
        callbacks = [stop_early(), Interrupt()]
        with pytest.raises(KeyboardInterrupt):
            run(benchmark, method, 0, 9, tmp_path / "run", verbose=0, callbacks=callbacks)
    resumed = run(benchmark, method, 0, 9, tmp_path / "run", verbose=0, callbacks=stop_early())
    assert resumed.history["mae"] == whole.history["mae"]
    assert resumed.report.equals(whole.report)
    assert not list((tmp_path / "run").rglob("ended"))


def test_a_callback_may_change_the_learning_rate(benchmark):
    plateau = {"monitor": "loss", "factor": 0.5, "patience": 1, "min_delta": 1e9}
    milestone = with_recipe(benchmark, milestones=(3,), decay=0.1, learning_rate=0.01)
    callbacks = [keras.callbacks.ReduceLROnPlateau(**plateau)]
    history = run(milestone, "VANILLA", epochs=5, verbose=0, callbacks=callbacks).history
    rates = np.array(history["learning_rate"])
    np.testing.assert_allclose(rates, [0.01, 0.01, 0.005, 0.00025, 0.000125], rtol=1e-5)


def test_weights_of_the_user_are_multiplied_with_those_of_a_method(benchmark):
    from keras_ranksim.experiments.training import weighted_for

    own = np.linspace(0.5, 3, len(benchmark.train_labels))
    both = weighted_for(benchmark.replace(weights=own), Method.parse("SQINV + LDS")).weights
    alone = weighted_for(benchmark, Method.parse("SQINV + LDS")).weights
    np.testing.assert_allclose(both, own * alone * own.mean() / (own * alone).mean())
    assert weighted_for(benchmark.replace(weights=own), Method.parse("VANILLA")).weights is own


def head():
    return keras.layers.Dense(1, name="head")


def other_head():
    return keras.layers.Dense(1, use_bias=False, name="head")


def test_a_folder_of_another_head_policy_or_method_is_not_resumed(benchmark, tmp_path, registered):
    def resumes(benchmark, method="VANILLA"):
        run(benchmark, method, epochs=1, verbose=0, output_dir=tmp_path / method)

    resumes(benchmark.replace(make_head=head))
    resumes(benchmark.replace(make_head=head))
    with pytest.raises(OtherSettings, match="differs in head: head there, other_head here"):
        resumes(benchmark.replace(make_head=other_head))
    with pytest.raises(OtherSettings, match="differs in head: head there, None here"):
        resumes(benchmark)
    keras.config.set_dtype_policy("mixed_bfloat16")
    try:
        with pytest.raises(OtherSettings, match="dtype_policy"):
            resumes(benchmark.replace(make_head=head))
    finally:
        keras.config.set_dtype_policy("float32")
    registered("NOISY", layer=lambda benchmark: keras.layers.GaussianNoise(0.01))
    resumes(benchmark, "NOISY")
    resumes(benchmark, "NOISY")
    unregister("NOISY")
    registered("NOISY", layer=lambda benchmark: keras.layers.GaussianNoise(0.99))
    with pytest.raises(OtherSettings, match="own_methods.NOISY.layer"):
        resumes(benchmark, "NOISY")


def test_unknown_numbers_among_the_facts_do_not_differ(benchmark, tmp_path):
    benchmark = benchmark.replace(facts={"noise": float("nan")})
    for _ in range(2):
        run(benchmark, "VANILLA", epochs=1, verbose=0, output_dir=tmp_path / "run")


def test_reports_show_methods_that_are_not_registered_there(benchmark, tmp_path, registered):
    registered("NOISY", layer=lambda benchmark: keras.layers.GaussianNoise(0.01))
    run_table(benchmark, ["NOISY"], [0], epochs=1, output_dir=tmp_path)
    unregister("NOISY")
    text = write_report(tmp_path).read_text()
    assert "Failed" not in text
    page = (tmp_path / "vanilla_noisy" / "seed-0" / "report.html").read_text()
    assert "not registered here" in page


def test_a_function_made_anew_for_every_call_may_weigh(benchmark, registered, tmp_path):
    def weights(recipe, arguments):
        return {"weigh": functools.partial(kr.dense_weights, alpha=0.5)}

    registered("PARTLY", base=True, weights=weights)
    table = run_table(benchmark, ["PARTLY"], [0], epochs=1, output_dir=tmp_path)
    assert table.errors() == {}
    assert "dense_weights (alpha 0.5)" in (
        write_report(tmp_path).parent / "partly" / "seed-0" / "report.html"
    ).read_text(encoding="utf-8")


def test_a_later_stage_with_a_loss_must_compile_it():
    with pytest.raises(ValueError, match="`prepare` of a later stage with a `loss`"):
        register(Entry("TWO", "two", stages=(Stage(), Stage(loss=lambda benchmark: "mse"))))


def test_every_recipe_that_trains_has_a_page(benchmark, tmp_path):
    clipped = {"scheme": "inverse", "count_clip": (5, 100)}
    lds = {"kernel": "gaussian", "count_clip": (1, 50)}
    both = with_recipe(benchmark, weights=clipped, lds=lds)
    run(both, "INV + LDS", epochs=1, verbose=0, output_dir=tmp_path)
    assert write_report(tmp_path).exists()
    run(with_recipe(benchmark, weights={"count_clip": (5, 100)}), "SQINV", epochs=1, verbose=0)


def test_rows_are_compared_with_the_base_however_it_is_spelled(benchmark):
    table = run_table(benchmark, ["SQINV + LDS", "VANILLA"], [0], epochs=1, base="lds + sqinv")
    assert table.base == "SQINV + LDS"
    assert ("all", "difference") in table.frame
    with pytest.raises(ValueError, match="`base` must be a row of the table"):
        run_table(benchmark, ["SQINV"], [0], epochs=1, base="INV")


def test_tables_refuse_what_cannot_be_compared(benchmark, registered, tmp_path):
    table = functools.partial(run_table, benchmark, seeds=[0], epochs=1)
    with pytest.raises(ValueError, match="name every row once"):
        table(["VANILLA"], tuned={"LDS": benchmark, "VANILLA + LDS": benchmark})
    with pytest.raises(ValueError, match=r"`seeds` must list the seeds, such as range\(3\)"):
        run_table(benchmark, ["VANILLA"], seeds=3)
    registered("SQINV-LDS", base=True)
    with pytest.raises(ValueError, match="must differ in more than signs"):
        table(["SQINV + LDS", "SQINV-LDS"])

    def load(seed):
        return kr.data.load_arrays(*arrays(seed=seed))

    with pytest.raises(ValueError, match="other labels in train, seed 1"):
        run_table(load, ["VANILLA"], [0, 1], epochs=1, tuned={"VANILLA": load(0)})
    with pytest.raises(ValueError, match="`base` must be left out: a price curve"):
        price_curve(benchmark, (0, 1), [0], base="power 1")
    with pytest.raises(ValueError, match="`powers` must differ in six digits"):
        price_curve(benchmark, (1 / 3, 0.3333334), [0])


def test_a_shot_that_a_seed_lacks_is_left_out_of_the_mean(benchmark):
    results = {seed: run(benchmark, "VANILLA", seed, epochs=1, verbose=0) for seed in (0, 1)}
    results[1].report.loc["few", "mae"] = np.nan
    frame = Table("drawn", {"VANILLA": results}).frame
    assert frame.loc["VANILLA", ("few", "mean")] == results[0].report.loc["few", "mae"]


def test_models_must_answer_one_number_per_sample(benchmark):
    inputs = keras.Input((4,))
    dense = keras.layers.Dense(1)(inputs)
    flat = kr.experiments.evaluate(keras.Model(inputs, dense[:, 0]), benchmark)
    assert flat.loc["all", "n"] == len(benchmark.labels["test"])
    for outputs, received in (
        ({"a": dense, "b": dense}, "several outputs"),
        (keras.layers.Dense(2)(inputs), "predictions of shape"),
    ):
        with pytest.raises(ValueError, match=f"one label per sample.*{received}"):
            kr.experiments.evaluate(keras.Model(inputs, outputs), benchmark)
    with pytest.raises(ValueError, match="`split` must be one of 'train', 'val', 'test'"):
        kr.experiments.evaluate(keras.Model(inputs, dense), benchmark, "validation")


def test_methods_are_checked_and_spelled_alike_however_they_are_made():
    assert Method("sqinv", ("ranksim", "lds")) == Method.parse("SQINV + LDS + RANKSIM")
    with pytest.raises(ValueError, match="FOCAL-R and DIST do"):
        Method("FOCAL-R", ("DIST",))
    with pytest.raises(ValueError, match="a row of a table"):
        Method.parse("VANILLA | SQINV")


def test_dist_loss_follows_only_losses_that_it_knows(benchmark):
    with pytest.raises(ValueError, match=r"`recipe.loss` must be one of 'mae', 'mse', if DIST"):
        run(with_recipe(benchmark, loss="huber"), "DIST", epochs=1, verbose=0)


@pytest.mark.parametrize("name", ["epochs", "batch_size"])
def test_recipes_train_at_least_once(benchmark, name):
    with pytest.raises(ValueError, match=f"`{name}` must be a whole number of at least 1"):
        with_recipe(benchmark, **{name: 0})


def test_a_cell_that_succeeds_at_last_leaves_no_error(benchmark, tmp_path):
    broken = benchmark.replace(make_network=lambda: 1 / 0)
    assert run_table(broken, ["VANILLA"], [0], epochs=1, output_dir=tmp_path).errors()
    error = tmp_path / "vanilla" / "seed-0" / "error.txt"
    assert "ZeroDivisionError" in error.read_text()
    (error.parent / "settings.json").unlink()
    assert not run_table(benchmark, ["VANILLA"], [0], epochs=1, output_dir=tmp_path).errors()
    assert not error.exists()


def test_ensembles_are_of_runs_with_the_same_training_labels(benchmark, tmp_path):
    run(benchmark, "VANILLA", epochs=1, verbose=0, output_dir=tmp_path / "one")
    more = benchmark.replace(shot_limits=(5, 2))
    run(more, "SQINV", epochs=1, verbose=0, output_dir=tmp_path / "other")
    with pytest.raises(ValueError, match="the same training labels, bins and shot limits"):
        kr.experiments.ensemble([tmp_path / "one", tmp_path / "other"])


@pytest.mark.parametrize("scale", [1e-6, 1e-9])
def test_labels_in_small_units_are_learned_as_well(random, scale):
    x = random.normal(size=(400, 3))
    y = np.exp(x[:, 0])
    found = [
        kr.experiments.run(kr.data.load_arrays(x, y * unit), "VANILLA", epochs=20, verbose=0)
        for unit in (1.0, scale)
    ]
    one, small = (result.report.loc["all", "mae"] / unit for result, unit in zip(found, (1, scale)))
    assert small == pytest.approx(one, rel=0.25)


STRENGTH = 0.01


def doubled(strength):
    return 2 * strength


def noise(*, strength=None):
    return keras.layers.GaussianNoise(doubled(STRENGTH if strength is None else strength))


def test_what_a_function_uses_is_part_of_its_code(monkeypatch):
    before = code_of(noise)
    assert code_of(noise) == before
    monkeypatch.setattr(sys.modules[__name__], "STRENGTH", 0.5)
    assert code_of(noise) != before
    monkeypatch.undo()
    monkeypatch.setattr(sys.modules[__name__], "doubled", lambda strength: 3 * strength)
    assert code_of(noise) != before
    monkeypatch.undo()
    monkeypatch.setattr(noise, "__kwdefaults__", {"strength": 0.5})
    assert code_of(noise) != before


def test_a_benchmark_is_no_file():
    with pytest.raises(ValueError, match="`benchmark` must be a Benchmark.*'houses.csv'"):
        run("houses.csv", "VANILLA")


def test_a_data_set_to_mix_is_no_pair_of_arrays():
    with pytest.raises(ValueError, match="`dataset` must be a tf.data.Dataset.*Received: tuple"):
        kr.data.c_mixup((np.zeros((4, 2)), np.zeros(4)), bandwidth=1)


def test_batches_without_end_are_refused(benchmark, registered):
    registered("ENDLESS", batches=lambda data, benchmark, epoch: data.repeat())
    with pytest.raises(ValueError, match="ENDLESS must return a dataset that ends"):
        run(benchmark, "ENDLESS", epochs=1, verbose=0)
