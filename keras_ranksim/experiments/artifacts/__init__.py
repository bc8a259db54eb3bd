"""The files that a finished run leaves besides its model and its numbers."""
