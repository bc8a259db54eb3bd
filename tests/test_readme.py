"""The code of the README runs, word for word."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
README = (ROOT / "README.md").read_text()
BLOCKS = re.findall(r"```python\n(.*?)```", README, flags=re.DOTALL)


def test_the_first_screen_is_a_whole_fit():
    assert "model.fit(" in BLOCKS[0]
    assert len([line for line in BLOCKS[0].splitlines() if line.strip()]) <= 20


def test_the_code_of_the_readme_runs_word_for_word(capsys):
    names = {}
    for block in BLOCKS:
        exec(compile(block, "README.md", "exec"), names)
    printed = capsys.readouterr().out
    assert "few" in printed
    assert "| VANILLA | 1 |" in printed
    assert all(gradient is not None for gradient in names["gradients"])


@pytest.mark.parametrize("target", sorted(set(re.findall(r"\]\((?!http)([^)]+)\)", README))))
def test_what_the_readme_links_to_exists(target):
    assert (ROOT / target).exists()
