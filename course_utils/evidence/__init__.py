"""Experiments on real data, each a named command that can be stopped and goes on: ``course experiment``.

Start reading in ``catalogue.py`` (what there is), then ``running.py``.
"""

__all__ = [
    "catalogue",
    "duel",
    "headline",
    "hotdog",
    "labels",
    "methods",
    "networks",
    "printed",
    "reading",
    "recipes",
    "running",
    "s0",
    "s2",
    "sizes",
    "start",
]
