"""NYUD2-DIR: images and depth maps."""
