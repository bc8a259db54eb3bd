"""On PyTorch, all tensors of an equation lie on one device: a GPU refuses to mix two."""

import keras
import numpy as np
import pytest

import keras_ranksim as kr

EQUATIONS = {
    "conr": lambda x, y: kr.ops.conr_loss(x, y, y),
    "rank-n-contrast": lambda x, y: kr.ops.rank_n_contrast_loss(x, y),
    "balanced-mse": lambda x, y: kr.losses.BalancedMSE(noise=2.0)(y[:, None], x[:, :1]),
}


@pytest.mark.skipif(keras.config.backend() != "torch", reason="only PyTorch mixes devices")
@pytest.mark.parametrize("equation", EQUATIONS.values(), ids=EQUATIONS)
def test_an_equation_stays_on_its_device(equation):
    # "meta" tensors have no numbers and mix with those of the CPU as little as those of a GPU.
    with keras.device("meta"):
        x = keras.ops.convert_to_tensor(np.ones((8, 4), "float32"))
        y = keras.ops.convert_to_tensor(np.arange(8, dtype="float32"))
        assert equation(x, y).device.type == "meta"
