"""Lists of depth maps, how a depth map is stored, and what many of them hold."""

import shutil

import numpy as np
import pytest
import tensorflow as tf

import keras_ranksim as kr
from keras_ranksim.data.depth.maps import decode_depth_map, read_depth_list
from keras_ranksim.data.depth.survey import survey_depths
from keras_ranksim.data.depth.view import DepthView


def test_eight_bits_stand_for_ten_metres_and_bin_edges_are_met_exactly():
    for value, meters in ((0, 0.0), (51, 2.0), (102, 4.0), (153, 6.0), (204, 8.0), (255, 10.0)):
        png = tf.io.encode_png(np.full((2, 2, 1), value, "uint8")).numpy()
        depth = decode_depth_map(b"one.png", png)
        np.testing.assert_allclose(depth, meters, rtol=1e-7)
        assert kr.LabelBins.uniform(0, 10, 0.1).index(depth).ravel()[0] == min(meters * 10, 99)


def test_the_published_lists_are_read_whole(shared_data, tmp_path):
    for name, rows in (("nyu2_test.csv", 654), ("nyu2_train_FDS_subset.csv", 600)):
        lines = (shared_data / "nyud2-dir" / name).read_text().splitlines()
        assert len(lines) == rows
        for path in {cell for line in lines for cell in line.split(",")}:
            file = tmp_path / path
            file.parent.mkdir(parents=True, exist_ok=True)
            file.touch()
        (tmp_path / "data" / name).write_text("\n".join(lines))
        images, depths = read_depth_list(tmp_path / "data", name)
        assert len(images) == len(depths) == rows
        assert images[0] == str(tmp_path / lines[0].split(",")[0])
        assert depths[-1] == str(tmp_path / lines[-1].split(",")[1])


def test_every_measured_pixel_is_counted_in_its_bin(tmp_path):
    millimetres = np.array([[0, 50, 150, 150], [2000, 2000, 9990, 20000]])[..., None]
    paths = [str(tmp_path / "one.png"), str(tmp_path / "two.png")]
    for path, depth in zip(paths, (millimetres, np.full((2, 4, 1), 3000))):
        tf.io.write_file(path, tf.io.encode_png(depth.astype("uint16")))
    view = DepthView(shorter_side=2, image_size=(2, 4), depth_size=(2, 4))
    survey = survey_depths(paths, view, kr.LabelBins.uniform(0, 10, 0.1), verbose=False)
    expected = np.zeros((2, 100), int)
    expected[0, [0, 1, 20, 99]] = 1, 2, 2, 2
    expected[1, 30] = 8
    np.testing.assert_array_equal(survey.counts, expected)
    np.testing.assert_allclose(survey.means, [millimetres.sum() / 7000, 3], rtol=1e-6)


def test_missing_images_of_the_published_list_are_counted(shared_data, tmp_path):
    shutil.copy(shared_data / "nyud2-dir" / "nyu2_test.csv", tmp_path)
    with pytest.raises(FileNotFoundError, match=r"1308 of the 1308 files .* Google Drive"):
        read_depth_list(tmp_path, "nyu2_test.csv")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("a.jpg,a.png\nb.jpg\n", "must hold two paths.* line 2, 'b.jpg'"),
        ("a.jpg,a.png,1\n", "must hold two paths.* line 1, 'a.jpg,a.png,1'"),
        ("a.jpg, \n", "must hold two paths.* line 1"),
        ("\n", "must name at least one image. Received: an empty list"),
    ],
)
def test_a_bad_list_raises(tmp_path, text, message):
    (tmp_path / "list.csv").write_text(text)
    with pytest.raises(ValueError, match=message):
        read_depth_list(tmp_path, "list.csv")
