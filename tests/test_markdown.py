"""Tables in Markdown."""

from keras_ranksim.markdown import markdown_table


def test_numbers_are_aligned_right_and_text_left():
    assert markdown_table(["a", "b"], [["x", 1]]) == "| a | b |\n| --- | ---: |\n| x | 1 |\n"
    assert "| --- | --- |" in markdown_table(["a", "b"], [], numbers=False)


def test_a_bar_in_a_cell_does_not_split_it():
    assert markdown_table(["a"], [["x|y"]]).splitlines()[2] == "| x\\|y |"
