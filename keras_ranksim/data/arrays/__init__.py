"""NumPy arrays: embeddings of an encoder, measurements, anything with one row per sample."""
