"""Sharded TFRecord files, for data larger than one machine."""
