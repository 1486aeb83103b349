"""build_model(): a classifier with its weights, stem and head; and which of its layers are new."""

from __future__ import annotations

import torch
from torch import nn

from course_utils.errors import CourseError
from course_utils.models.architectures import ARCHITECTURES, untrained
from course_utils.models.heads import replace_head
from course_utils.models.seeding import seeded
from course_utils.models.stems import adapt_stem
from course_utils.models.weights import Weights


def build_model(
    arch: str,
    weights: Weights | None = None,
    num_classes: int | None = 10,
    stem: str = "stock",
    seed: int = 0,
) -> nn.Module:
    """Build a classifier (torchvision's, or EfficientNet-Lite0): weights loaded, stem adapted, a new head.

    Args:
        arch: one of ``ARCHITECTURES``.
        weights: from :func:`course_utils.models.weights.find_weights`; ``None`` means random (from scratch).
        num_classes: outputs of the new head; ``None`` keeps the upstream head of ``weights``. Weights
            without a head (AlexNet's small ones) leave all of ``classifier`` random.
        stem: how the first layers meet small images, see :func:`~course_utils.models.stems.adapt_stem`.
        seed: of everything random here, so that the same seed builds the same network.

    Returns:
        A plain model, which does not remember what was loaded. Nothing but the head is new, unless
        ``stem`` makes a new first layer (``conv3x3``; AlexNet's ``crop``, ``centre`` and ``resampled``)
        or the weights came without a head. What else is new then must be
        said where it matters, by name: ``new = new_layers(model, weights)``, and pass ``new`` to
        :func:`~course_utils.models.freezing.freeze_backbone` and to the ``Recipe``.

    Raises:
        CourseError: if ``arch`` or ``stem`` is unknown, or an upstream head is to be kept where none is.
        WeightsError: if ``weights`` do not fit ``arch``.
    """
    if arch not in ARCHITECTURES:
        raise CourseError(f"unknown architecture {arch!r}.", expected=", ".join(ARCHITECTURES))
    if weights and not weights.num_classes and num_classes is None:
        raise CourseError(f"{weights.name} come without a head to keep.", do="pass num_classes")
    upstream_classes = (weights and weights.num_classes) or num_classes or 1000
    with seeded(seed):
        model = untrained(arch, upstream_classes)
        if weights:
            weights.load_into(model)
        adapt_stem(model, stem)
        if weights and num_classes is not None:
            replace_head(model, num_classes)
    return model


def new_layers(model: nn.Module, weights: Weights | None) -> tuple[str, ...]:
    """Names of the layers of ``model`` that do not hold what ``weights`` hold: ``("conv1", "fc")``, say.

    Compared number by number, so ask before you train. Without weights, all layers are new. A stem that
    was made out of the pretrained one (AlexNet's ``centre``) is among them: whether it counts as
    pretrained is for you to say.
    """
    loaded = weights.state if weights else {}
    layers = {
        name.rpartition(".")[0]: None
        for name, tensor in model.state_dict().items()
        if name not in loaded or not torch.equal(tensor.cpu(), loaded[name].to(tensor.dtype))
    }
    return tuple(layers)


def describe_start(model: nn.Module, weights: Weights | None) -> str:
    """One line on an untrained model: how many tensors it has from ``weights``, and which layers are new."""
    if weights is None:
        return "all weights random (from scratch)"
    new = new_layers(model, weights)
    kept = [name for name in model.state_dict() if name.rpartition(".")[0] not in new]
    rest = f"new: {', '.join(new)}" if new else "upstream head kept"
    return f"{len(kept)} tensors from {weights.name}; {rest}"
