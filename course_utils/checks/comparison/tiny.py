"""A narrow AlexNet and sample predictions on which the checks of chapter 04 run."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torchvision.models import AlexNet

from course_utils.models.seeding import seeded


def narrow_alexnet(classes: int = 9, seed: int = 3, width: int = 16) -> AlexNet:
    """torchvision's AlexNet with random weights and ``width`` in place of 4,096 hidden units."""
    with torch.device("meta"):
        model = AlexNet()
    with seeded(seed):
        model.features.to_empty(device="cpu")
        for parameter in model.features.parameters():
            nn.init.normal_(parameter, std=0.05)
        model.classifier[1] = nn.Linear(256 * 6 * 6, width)
        model.classifier[4] = nn.Linear(width, width + 4)
        model.classifier[6] = nn.Linear(width + 4, classes)
    return model.eval()


def predictions(
    both: int, only_first: int, only_second: int, neither: int, seed: int = 7
) -> tuple[Tensor, Tensor, Tensor]:
    """Classes that two networks predict and the labels, int64 ``[N]``, with these many images of
    each kind in random order; five classes, and where both are wrong some agree."""
    n = both + only_first + only_second + neither
    g = torch.Generator().manual_seed(seed)
    order = torch.randperm(n, generator=g)
    first_right = order < both + only_first
    second_right = (order < both) | ((order >= both + only_first) & (order < n - neither))
    labels = torch.randint(5, (n,), generator=g)

    def predicted(right: Tensor) -> Tensor:
        wrong = (labels + torch.randint(1, 5, (n,), generator=g)) % 5
        return torch.where(right, labels, wrong)

    return predicted(first_right), predicted(second_right), labels


def confident_logits(
    scale: float, n: int = 600, seed: int = 11, classes: int = 6, tilt: float = 0.0
) -> tuple[Tensor, Tensor]:
    """Logits ``[n, classes]`` whose best temperature is near ``scale``, and labels drawn from them.

    With a ``tilt`` each class is more frequent than the one before.
    """
    g = torch.Generator().manual_seed(seed)
    honest = 2 * torch.randn(n, classes, generator=g) + tilt * torch.arange(classes)
    labels = torch.multinomial(honest.softmax(dim=1), 1, generator=g).flatten()
    return honest * scale, labels
