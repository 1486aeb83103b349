"""Folded batch norms: the same outputs, the model itself untouched, and nothing folded that must stay."""

import pytest
import torch
from torch import nn
from torchvision.models import densenet121

from course_utils.models.building import build_model
from course_utils.models.weights import find_weights
from course_utils.training.convolutions import use_live_taps
from course_utils.training.probes import folded_for_evaluation


def norms(model: nn.Module) -> int:
    return sum(isinstance(layer, nn.BatchNorm2d) for layer in model.modules())


def unsettled(model: nn.Module) -> nn.Module:
    """Running statistics and affine parameters as training leaves them."""
    generator = torch.Generator().manual_seed(0)
    for norm in (layer for layer in model.modules() if isinstance(layer, nn.BatchNorm2d)):
        for tensor, low in (
            (norm.running_var, 0.5),
            (norm.weight, 0.5),
            (norm.running_mean, -0.5),
            (norm.bias, -0.5),
        ):
            tensor.data.uniform_(low, low + 1, generator=generator)
    return model


@torch.no_grad()
def differ(model: nn.Module, other: nn.Module, x: torch.Tensor) -> float:
    return ((model.eval()(x) - other(x)).norm() / other(x).norm()).item()


@pytest.mark.parametrize("taps", [False, True])
def test_a_resnet_loses_all_its_norms_and_gives_the_same(taps):
    model = build_model("resnet18", find_weights("small"), None).train()
    if taps:
        use_live_taps(model)
    before = {name: t.clone() for name, t in model.state_dict().items()}
    folded = folded_for_evaluation(model)
    assert model.training and norms(model) == 20 and norms(folded) == 0
    assert all(torch.equal(t, before[name]) for name, t in model.state_dict().items())
    assert differ(model, folded, torch.randn(4, 3, 32, 32)) < 1e-5


def test_where_a_norm_comes_first_it_stays():
    model = unsettled(densenet121(num_classes=10))
    folded = folded_for_evaluation(model)
    assert 0 < norms(folded) < norms(model)
    assert differ(model, folded, torch.randn(2, 3, 64, 64)) < 1e-4


class Shared(nn.Module):
    """A convolution whose output is needed twice, and one that is called twice."""

    def __init__(self):
        super().__init__()
        self.a, self.b = nn.Conv2d(3, 3, 1), nn.Conv2d(3, 3, 1)
        self.norm_a, self.norm_b = nn.BatchNorm2d(3), nn.BatchNorm2d(3)

    def forward(self, x):
        y = self.a(x)
        return self.norm_b(self.b(self.b(y) + self.norm_a(y)))


class Choosy(nn.Sequential):
    def forward(self, x):
        return super().forward(x if x.mean() > 0 else -x)


@pytest.mark.parametrize(
    "model",
    [
        Shared(),
        Choosy(nn.Conv2d(3, 3, 1), nn.BatchNorm2d(3)),
        nn.Sequential(nn.Conv2d(3, 3, 1), nn.BatchNorm2d(3, track_running_stats=False)),
    ],
)
def test_what_cannot_be_folded_is_kept(model):
    model = unsettled(model) if not isinstance(model, nn.Sequential) else model
    folded = folded_for_evaluation(model)
    assert norms(folded) == norms(model)
    assert differ(model, folded, torch.randn(2, 3, 4, 4)) == 0
