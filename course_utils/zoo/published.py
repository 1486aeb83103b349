"""What is published of weights: licence, input, accuracy, conditions, source; ImageNet errors in history."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import Any

from torchvision import models as torchvision_models

from course_utils.models import lite0
from course_utils.models.weights import IMAGENET_MEAN, IMAGENET_STD
from course_utils.zoo.entries import Entry

ONE_CROP, PROBE = "one network, one crop", "linear probe on frozen features"
# torchvision: weights may come under the terms of the data that they were trained on (its README).
NOT_STATED = "not stated"
# In place of a number of crops. Dense: the network slides over the whole picture, here at several scales.
DENSE_3, DENSE_5, CROPS_AND_DENSE = -3, -5, -153
VIEWS = {
    0: ", crops not stated",
    1: ", 1 crop",
    DENSE_3: ", dense at 3 scales",
    DENSE_5: ", dense at 5 scales",
    CROPS_AND_DENSE: ", 150 crops and dense at 3 scales",
}
NON_COMMERCIAL = ("cc-by-nc", "non-commercial")
# What a card rules out, whatever the licence says: "Out-of-Scope Use Cases" of openai/CLIP, model-card.md.
EXCLUDED = {"CLIP ViT-B/16": "any deployed use, sold or not"}
# Top-1 on ImageNet's validation images where the library's metadata has none.
FROM_PAPERS = {
    "EfficientNet-Lite0": (100 * lite0.TOP1, ONE_CROP, "its authors' page, tensorflow/tpu"),
    "DeiT-Ti": (72.2, ONE_CROP, "DeiT, table 5"),
    "DeiT-S": (79.8, ONE_CROP, "DeiT, table 5"),
    "DeiT-B": (81.8, ONE_CROP, "DeiT, table 5"),
    "MoCo v3 R-50": (74.6, PROBE, "README and CONFIG of facebookresearch/moco-v3"),
    "MoCo v3 ViT-S": (73.2, PROBE, "README and CONFIG of facebookresearch/moco-v3"),
    "MoCo v3 ViT-B": (76.7, PROBE, "README and CONFIG of facebookresearch/moco-v3"),
}


@dataclass(frozen=True)
class Card:
    """The published facts about one set of weights.

    Attributes:
        mean, std: the normalisation that belongs to the weights.
        size: side in pixels of the pictures that they are evaluated on.
        licence: the terms as the library states them.
        top1, top5: published ImageNet accuracy as fractions; ``None`` where none is known to us.
        conditions: how it was measured.
        source: where the numbers stand.
        excludes: uses that its makers' model card rules out, whatever the licence allows.
    """

    mean: tuple[float, ...]
    std: tuple[float, ...]
    size: int
    licence: str
    top1: float | None = None
    top5: float | None = None
    conditions: str = ""
    source: str = ""
    excludes: str = ""

    @property
    def commercial(self) -> bool | None:
        """Whether the licence allows commercial use; ``None``: read the terms, they are special."""
        if any(word in self.licence for word in NON_COMMERCIAL):
            return False
        return True if self.licence in ("apache-2.0", "mit", "none needed") else None


def card(entry: Entry) -> Card:
    """What is published about ``entry``, read from the library's metadata as far as it has it."""
    if entry.library == "torchvision":
        return _of_torchvision(entry)
    if entry.library == "timm":
        return _of_timm(entry)
    if entry.builder == lite0.ARCH:
        return Card(lite0.MEAN, lite0.STD, entry.size, lite0.LICENCE, *_of_paper(entry.name))
    licence = "cc-by-nc-4.0" if entry.library == "moco" else "none needed"
    return Card(IMAGENET_MEAN, IMAGENET_STD, entry.size, licence, *_of_paper(entry.name))


def _of_torchvision(entry: Entry) -> Card:
    weights = torchvision_models.get_model_weights(entry.builder)[entry.tag]
    presets, measured = weights.transforms(), weights.meta["_metrics"]["ImageNet-1K"]
    return Card(
        tuple(presets.mean),
        tuple(presets.std),
        presets.crop_size[0],
        weights.meta.get("license", NOT_STATED),
        _fraction(measured["acc@1"]),
        _fraction(measured["acc@5"]),
        ONE_CROP,
        f"torchvision, {type(weights).__name__}.{weights.name}.meta",
    )


def _of_timm(entry: Entry) -> Card:
    import timm

    config: Any = timm.get_pretrained_cfg(f"{entry.builder}.{entry.tag}")
    size = config.input_size[-1]
    found = Card(config.mean, config.std, size, config.license, *_of_paper(entry.name))
    return replace(found, excludes=EXCLUDED.get(entry.name, ""))


def _of_paper(name: str) -> tuple:
    """top1, top5, conditions and source; nothing where we have no number whose source we know."""
    if name not in FROM_PAPERS:
        return ()
    top1, conditions, source = FROM_PAPERS[name]
    return _fraction(top1), None, conditions, source


