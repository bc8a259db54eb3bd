"""STS-B-DIR: the published files and no others, epochs that repeat, the recipe in scores."""

import functools
import http.server
import threading

import keras
import numpy as np
import pytest
import tensorflow as tf
from pair_files import made_up, write
from tiny_bert import SIZE, write_bert

import keras_ranksim as kr
from keras_ranksim.data import load_sts_b_dir
from keras_ranksim.data.sentences import sts_b_files
from keras_ranksim.data.sentences.sts_b_files import FILES, read_pairs
from keras_ranksim.files import file_hash
from keras_ranksim.networks import sentence_vectors

SMALL = {"width": 4, "layers": 1, "vector_size": 8}


@pytest.fixture
def own(tmp_path):
    """A split of made-up sentences."""
    for seed, (part, name) in enumerate(FILES.items()):
        write(tmp_path / name, *made_up(40 if part == "train" else 10, seed))
    return tmp_path


@pytest.fixture
def load_own(own):
    return functools.partial(load_sts_b_dir, own, verify=False, batch_size=16, **SMALL)


@pytest.mark.parametrize("split", ["yang", "ranksim"])
def test_the_published_benchmark_loads(shared_data, split):
    benchmark = load_sts_b_dir(shared_data / "sts-b-dir", split=split, **SMALL)
    assert [len(benchmark.labels[part]) for part in FILES] == [5249, 1000, 1000]
    assert len(benchmark.bins) == 50
    assert benchmark.facts["split"] == split
    assert benchmark.facts["pairs_seen_in_training"] == (
        {"val": 8, "test": 15} if split == "yang" else {"val": 10, "test": 11}
    )
    seen = [y for _, y, _ in benchmark.test]
    np.testing.assert_array_equal(np.concatenate(seen)[:, 0], benchmark.labels["test"])
    (first, second), y, weight = next(iter(benchmark.train))
    assert first.shape == second.shape == (128, 40)
    assert first.dtype == second.dtype == "int32"
    assert y.shape == (128, 1)
    assert weight.shape == (128,)


def test_files_of_the_other_split_are_recognized(shared_data):
    folder = shared_data / "sts-b-dir" / "ranksim"
    with pytest.raises(ValueError, match=r"file train_new\.tsv of the split 'ranksim'"):
        load_sts_b_dir(folder, split="yang", **SMALL)


def test_a_changed_file_is_recognized_by_its_hash(own):
    digest = file_hash(own / "train_new.tsv")
    with pytest.raises(ValueError, match=f"`verify=False` allows .* the sha256 {digest}"):
        load_sts_b_dir(own, split="yang", **SMALL)


def test_published_files_are_recognized_even_unverified(shared_data):
    folder = shared_data / "sts-b-dir" / "ranksim"
    assert load_sts_b_dir(folder, verify=False, **SMALL).facts["split"] == "ranksim"


def test_missing_files_are_named(own):
    (own / "dev_new.tsv").unlink()
    with pytest.raises(
        FileNotFoundError,
        match=r"`download=True` downloads them. Received: .*, without dev_new\.tsv$",
    ):
        load_sts_b_dir(own, verify=False)


def test_a_split_without_pairs_raises(own):
    write(own / "dev_new.tsv")
    with pytest.raises(ValueError, match="The val split must not be empty"):
        load_sts_b_dir(own, verify=False, **SMALL)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"split": "glue"}, "`split` must be one of 'yang', 'ranksim'. Received: split='glue'"),
        ({"max_tokens": 0}, "`max_tokens` must be a whole number of at least 1"),
        ({"batch_size": 0}, "`batch_size` must be a whole number of at least 1"),
    ],
)
def test_wrong_arguments_are_named(load_own, arguments, message):
    with pytest.raises(ValueError, match=message):
        load_own(**arguments)


def test_two_views_are_refused(load_own):
    benchmark = load_own().replace(views=2)
    with pytest.raises(ValueError, match="`views` must be 1 for sentences"):
        benchmark.train  # noqa: B018


