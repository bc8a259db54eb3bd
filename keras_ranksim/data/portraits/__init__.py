"""The built-in benchmark: portraits drawn by the library."""
