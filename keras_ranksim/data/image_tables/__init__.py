"""A table of image files and labels."""
