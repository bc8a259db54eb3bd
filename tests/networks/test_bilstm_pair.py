"""The BiLSTM pair network: equal to plain loops, blind to padding, safe for empty sentences."""

import keras
import numpy as np
import pytest
import tensorflow as tf

import keras_ranksim as kr
from keras_ranksim.networks.sentence_pair import MaskedMaxPooling, SentencesToBatch, bilstm_pair

TOKENS = 7


@pytest.fixture
def vectors(random):
    matrix = random.normal(size=(12, 5)).astype("float32")
    matrix[0] = 0
    return matrix


@pytest.fixture
def pair():
    first = np.array([[3, 4, 5, 0, 0, 0, 0], [6, 0, 0, 0, 0, 0, 0], [2, 1, 9, 8, 7, 0, 0]])
    second = np.array([[5, 4, 0, 0, 0, 0, 0], [2, 3, 4, 5, 6, 0, 0], [11, 0, 0, 0, 0, 0, 0]])
    return first.astype("int32"), second.astype("int32")


def encoder(vectors, **settings):
    settings = {"width": 4, "layers": 1, "max_tokens": TOKENS, **settings}
    return keras.Model(*bilstm_pair(vectors, **settings))


def regressor(vectors, **settings):
    settings = {"width": 4, "layers": 1, "max_tokens": TOKENS, **settings}
    inputs, embedding = bilstm_pair(vectors, **settings)
    embedding = kr.layers.RankSimRegularizer(seed=0)(embedding)
    model = kr.ImbalancedRegressor(inputs, keras.layers.Dense(1)(embedding))
    model.compile(keras.optimizers.SGD(0.05), loss="mse")
    return model


def sigmoid(x):
    return 1 / (1 + np.exp(-x))


def lstm_by_loops(steps, cell):
    """Outputs of an LSTM for a list of vectors; gates in the order in, forget, cell, out."""
    kernel, recurrent, bias = (weight.numpy() for weight in cell.weights)
    hidden, memory, outputs = np.zeros(len(recurrent)), np.zeros(len(recurrent)), []
    for step in steps:
        i, f, c, o = np.split(step @ kernel + hidden @ recurrent + bias, 4)
        memory = sigmoid(f) * memory + sigmoid(i) * np.tanh(c)
        hidden = sigmoid(o) * np.tanh(memory)
        outputs.append(hidden)
    return outputs


def sentence_by_loops(tokens, vectors, model, layers):
    steps = [vectors[token] for token in tokens if token != 0]
    for number in range(1, layers + 1):
        layer = model.get_layer(f"bilstm_{number}")
        forward = lstm_by_loops(steps, layer.forward_layer.cell)
        backward = lstm_by_loops(steps[::-1], layer.backward_layer.cell)[::-1]
        steps = [np.concatenate(both) for both in zip(forward, backward)]
    return np.max(steps, axis=0)


@pytest.mark.parametrize("layers", [1, 2])
def test_the_embedding_is_that_of_plain_loops_over_the_tokens(vectors, pair, layers):
    model = encoder(vectors, layers=layers)
    embedding = model.predict(pair, verbose=0)
    assert embedding.shape == (3, 8 * 4)
    for row, first, second in zip(embedding, *pair):
        u = sentence_by_loops(first, vectors, model, layers)
        v = sentence_by_loops(second, vectors, model, layers)
        np.testing.assert_allclose(row, np.concatenate([u, v, abs(u - v), u * v]), atol=1e-6)


def test_neither_padding_nor_the_rest_of_the_batch_changes_an_embedding(vectors, pair):
    model = encoder(vectors)
    together = model.predict(pair, verbose=0)
    for i in range(3):
        alone = model.predict((pair[0][i : i + 1], pair[1][i : i + 1]), verbose=0)
        np.testing.assert_allclose(alone[0], together[i], atol=1e-6)


def test_eager_and_graph_agree(vectors, pair):
    model = encoder(vectors)
    eager = model(pair)
    tf.config.run_functions_eagerly(False)
    np.testing.assert_allclose(eager, model.predict(pair, verbose=0), atol=1e-6)


def test_only_padding_common_to_all_sentences_is_cut(pair):
    tokens = SentencesToBatch()(*pair)
    np.testing.assert_array_equal(tokens, np.concatenate(pair)[:, :5])


def test_a_batch_of_empty_sentences_gives_finite_numbers_and_gradients(vectors):
    model = encoder(vectors)
    nothing = np.zeros((2, TOKENS), dtype="int32")
    with tf.GradientTape() as tape:
        embedding = model((nothing, nothing), training=True)
        loss = tf.reduce_sum(embedding**2)
    assert np.isfinite(embedding).all()
    gradients = tape.gradient(loss, model.trainable_variables)
    assert gradients
    assert all(np.isfinite(gradient).all() for gradient in gradients)


