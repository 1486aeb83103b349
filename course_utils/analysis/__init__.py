"""What a result says: fair comparisons, paired tests, calibration, controls, and blocks seen from the inside.

Start reading in ``arms.py`` (``Arm``, ``verdict``).
"""

from __future__ import annotations

from course_utils.analysis.arms import (
    Arm,
    choose_rate,
    compared,
    describe_worth,
    is_decided,
    labels_needed,
    two_errors,
    verdict,
    worth,
)
from course_utils.analysis.calibration import (
    Bin,
    errors_if_calibrated,
    expected_calibration_error,
    fit_temperature,
    reliability_bins,
)
from course_utils.analysis.controls import block_side, estimate_norms, invert, permuted_copy, shuffle_blocks
from course_utils.analysis.damage import accuracy_lost, damage_rows, damaged, is_missed, mean_points
from course_utils.analysis.depth import Fits, error_rows, fit_at_best_rate, growth_rows
from course_utils.analysis.faults import FAULTS, fine_tune_with
from course_utils.analysis.occlusion import best_guesses, occlusion_map
from course_utils.analysis.paired import Paired, compare_pair, compare_seeds, exact_p, mid_p, paired_lead
from course_utils.analysis.probing import probe_arm
from course_utils.analysis.protocol import Contender, Protocol
from course_utils.analysis.residual import (
    capture,
    find_blocks,
    geometric_range,
    gradient_norms,
    identity_blocks,
    path_lengths,
    recording,
    shuffled,
    skipped,
)
from course_utils.analysis.starts import FrozenStart, Race, grid_rows, race

__all__ = [
    "Arm",
    "Bin",
    "Contender",
    "FAULTS",
    "Fits",
    "FrozenStart",
    "Paired",
    "Protocol",
    "Race",
    "accuracy_lost",
    "best_guesses",
    "block_side",
    "capture",
    "choose_rate",
    "compare_pair",
    "compare_seeds",
    "compared",
    "damage_rows",
    "damaged",
    "describe_worth",
    "error_rows",
    "errors_if_calibrated",
    "estimate_norms",
    "exact_p",
    "expected_calibration_error",
    "find_blocks",
    "fine_tune_with",
    "fit_at_best_rate",
    "fit_temperature",
    "geometric_range",
    "gradient_norms",
    "grid_rows",
    "growth_rows",
    "identity_blocks",
    "invert",
    "is_decided",
    "is_missed",
    "labels_needed",
    "mean_points",
    "mid_p",
    "occlusion_map",
    "paired_lead",
    "path_lengths",
    "permuted_copy",
    "probe_arm",
    "race",
    "recording",
    "reliability_bins",
    "shuffle_blocks",
    "shuffled",
    "skipped",
    "two_errors",
    "verdict",
    "worth",
]
