"""STS-B-DIR: pairs of sentences, their tokens and word vectors."""