@pytest.fixture
def server(own, monkeypatch):
    """The published address of split "yang", here on this machine."""
    handler = functools.partial(QuietHandler, directory=own)
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as http_server:
        threading.Thread(target=http_server.serve_forever, daemon=True).start()
        address = f"http://127.0.0.1:{http_server.server_port}"
        monkeypatch.setitem(sts_b_files.SOURCES, "yang", address)
        hashes = {part: file_hash(own / name) for part, name in FILES.items()}
        monkeypatch.setitem(sts_b_files.SHA256, "yang", hashes)
        yield hashes
        http_server.shutdown()


class QuietHandler(http.server.SimpleHTTPRequestHandler):
    def log_message(self, *_):
        pass


def test_missing_files_are_fetched(server, tmp_path, own):
    target = tmp_path / "fetched"
    benchmark = load_sts_b_dir(target, split="yang", download=True, **SMALL)
    assert len(benchmark.train_labels) == 40
    assert sorted(path.name for path in (target / "yang").iterdir()) == sorted(FILES.values())


def test_a_fetched_file_with_another_hash_is_not_kept(server, tmp_path):
    server["test"] = "0" * 64
    with pytest.raises(ValueError, match=f"must have the sha256 {'0' * 64}"):
        load_sts_b_dir(tmp_path / "fetched", split="yang", download=True, **SMALL)
    kept = sorted(path.name for path in (tmp_path / "fetched" / "yang").iterdir())
    assert kept == ["dev_new.tsv", "train_new.tsv"]


def epoch_of(dataset):
    batches = [(np.hstack([*x]), y.numpy(), weight.numpy()) for x, y, weight in dataset]
    return [np.concatenate(column) for column in zip(*batches)]


def test_epochs_differ_in_order_alone_and_repeat_with_the_seed(load_own):
    train = load_own().train
    first, second = epoch_of(train), epoch_of(train)
    assert (first[1] != second[1]).any()
    order = np.argsort(first[1][:, 0]), np.argsort(second[1][:, 0])
    for one, two in zip(first, second):
        np.testing.assert_array_equal(one[order[0]], two[order[1]])
    for one, again in zip(first, epoch_of(load_own().train)):
        np.testing.assert_array_equal(one, again)
    assert (epoch_of(load_own(seed=1).train)[1] != first[1]).any()


def test_weights_follow_their_pairs_in_training_alone(load_own):
    benchmark = load_own()
    benchmark = benchmark.replace(weights=benchmark.train_labels * 2)
    _, y, weight = epoch_of(benchmark.train)
    np.testing.assert_allclose(weight, 2 * y[:, 0])
    np.testing.assert_array_equal(epoch_of(benchmark.val)[2], 1)


def test_the_tokenizer_of_the_facts_makes_the_inputs_of_the_model(load_own, own):
    benchmark = load_own(max_tokens=5)
    tokenize = benchmark.facts["tokenizer"]
    pairs = read_pairs(own / "dev_new.tsv")
    tokens = np.hstack([tokenize(pairs.first), tokenize(pairs.second)])
    np.testing.assert_array_equal(tokens, epoch_of(benchmark.val)[0])
    model = kr.ImbalancedRegressor(*benchmark.make_network())
    assert model.predict((tokenize(["a dog"]), tokenize(["the cat"])), verbose=0).shape == (1, 32)


def model_in_scores(benchmark):
    inputs, embedding = benchmark.make_network()
    output = keras.layers.Dense(1, name="head")(embedding)
    return kr.ImbalancedRegressor(inputs, keras.layers.Rescaling(benchmark.label_scale)(output))


def test_it_learns_scores(load_own):
    benchmark = load_own(dropout=0.0, width=8)
    model = model_in_scores(benchmark)
    model.compile(keras.optimizers.Adam(0.02), loss="mse")
    losses = model.fit(benchmark.train, epochs=8, verbose=0).history["loss"]
    assert losses[-1] < 0.7 * losses[0]
    predictions = model.predict(benchmark.train, verbose=0)
    assert 1 < predictions.mean() < 4


