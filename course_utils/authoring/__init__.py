"""From the text of a notebook to its two editions, and to what students get.

Start reading in ``source.py`` (a text as cells), then ``release.py`` (``build``) and ``handout.py``;
``running.py`` is `course run`.
"""

__all__ = [
    "at_once",
    "cells",
    "claims",
    "configuration",
    "course_map",
    "crosslinks",
    "effort",
    "engine",
    "exercises",
    "gradebook",
    "handout",
    "leaks",
    "markers",
    "online",
    "package_map",
    "page",
    "pages",
    "picture",
    "preflight",
    "release",
    "rules",
    "running",
    "site",
    "source",
    "target",
    "wheels",
]
