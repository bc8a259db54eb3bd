"""Backbones, each ending at the penultimate embedding."""

__all__ = []