def _fraction(percent: float) -> float | None:
    return None if math.isnan(percent) else percent / 100


def torchvision_accuracies() -> dict[str, tuple[float, float]]:
    """Top-1 and top-5 (fractions) of every set of ImageNet weights in torchvision, by its name."""
    found = {}
    for model in torchvision_models.list_models(module=torchvision_models):
        for weights in torchvision_models.get_model_weights(model):
            measured = weights.meta["_metrics"]["ImageNet-1K"]
            top1, top5 = _fraction(measured["acc@1"]), _fraction(measured["acc@5"])
            if top1 is not None and top5 is not None:
                found[f"{model} {weights.name}"] = (top1, top5)
    return found


@dataclass(frozen=True)
class Record:
    """One published number.

    Attributes:
        model: what was measured.
        error: top-5 error in per cent on ImageNet-1k.
        networks: how many trained networks vote; more than one is an ensemble. 0: several, and the
            table does not say how many.
        crops: views of each picture that are averaged; 0: not stated; below 0: dense, see ``VIEWS``.
        split: the images, ``val`` or ``test``.
        extra_data: whether other labelled pictures were used.
        source: the table.
    """

    model: str
    error: float
    networks: int
    crops: int
    split: str
    extra_data: bool
    source: str

    @property
    def is_ensemble(self) -> bool:
        return self.networks != 1

    @property
    def conditions(self) -> str:
        networks = {0: "several networks", 1: "one network"}.get(self.networks, f"{self.networks} networks")
        crops = VIEWS.get(self.crops, f", {self.crops} crops")
        return f"{networks}{crops}, {self.split}" + (", extra data" if self.extra_data else "")


RECORDS = (
    Record("AlexNet", 15.3, 7, 10, "test", True, "AlexNet, table 2 (ten patches: section 4.1)"),
    Record("AlexNet", 16.4, 5, 10, "val", False, "AlexNet, table 2 (ten patches: section 4.1)"),
    Record("AlexNet", 18.2, 1, 10, "val", False, "AlexNet, table 2 (ten patches: section 4.1)"),
    Record("VGG", 7.3, 7, DENSE_3, "test", False, "VGG, table 7 (scales: table 6)"),
    Record("VGG", 8.43, 1, 0, "test", False, "ResNet, table 4"),
    Record("VGG", 7.5, 1, DENSE_3, "val", False, "VGG, tables 4 and 5 (19 layers)"),
    Record("VGG", 7.1, 1, CROPS_AND_DENSE, "val", False, "VGG, table 5 (19 layers; crops: section 3.2)"),
    Record("GoogLeNet", 6.67, 7, 144, "test", False, "GoogLeNet, tables 2 and 3"),
    Record("GoogLeNet", 10.07, 1, 1, "val", False, "GoogLeNet, table 3"),
    Record("GoogLeNet", 9.15, 1, 10, "val", False, "GoogLeNet, table 3"),
    Record("GoogLeNet", 7.89, 1, 144, "val", False, "GoogLeNet, table 3"),
    Record("ResNet", 3.57, 6, 0, "test", False, "ResNet, table 5"),
    Record("ResNet", 4.49, 1, DENSE_5, "val", False, "ResNet, table 4 (152 layers; scales: section 3.4)"),
    Record("ResNet", 5.71, 1, 10, "val", False, "ResNet, table 3 (152 layers)"),
    Record("DenseNet", 7.71, 1, 1, "val", False, "DenseNet, table 3 (121 layers)"),
    Record("DenseNet", 6.66, 1, 10, "val", False, "DenseNet, table 3 (121 layers)"),
    Record("DenseNet", 6.12, 1, 1, "val", False, "DenseNet, table 3 (264 layers)"),
    Record("DenseNet", 5.29, 1, 10, "val", False, "DenseNet, table 3 (264 layers)"),
    Record("MobileNet", 10.5, 1, 1, "val", False, "Keras' documentation (version 1)"),
    Record("EfficientNet", 3.0, 1, 1, "val", False, "EfficientNet, table 2 (B7)"),
)
# A table that tutorials hand on: one column "top-5 error", no conditions.
WIDESPREAD = {
    "AlexNet": 15.3,
    "VGG": 7.3,
    "GoogLeNet": 6.7,
    "ResNet": 3.57,
    "DenseNet": 2.80,
    "MobileNet": 7.4,
    "EfficientNet": 2.6,
}


def origin(model: str, error: float) -> Record | None:
    """The record that ``error`` repeats, rounding included; ``None`` if no table we know has it."""
    for record in RECORDS:
        if record.model == model and abs(record.error - error) < 0.05:
            return record
    return None


def best_single(model: str) -> Record:
    """The lowest error of one network without extra data."""
    fair = [r for r in RECORDS if r.model == model and not r.is_ensemble and not r.extra_data]
    return min(fair, key=lambda record: record.error)
