"""Packaging of keras_ranksim."""

import re
from pathlib import Path

from setuptools import find_packages, setup

here = Path(__file__).parent
version = re.search(
    r'__version__ = "(.+)"', (here / "keras_ranksim" / "__init__.py").read_text()
).group(1)

plots = ["matplotlib>=3.9"]
onnx = ["tf2onnx>=1.17", "onnxruntime>=1.20"]
tuning = ["keras-tuner>=1.4.7", "tensorboard>=2.18", "scipy>=1.13", "scikit-learn>=1.5"]
text = ["tensorflow-text>=2.18", "safetensors>=0.4"]
encoders = ["keras-hub>=0.32", "safetensors>=0.4"]
boosting = ["scikit-learn>=1.5"]
faces = ["scipy>=1.13"]
parallel = ["cloudpickle>=3.0"]

setup(
    name="keras-ranksim",
    version=version,
    description="Imbalanced regression for Keras: RankSim, LDS, FDS, ConR, Focal-R, RRT",
    keywords="keras imbalanced regression long-tailed ranksim lds fds conr tensorflow jax pytorch",
    long_description=(here / "README.md").read_text(),
    long_description_content_type="text/markdown",
    license="Apache-2.0",
    # With it an editable install is a path, and a clone's folder of the same name shadows nothing.
    package_dir={"": "."},
    packages=find_packages(include=["keras_ranksim", "keras_ranksim.*"]),
    package_data={"keras_ranksim": ["py.typed"], "keras_ranksim.experiments": ["published/*.csv"]},
    python_requires=">=3.11",
    install_requires=["keras>=3.11", "tensorflow>=2.18", "numpy>=1.26", "pandas>=2.1"],
    extras_require={
        "plots": plots,
        "tuning": tuning,
        "text": text,
        "encoders": encoders,
        "boosting": boosting,
        "faces": faces,
        "onnx": onnx,
        "parallel": parallel,
        "all": plots + tuning + text + encoders + boosting + faces + onnx + parallel,
    },
    classifiers=[
        "Development Status :: 4 - Beta",
        "Intended Audience :: Developers",
        "Intended Audience :: Science/Research",
        "Operating System :: OS Independent",
        "Programming Language :: Python :: 3",
        "Programming Language :: Python :: 3.11",
        "Programming Language :: Python :: 3.12",
        "Programming Language :: Python :: 3.13",
        "Topic :: Scientific/Engineering :: Artificial Intelligence",
        "Typing :: Typed",
    ],
)
