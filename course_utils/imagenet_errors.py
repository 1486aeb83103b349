"""Published ImageNet top-5 errors, each with the conditions that it was measured under."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Record:
    """One published number.

    Attributes:
        model: what was measured.
        error: top-5 error in per cent on ImageNet-1k.
        networks: how many trained networks vote; more than one is an ensemble. 0: several, and the
            table does not say how many.
        crops: views of each picture that are averaged; 0: not stated, or several scales.
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
        networks = {0: "several networks", 1: "one network"}.get(
            self.networks, f"{self.networks} networks"
        )
        crops = f", {self.crops} crop{'s' if self.crops > 1 else ''}" if self.crops else ""
        return f"{networks}{crops}, {self.split}" + (", extra data" if self.extra_data else "")


RECORDS = (
    Record("AlexNet", 15.3, 7, 0, "test", True, "AlexNet, table 2"),
    Record("AlexNet", 16.4, 5, 0, "val", False, "AlexNet, table 2"),
    Record("AlexNet", 18.2, 1, 0, "val", False, "AlexNet, table 2"),
    Record("VGG", 7.3, 0, 0, "test", False, "ResNet, table 5"),
    Record("VGG", 8.43, 1, 0, "val", False, "ResNet, table 4"),
    Record("VGG", 7.1, 1, 0, "val", False, "ResNet, table 4"),
    Record("GoogLeNet", 6.67, 7, 144, "test", False, "GoogLeNet, tables 2 and 3"),
    Record("GoogLeNet", 10.07, 1, 1, "val", False, "GoogLeNet, table 3"),
    Record("ResNet", 3.57, 6, 0, "test", False, "ResNet, table 5"),
    Record("ResNet", 4.49, 1, 0, "val", False, "ResNet, table 4 (152 layers, several scales)"),
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
