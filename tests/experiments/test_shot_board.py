"""What TensorBoard shows: events read back."""

import numpy as np
import pytest
import tensorflow as tf
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

import keras_ranksim as kr
from keras_ranksim.experiments.artifacts.embeddings import embedding_model
from keras_ranksim.experiments.evaluation import predict
from keras_ranksim.experiments.model import build_model
from keras_ranksim.experiments.shot_board import _of_images


@pytest.fixture(scope="module")
def faces():
    return kr.data.load_portraits(
        train_samples=90, evaluation_per_age=1, image_size=16, batch_size=30, verbose=False
    )


@pytest.fixture(scope="module")
def logged(faces, tmp_path_factory):
    """A model with RankSim after two epochs, its history and what was logged."""
    folder = tmp_path_factory.mktemp("board")
    model = build_model(faces, "RANKSIM").model
    data = faces.replace()
    board = kr.experiments.ShotBoard(data, folder)
    history = model.fit(
        data.train, validation_data=data.val, epochs=2, verbose=0, callbacks=[board]
    )
    events = EventAccumulator(str(folder / "whole_model"), size_guidance={"tensors": 0})
    events.Reload()
    return model, history.history, events, folder / "whole_model"


def scalars_of(events, tag):
    return [float(tf.make_ndarray(event.tensor_proto)) for event in events.Tensors(tag)]


def test_errors_by_shot_are_those_of_the_validation_split(faces, logged):
    model, history, events, _ = logged
    report = faces.data.report(*predict(model, faces, "val"))
    for shot in ("all", "few", "zero"):
        values = scalars_of(events, f"mae_by_shot/{shot}")
        assert len(values) == 2
        np.testing.assert_allclose(values[-1], report.loc[shot, "mae"], rtol=1e-5)
    np.testing.assert_allclose(scalars_of(events, "epoch/val_mae"), history["val_mae"], rtol=1e-5)
    assert "mae_by_shot/many" not in events.Tags()["tensors"], "no sample, no value"


def test_the_term_is_that_of_training_batches_and_gamma_times_it_stands_beside(faces, logged):
    model, _, events, _ = logged
    embed = embedding_model(model)
    second_epoch = faces.dataset("train", epoch=1)  # the board reads another order each time
    terms = [
        float(kr.ops.ranksim_loss(embed(x, training=False), y, seed=0)) for x, y, _ in second_epoch
    ]
    np.testing.assert_allclose(scalars_of(events, "ranksim/term")[-1], np.mean(terms), rtol=1e-4)
    np.testing.assert_allclose(
        scalars_of(events, "ranksim/gamma_times_term"),
        0.01 * np.array(scalars_of(events, "ranksim/term")),
        rtol=1e-5,
    )


def test_rank_matrices_are_images_of_the_first_and_the_last_epoch(logged):
    events = logged[2].Tensors("rank_matrices")
    assert [event.step for event in events] == [0, 1]
    width, height, png = events[0].tensor_proto.string_val[:3]
    picture = tf.io.decode_png(png)
    assert picture.shape[:2] == (int(height), int(width))
    assert picture.shape[1] == 800
    assert len(np.unique(picture.numpy().reshape(-1, 3), axis=0)) > 50


def test_a_run_with_the_board_learns_what_one_without_learns(faces, tmp_path):
    plain = kr.experiments.run(faces, "RRT + RANKSIM", epochs=1, verbose=0)
    watched = kr.experiments.run(
        faces, "RRT + RANKSIM", epochs=1, verbose=0, output_dir=tmp_path, tensorboard=True
    )
    for name in set(plain.history) - {"seconds"}:
        np.testing.assert_allclose(watched.history[name], plain.history[name], rtol=1e-6)
    runs = {path.name for path in (tmp_path / "tensorboard").iterdir()}
    assert runs == {"whole_model", "regressor_alone"}


@pytest.mark.filterwarnings("ignore:No embeddings are kept")
def test_a_head_that_is_a_model_has_the_other_panels(faces, tmp_path):
    import keras

    def head():
        return keras.Sequential([keras.layers.Dense(4), keras.layers.Dense(1)], name="head")

    with pytest.warns(UserWarning, match="TensorBoard shows no panels of features"):
        kr.experiments.run(
            faces.replace(make_head=head), "VANILLA", 0, 1, tmp_path, 0, tensorboard=True
        )
    (folder,) = (tmp_path / "tensorboard").iterdir()
    events = EventAccumulator(str(folder), size_guidance={"tensors": 0}).Reload()
    assert "mae_by_shot/all" in events.Tags()["tensors"]


def test_labels_of_maps_are_means_of_what_was_measured():
    maps = tf.constant([[[[2.0], [0.0]], [[4.0], [0.0]]], [[[0.0], [0.0]], [[0.0], [0.0]]]])
    np.testing.assert_allclose(_of_images(maps), [3, 0])
    np.testing.assert_array_equal(_of_images(tf.constant([[5.0]])), [[5.0]])


def test_mistakes_raise(faces, tmp_path, monkeypatch):
    import sys

    with pytest.raises(ValueError, match=r"`tensorboard=True` needs an `output_dir`"):
        kr.experiments.run(faces, "VANILLA", tensorboard=True)
    with pytest.raises(ValueError, match=r"`image_every` must be a whole number.*image_every=0"):
        kr.experiments.ShotBoard(faces, tmp_path, image_every=0)
    monkeypatch.setitem(sys.modules, "tensorboard", None)
    with pytest.raises(ImportError, match=r"needs the package `tensorboard`.*pip install"):
        kr.experiments.ShotBoard(faces, tmp_path)
