"""A column of sentences beside numbers: vectors of a transformer, for new rows as well."""

import numpy as np
import pandas
import pytest
from tiny_bert import PIECES_OF, SIZE, write_bert

import keras_ranksim as kr

pytest.importorskip("keras_hub")


@pytest.fixture
def bert(tmp_path):
    write_bert(tmp_path / "bert")
    return tmp_path / "bert"


def reviews(rows=200):
    random = np.random.default_rng(0)
    texts = [text or None for text in PIECES_OF]
    frame = pandas.DataFrame({"review": np.resize(texts, rows), "price": random.random(rows)})
    return frame.assign(stars=random.integers(1, 6, rows))


def load(bert, frame=None, **arguments):
    frame = reviews() if frame is None else frame
    return kr.data.load_table(
        frame, "stars", text="review", encoder=bert, verbose=False, **arguments
    )


def test_vectors_stand_beside_the_numbers(bert):
    benchmark = load(bert)
    x = np.concatenate([x.numpy() for x, _, _ in benchmark.val])
    assert x.shape[1] == 1 + SIZE
    np.testing.assert_allclose(np.linalg.norm(x[:, 1:], axis=1), np.sqrt(SIZE), rtol=1e-5)
    assert benchmark.frames["test"].columns.tolist() == [
        "price",
        *(f"review {number}" for number in range(SIZE)),
        "stars",
    ]
    report = kr.experiments.run(benchmark, "SQINV + LDS", epochs=1, verbose=0).report
    assert report.loc["all", "n"] == len(benchmark.labels["test"])


def test_new_rows_are_encoded_as_the_old_ones(bert):
    encoder = load(bert).facts["encoder"]
    rows = pandas.DataFrame({"review": ["dogs sleep", None], "price": [0.5, 0.1]})
    vectors = kr.networks.sentence_vectors(["dogs sleep", ""], bert, verbose=False)
    found = encoder.transform(rows)
    np.testing.assert_allclose(found[:, 1:], vectors * np.sqrt(SIZE), atol=1e-5)
    with pytest.raises(ValueError, match="the column of text 'review'"):
        encoder.transform(rows[["price"]])


def test_text_may_be_all_there_is(bert, tmp_path):
    frame = reviews()[["review", "stars"]]
    frame.to_csv(tmp_path / "reviews.csv", index=False)
    benchmark = load(bert, tmp_path / "reviews.csv", cache_dir=tmp_path / "cache")
    assert next(iter(benchmark.train))[0].shape[1] == SIZE
    assert len(list((tmp_path / "cache").iterdir())) == 1


def test_text_and_encoder_go_together(bert):
    with pytest.raises(ValueError, match="`text` and `encoder` must be given together"):
        kr.data.load_table(reviews(), "stars", text="review")
    with pytest.raises(ValueError, match=r"text=\['comment'\]"):
        kr.data.load_table(reviews(), "stars", text="comment", encoder=bert)