def test_every_gradient_of_the_recipe_is_25_times_the_published_one(load_own, random):
    recipe = load_own().recipe
    features = tf.constant(random.normal(size=(16, 6)), "float32")
    head = tf.constant(random.normal(size=(6, 1)), "float32")
    scores = random.uniform(0, 5, (16, 1)).astype("float32")

    def regression_gradient(labels, scale, loss):
        with tf.GradientTape() as tape:
            tape.watch(features)
            total = loss(labels, scale * (features @ head))
        return tape.gradient(total, features).numpy()

    def ranksim_gradient(settings):
        settings = {key: settings[key] for key in ("gamma", "lambda_")}
        with tf.GradientTape() as tape:
            tape.watch(features)
            total = kr.ops.ranksim_loss(features, scores, **settings)
        return tape.gradient(total, features).numpy()

    def same(in_scores, published):
        assert (published != 0).any()
        np.testing.assert_allclose(in_scores, 25 * published, rtol=1e-3, atol=1e-4)

    mse, focal = keras.losses.MeanSquaredError(), kr.losses.FocalR(error="squared", beta=20)
    same(regression_gradient(scores, 5, mse), regression_gradient(scores / 5, 1, mse))
    focal_in_scores = kr.losses.FocalR(**recipe.focal)
    same(regression_gradient(scores, 5, focal_in_scores), regression_gradient(scores / 5, 1, focal))
    same(ranksim_gradient(recipe.ranksim), ranksim_gradient({"gamma": 0.01, "lambda_": 100}))
    assert recipe.clipnorm == 25 * 5


def test_the_recipe_counts_400_steps_as_the_papers_do(shared_data):
    recipe = load_sts_b_dir(shared_data / "sts-b-dir", **SMALL).recipe
    assert recipe.patience * -(-5249 // 128) == pytest.approx(10 * 400, abs=42)


# A pretrained encoder


@pytest.fixture
def load_encoded(own, tmp_path):
    pytest.importorskip("keras_hub")
    write_bert(tmp_path / "bert")
    return functools.partial(
        load_sts_b_dir, own, verify=False, encoder=tmp_path / "bert", verbose=False
    )


def test_an_encoder_gives_the_vectors_of_both_sentences(load_encoded, own, tmp_path):
    benchmark = load_encoded(cache_dir=tmp_path / "cache")
    for part, name in FILES.items():
        pairs = read_pairs(own / name)
        expected = [
            sentence_vectors(sentences, tmp_path / "bert", verbose=False)
            for sentences in (pairs.first, pairs.second)
        ]
        x = benchmark.make_pipeline.arrays[part]
        for found, wanted in zip(x, expected):
            np.testing.assert_allclose(found, wanted, atol=1e-6)
        np.testing.assert_array_equal(benchmark.labels[part], pairs.scores)
    assert len(list((tmp_path / "cache").iterdir())) == 1
    (first, second), y, _ = next(iter(benchmark.train))
    assert first.shape == second.shape == (40, SIZE)
    assert y.shape == (40, 1)


def test_scores_are_standardized_for_the_head_on_vectors(load_encoded):
    benchmark = load_encoded()
    assert benchmark.label_offset == pytest.approx(benchmark.train_labels.mean())
    assert benchmark.label_scale == pytest.approx(benchmark.train_labels.std())
    assert benchmark.batch_size == 64
    assert load_encoded(batch_size=8).batch_size == 8


def test_a_method_runs_on_the_vectors(load_encoded):
    report = kr.experiments.run(load_encoded(), "INV + LDS + RANKSIM", epochs=1, verbose=0).report
    assert report.loc["all", "n"] == 10


def test_an_encoder_and_word_vectors_exclude_each_other(load_encoded):
    with pytest.raises(ValueError, match=r"`encoder` and `vectors` cannot both be given"):
        load_encoded(vectors="minilm")