def test_an_empty_sentence_beside_a_full_one_leaves_that_as_it_is(vectors, pair):
    model = encoder(vectors)
    first, second = (tokens.copy() for tokens in pair)
    first[0] = 0
    embedding = model.predict((first, second), verbose=0)
    assert np.isfinite(embedding).all()
    np.testing.assert_allclose(embedding[1:], model.predict(pair, verbose=0)[1:], atol=1e-6)


@pytest.mark.parametrize(("settings", "changes"), [({}, False), ({"train_vectors": True}, True)])
def test_given_vectors_are_frozen_unless_asked(vectors, pair, settings, changes):
    model = regressor(vectors, **settings)
    before = model.get_layer("word_vectors").embeddings.numpy()
    np.testing.assert_array_equal(before, vectors)
    model.fit(pair, np.array([1.0, 2.0, 3.0]), verbose=0)
    after = model.get_layer("word_vectors").embeddings.numpy()
    assert bool((after != before).any()) is changes


def test_a_shape_makes_vectors_that_learn(pair):
    model = regressor((12, 6))
    before = model.get_layer("word_vectors").embeddings.numpy()
    assert before.shape == (12, 6)
    model.fit(pair, np.array([1.0, 2.0, 3.0]), verbose=0)
    assert (model.get_layer("word_vectors").embeddings.numpy()[3] != before[3]).any()


def test_dropout_acts_in_training_alone(vectors, pair):
    model = encoder(vectors, dropout=0.5)
    assert (np.array(model(pair, training=True)) != np.array(model(pair))).any()
    np.testing.assert_array_equal(model(pair), model(pair))


def test_a_saved_model_loads_and_predicts_the_same(vectors, pair, tmp_path):
    model = regressor(vectors)
    model.save(tmp_path / "model.keras")
    loaded = keras.saving.load_model(tmp_path / "model.keras")
    np.testing.assert_array_equal(loaded.predict(pair, verbose=0), model.predict(pair, verbose=0))
    assert not loaded.get_layer("word_vectors").trainable


def test_it_trains_in_half_precision(vectors, pair):
    keras.config.set_dtype_policy("mixed_float16")
    model = regressor(vectors)
    history = model.fit(pair, np.array([1.0, 2.0, 3.0]), epochs=2, verbose=0)
    assert np.isfinite(history.history["loss"]).all()
    assert model.get_layer("pair").output.dtype == "float16"


def test_two_replicas_learn_what_one_learns(vectors, pair, two_replicas):
    data = tf.data.Dataset.from_tensors(
        (tuple(tokens[[0, 1, 2, 0]] for tokens in pair), np.array([1.0, 2.0, 3.0, 5.0]))
    )
    plain = regressor(vectors, dropout=0.0)
    start = plain.get_weights()
    plain.fit(data, verbose=0)
    with two_replicas.scope():
        mirrored = regressor(vectors, dropout=0.0)
    mirrored.set_weights(start)
    mirrored.fit(data, verbose=0)
    for one, two in zip(plain.get_weights(), mirrored.get_weights()):
        np.testing.assert_allclose(one, two, atol=1e-6)
    assert any((a != b).any() for a, b in zip(start, plain.get_weights()))


def test_pooling_takes_the_largest_value_of_the_steps_let_through(random):
    sequence = random.normal(size=(3, 6, 4)).astype("float32")
    mask = random.random((3, 6)) < 0.5
    mask[:, 2] = True
    pooled = MaskedMaxPooling()(sequence, mask=mask)
    expected = [[max(row[mask[i], k]) for k in range(4)] for i, row in enumerate(sequence)]
    np.testing.assert_array_equal(pooled, expected)
    np.testing.assert_array_equal(MaskedMaxPooling()(sequence), sequence.max(axis=1))


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"width": 0}, "`width` must be a whole number of at least 1"),
        ({"layers": 1.5}, "`layers` must be a whole number of at least 1"),
        ({"max_tokens": 0}, "`max_tokens` must be a whole number of at least 1"),
        ({"vectors": (0, 5)}, "`vectors` must be a whole number of at least 1"),
        ({"vectors": np.zeros(5)}, r"`vectors` must have 2 dimension\(s\)"),
        ({"vectors": np.full((3, 2), np.nan)}, "`vectors` must hold finite numbers"),
    ],
)
def test_wrong_arguments_are_named(arguments, message):
    with pytest.raises(ValueError, match=message):
        bilstm_pair(**{"vectors": (5, 4), **arguments})
