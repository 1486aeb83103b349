"""Every figure: one message each, drawn from data alone, with a caption and alt text.

Start reading in ``frame.py`` (what all figures share, ``show``), then in any module of figures.
"""

from course_utils.plots.comparison import (
    class_differences,
    kernel_windows,
    one_lead,
    paired_differences,
    reliability,
    who_is_right,
)
from course_utils.plots.concepts import accuracy_by_amount, beside, by_epoch, vocabulary
from course_utils.plots.families import family
from course_utils.plots.features import embedding, occlusion
from course_utils.plots.frame import describe, show
from course_utils.plots.images import (
    augmentation_grid,
    augmentation_rows,
    class_samples,
    image_grid,
    photo_and_guesses,
    photo_by_networks,
    photos_and_guesses,
    predictions,
    worst_mistakes,
)
from course_utils.plots.network import first_layer_kernels, gradient_taps, map_sizes
from course_utils.plots.residual import (
    block_kinds,
    block_maps,
    block_sketch,
    fitted_in_time,
    gradient_flow,
    growth_and_error,
    path_lengths,
    residual_sizes,
    size_against_loss,
)
from course_utils.plots.results import (
    arms,
    confusion_matrix,
    learning_curves,
)
from course_utils.plots.spending import accuracy_by_work, leads
from course_utils.plots.training import epoch_metrics, iteration_loss, unfreezing_jump
from course_utils.plots.two_backbones import backbones
from course_utils.plots.zoo import accuracy_by_size, price_of_size, zoo_accuracy

__all__ = [
    "accuracy_by_amount",
    "accuracy_by_size",
    "accuracy_by_work",
    "arms",
    "augmentation_grid",
    "augmentation_rows",
    "backbones",
    "beside",
    "block_kinds",
    "block_maps",
    "block_sketch",
    "by_epoch",
    "class_differences",
    "class_samples",
    "confusion_matrix",
    "describe",
    "embedding",
    "epoch_metrics",
    "family",
    "first_layer_kernels",
    "fitted_in_time",
    "gradient_flow",
    "gradient_taps",
    "growth_and_error",
    "image_grid",
    "iteration_loss",
    "kernel_windows",
    "leads",
    "learning_curves",
    "map_sizes",
    "occlusion",
    "one_lead",
    "paired_differences",
    "path_lengths",
    "photo_and_guesses",
    "photo_by_networks",
    "photos_and_guesses",
    "predictions",
    "price_of_size",
    "reliability",
    "residual_sizes",
    "show",
    "size_against_loss",
    "unfreezing_jump",
    "vocabulary",
    "who_is_right",
    "worst_mistakes",
    "zoo_accuracy",
]
