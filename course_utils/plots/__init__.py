"""Every figure: one message each, drawn from data alone, with a caption and alt text."""

from course_utils.plots.frame import describe, show
from course_utils.plots.images import (
    augmentation_grid,
    class_samples,
    image_grid,
    photo_and_guesses,
    predictions,
    worst_mistakes,
)
from course_utils.plots.network import first_layer_kernels, gradient_taps, map_sizes
from course_utils.plots.results import (
    accuracy_against_cost,
    arms,
    confusion_matrix,
    learning_curves,
)
from course_utils.plots.training import epoch_metrics, iteration_loss

__all__ = [
    "accuracy_against_cost",
    "arms",
    "augmentation_grid",
    "class_samples",
    "confusion_matrix",
    "describe",
    "epoch_metrics",
    "first_layer_kernels",
    "gradient_taps",
    "image_grid",
    "iteration_loss",
    "learning_curves",
    "map_sizes",
    "photo_and_guesses",
    "predictions",
    "show",
    "worst_mistakes",
]
