"""Runs first in the processes that tests start: they find no scikit-learn, see `conftest.py`."""

import sys

sys.modules["sklearn"] = None
