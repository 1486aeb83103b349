"""Training and evaluation in plain PyTorch.

Start reading in ``loop.py`` (one pass over the images), then ``fitting.py`` (``fit``); ``recipe.py`` holds
what decides a run, ``evaluation.py`` what comes out of it.
"""

from __future__ import annotations

from course_utils.training.checkpoint import MemoryCheckpoint, load_checkpoint, save_checkpoint
from course_utils.training.convolutions import use_live_taps
from course_utils.training.device import best_device
from course_utils.training.evaluation import (
    Scores,
    accuracy,
    confusion_matrix,
    evaluate,
    predict,
    score,
    wilson_interval,
)
from course_utils.training.fitting import fit
from course_utils.training.history import EpochRecord, History
from course_utils.training.loop import Stepper, train_epoch
from course_utils.training.optimizer import parameter_groups
from course_utils.training.pretraining import pretrain
from course_utils.training.probes import extract_features, fit_probe, neighbour_votes
from course_utils.training.recipe import Phase, Recipe, rate_factor

__all__ = [
    "EpochRecord",
    "History",
    "MemoryCheckpoint",
    "Phase",
    "Recipe",
    "Scores",
    "Stepper",
    "accuracy",
    "best_device",
    "confusion_matrix",
    "evaluate",
    "extract_features",
    "fit",
    "fit_probe",
    "load_checkpoint",
    "neighbour_votes",
    "parameter_groups",
    "predict",
    "pretrain",
    "rate_factor",
    "save_checkpoint",
    "score",
    "train_epoch",
    "use_live_taps",
    "wilson_interval",
]
