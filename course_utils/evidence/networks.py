"""The networks of the experiments, by start."""

from __future__ import annotations

from torch import nn

from course_utils.data.augment import Preprocess
from course_utils.data.images import ImageSet
from course_utils.models.alexnet import build_alexnet
from course_utils.models.building import build_model
from course_utils.models.lite0 import ARCH as LITE0
from course_utils.models.weights import find_weights
from course_utils.training.convolutions import use_live_taps

SMALL, SCRATCH = "Tiny ImageNet, the package's small weights", "random weights"
IMAGENET = "ImageNet-1k, EfficientNet-Lite0"
STARTS = {"small weights": SMALL, "from scratch": SCRATCH}


def resnet18(seed: int, images: ImageSet, start: str = SMALL, stem: str = "stock") -> nn.Module:
    """ResNet-18 with a new head; with the stock stem, taps that meet nothing but zeros are left out."""
    weights = find_weights("small") if start == SMALL else None
    model = build_model("resnet18", weights, len(images.classes), stem, seed)
    if stem == "stock":
        use_live_taps(model)
    return model


def lite0(seed: int, images: ImageSet, start: str = IMAGENET) -> nn.Module:
    """EfficientNet-Lite0 with a new head."""
    weights = find_weights("imagenet", LITE0) if start == IMAGENET else None
    return build_model(LITE0, weights, len(images.classes), seed=seed)


def cut_alexnet(seed: int, images: ImageSet, start: str = SMALL) -> nn.Module:
    """AlexNet's five convolutions, a mean over places and one linear layer."""
    weights = find_weights("small", "alexnet") if start == SMALL else None
    return build_alexnet(weights, len(images.classes), seed=seed)


def whole_alexnet(seed: int, images: ImageSet, start: str = SMALL) -> nn.Module:
    """torchvision's AlexNet: its three linear layers have no weights in the package, so they are random."""
    weights = find_weights("small", "alexnet") if start == SMALL else None
    return build_model("alexnet", weights, len(images.classes), seed=seed)


def normalise(size: int | None = None) -> Preprocess:
    """The constants of the small weights, which are torchvision's for ImageNet."""
    return find_weights("small").at_size(size)
