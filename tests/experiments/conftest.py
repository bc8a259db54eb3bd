"""Runs of these tests leave no reports: tests/plots looks at those, and each takes seconds."""

import importlib

import pytest


@pytest.fixture(autouse=True)
def _without_reports(monkeypatch):
    for name in ("run", "table", "command_line"):
        module = importlib.import_module(f"keras_ranksim.experiments.{name}")
        monkeypatch.setattr(module, "leave_report", lambda *arguments: None)
