"""All experiments by name."""

from __future__ import annotations

from course_utils.evidence import duel, hotdog, labels, recipes, s0, s2, start

MODULES = (start, hotdog, recipes, labels, s0, duel, s2)
EXPERIMENTS = {module.EXPERIMENT.name: module.EXPERIMENT for module in MODULES}
