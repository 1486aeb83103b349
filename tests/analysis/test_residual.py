"""Residual blocks from the inside: capture, leaving a block out, paths; stacks; gradient norms."""

import math

import pytest
import torch
from torch import nn
from torchvision.models.resnet import BasicBlock, Bottleneck, ResNet

from course_utils.analysis.residual import (
    T_QUANTILE,
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
from course_utils.errors import CourseError
from course_utils.models.stacks import PlainBlock, build_stack


def a_network(kind=BasicBlock) -> ResNet:
    with torch.random.fork_rng():
        torch.manual_seed(0)
        return ResNet(kind, [1, 2, 1, 1], num_classes=3).eval()


def images(n: int = 2) -> torch.Tensor:
    return torch.randn(n, 3, 33, 33, generator=torch.Generator().manual_seed(1))


def hooks(model: nn.Module) -> int:
    return sum(len(m._forward_hooks) + len(m._forward_pre_hooks) for m in model.modules())


# Capture


@pytest.mark.parametrize("kind", [BasicBlock, Bottleneck])
def test_capture_gives_what_the_block_gave(kind):
    model = a_network(kind)
    records = capture(model, images())
    assert list(records) == list(find_blocks(model))
    for name, record in records.items():
        block = find_blocks(model)[name]
        with torch.no_grad():
            assert torch.equal(record.output, block(record.x))
        assert torch.equal(record.sum.relu(), record.output)
        assert record.projection == (block.downsample is not None)


def test_the_residual_is_kept_before_the_sum():
    record = capture(a_network(), images())["layer2.1"]
    assert (record.residual < 0).any() and not torch.equal(record.residual, record.output)
    assert torch.equal(record.shortcut, record.x)


def test_capture_leaves_no_hook_also_after_an_error():
    model = a_network()
    handle = model.layer3[0].register_forward_hook(lambda *_: None)
    capture(model, images())
    assert hooks(model) == 1
    with pytest.raises(ZeroDivisionError), recording(find_blocks(model)):
        raise ZeroDivisionError
    assert hooks(model) == 1
    handle.remove()


def test_ratio_and_cosine_of_a_block_made_by_hand():
    block = BasicBlock(1, 1, norm_layer=nn.Identity)
    with torch.no_grad():
        for conv, scale in ((block.conv1, 1.0), (block.conv2, -0.5)):
            conv.weight.zero_()
            conv.weight[0, 0, 1, 1] = scale
    record = capture(nn.Sequential(block), torch.rand(3, 1, 4, 4) + 0.1)["0"]
    assert torch.allclose(record.ratio, torch.full((3,), 0.5))
    assert torch.allclose(record.cosine, torch.full((3,), -1.0))
    maps = record.maps(image=1, channel=0)
    assert list(maps) == ["x", "F(x)", "x + F(x)", "ReLU"]
    assert torch.allclose(maps["F(x)"], -0.5 * maps["x"])


def test_identity_blocks_are_those_without_a_projection():
    assert identity_blocks(a_network()) == ["layer1.0", "layer2.1"]
    assert identity_blocks(a_network(Bottleneck)) == ["layer2.1"]


# Leaving a block out


def test_a_skipped_block_passes_on_its_shortcut():
    model, x = a_network(), images()
    usual = model(x)
    for name in ("layer2.1", "layer2.0"):
        with skipped(model, name):
            record = capture(model, x)[name]
            assert torch.equal(record.output, record.shortcut.relu())
    assert torch.equal(model(x), usual) and hooks(model) == 0


def test_shuffling_moves_the_residuals_within_the_batch():
    model, x = a_network(), images(4)
    usual = capture(model, x)["layer2.1"]
    with shuffled(model, "layer2.1", seed=3):
        moved = capture(model, x)["layer2.1"].output
    from_where = [
        next(j for j in range(4) if torch.allclose(moved[i], (usual.x[i] + usual.residual[j]).relu()))
        for i in range(4)
    ]
    assert sorted(from_where) == [0, 1, 2, 3] and all(i != j for i, j in enumerate(from_where))
    assert hooks(model) == 0


def test_an_unknown_block_is_named():
    with pytest.raises(CourseError, match="layer9"), skipped(a_network(), "layer9.0"):
        pass


def test_path_lengths_add_up():
    assert path_lengths(3) == [1, 3, 3, 1]
    assert sum(path_lengths(54)) == 2**54


# Stacks


@pytest.mark.parametrize("depth", [8, 20])
def test_a_stack_has_the_depth_it_says(depth):
    model = build_stack(depth)
    layers = [m for m in model.modules() if isinstance(m, nn.Conv2d | nn.Linear)]
    assert len(layers) == depth
    assert model(torch.randn(2, 3, 16, 16)).shape == (2, 10)


def test_plain_and_residual_start_from_the_same_weights():
    plain, residual = build_stack(14, residual=False).state_dict(), build_stack(14).state_dict()
    assert list(plain) == list(residual)
    assert all(torch.equal(plain[k], residual[k]) for k in plain)


def test_a_plain_block_adds_nothing():
    block = PlainBlock(2, 2).eval()
    nn.init.zeros_(block.bn2.weight)
    assert block(torch.rand(1, 2, 4, 4)).abs().max() == 0


def test_resnet56_has_the_published_size():
    assert round(sum(p.numel() for p in build_stack(56).parameters()) / 1e6, 2) == 0.85


def test_with_zero_start_every_block_is_the_identity():
    model = build_stack(8, zero_init=True)
    for record in capture(model, torch.randn(2, 3, 16, 16)).values():
        assert record.residual.abs().max() == 0
    assert torch.equal(record.output, record.shortcut.relu())


def test_impossible_stacks_are_refused():
    with pytest.raises(CourseError, match="10 layers"):
        build_stack(10)
    with pytest.raises(CourseError, match="no norm"):
        build_stack(8, norm=False, zero_init=True)


# Gradient norms


def test_gradient_norms_are_those_of_autograd():
    model, x, y = build_stack(8), torch.randn(4, 3, 16, 16), torch.arange(4)
    norms = gradient_norms(model, x, y)
    assert list(norms)[0] == "conv1" and len(norms) == 7
    assert math.isclose(norms["conv1"], model.conv1.weight.grad.norm().item())


def test_a_frozen_convolution_has_no_gradient_norm():
    model = build_stack(8)
    model.conv1.requires_grad_(False)
    with pytest.raises(CourseError, match=r"frozen(.|\n)*found: +conv1\n"):
        gradient_norms(model.eval(), torch.randn(4, 3, 16, 16), torch.arange(4))
    assert not model.training, "what is refused is left as it was"


def test_geometric_range():
    middle, low, high = geometric_range([1.0, 10.0, 100.0])
    assert math.isclose(middle, 10.0) and math.isclose(low * high, 100.0)
    assert math.isclose(math.log10(high), 1 + 4.303 / math.sqrt(3), rel_tol=1e-3)
    assert geometric_range([3.0]) == (3.0, 3.0, 3.0)
    assert geometric_range([1.0, 4.0] * 5)[0] == pytest.approx(2.0)
    with pytest.raises(CourseError, match="11 seeds"):
        geometric_range([2.0] * 11)
    with pytest.raises(CourseError, match=r"0 seeds(.|\n)*one to 10"):
        geometric_range([])
    with pytest.raises(CourseError, match=r"geometric mean(.|\n)*positive numbers(.|\n)*found: +0"):
        geometric_range([2.0, 0.0])


@pytest.mark.parametrize("n, quantile", T_QUANTILE.items())
def test_a_quantile_of_t_has_97_and_a_half_per_cent_below_it(n, quantile):
    """The density is summed up from 0 to both ends of what is rounded to the quantile."""
    freedom = n - 1
    scale = math.gamma(n / 2) / (math.sqrt(freedom * math.pi) * math.gamma(freedom / 2))

    def below(t: float) -> float:
        x = torch.linspace(0, t, 100_001, dtype=torch.float64)
        return 0.5 + torch.trapezoid(scale * (1 + x**2 / freedom) ** (-n / 2), x).item()

    assert below(quantile - 0.0005) < 0.975 < below(quantile + 0.0005)


def test_a_quantile_for_each_number_of_seeds():
    assert list(T_QUANTILE) == list(range(2, 11))
    for n, quantile in T_QUANTILE.items():
        logs = torch.arange(n, dtype=torch.float64)
        _, _, high = geometric_range(logs.exp().tolist())
        assert math.log(high) == pytest.approx((n - 1) / 2 + quantile * logs.std().item() / math.sqrt(n))
