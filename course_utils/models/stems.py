"""Stems: how the first layers of a network shrink small images, and kernels cut or scaled down to fit."""

from __future__ import annotations

from torch import Tensor, nn
from torchvision.models import ResNet

from course_utils.errors import CourseError

RESNET_STEMS: tuple[str, ...] = ("stock", "nopool", "stride1", "conv3x3")
ALEXNET_STEMS: tuple[str, ...] = ("stock", "stride1", "conv3x3", "crop", "centre", "resampled")


def adapt_stem(model: nn.Module, mode: str) -> None:
    """Change how the first layers of a ResNet or an AlexNet shrink the image, for inputs of 32x32.

    ResNet (``RESNET_STEMS``):

    ========  =====================================  ==================  ==============
    mode      what changes                           conv1's weights     map of layer4
    ========  =====================================  ==================  ==============
    stock     nothing                                pretrained          1x1
    nopool    no max-pool                            pretrained          2x2
    stride1   no max-pool, conv1 at stride 1         pretrained          4x4
    conv3x3   no max-pool, a new 3x3 conv1           **random**          4x4
    ========  =====================================  ==================  ==============

    AlexNet (``ALEXNET_STEMS``), torchvision's or :func:`~course_utils.models.alexnet.build_alexnet`'s:

    =========  ==========================  ==========================================  ========
    mode       first convolution           its weights                                 last map
    =========  ==========================  ==========================================  ========
    stock      11x11, stride 4             pretrained                                  none
    stride1    11x11, stride 1             pretrained                                  3x3
    conv3x3    3x3, stride 1               **random**                                  3x3
    crop       3x3, stride 1               taps 1 to 3 of each side, **random bias**   3x3
    centre     3x3, stride 1               taps 4 to 6 of each side, bias kept         3x3
    resampled  3x3, stride 1               all taps, see :func:`resample`, bias kept   3x3
    =========  ==========================  ==========================================  ========

    ``crop`` is what tutorials do, and call pretrained.

    Raises:
        CourseError: for an unknown mode, or a model with another stem (any model may stay ``stock``).
    """
    if isinstance(model, ResNet):
        modes, change = RESNET_STEMS, _adapt_resnet
    elif _has_alexnets_stem(model):
        modes, change = ALEXNET_STEMS, _adapt_alexnet
    elif mode == "stock":
        return
    else:
        raise _no_stem_for(model, mode)
    if mode not in modes:
        raise CourseError(f"unknown stem {mode!r}.", expected=", ".join(modes))
    if mode != "stock":
        change(model, mode)


def _no_stem_for(model: nn.Module, mode: str) -> CourseError:
    if _kernel_of(model, 3) == (5, 5):  # AlexNet's second convolution
        return CourseError(
            "the stem of this AlexNet has been changed already.",
            expected="a first convolution of 11 x 11",
            do="build the model anew, and change its stem once",
        )
    return CourseError(
        f"stem {mode!r} needs a ResNet or an AlexNet.",
        found=type(model).__name__,
        do="use stem='stock' and enlarge the input instead",
    )


def _adapt_resnet(model: ResNet, mode: str) -> None:
    model.maxpool = nn.Identity()
    if mode == "stride1":
        model.conv1.stride = (1, 1)
    if mode == "conv3x3":
        model.conv1 = nn.Conv2d(3, model.conv1.out_channels, 3, stride=1, padding=1, bias=False)
        nn.init.kaiming_normal_(model.conv1.weight, mode="fan_out", nonlinearity="relu")


def _has_alexnets_stem(model: nn.Module) -> bool:
    return _kernel_of(model, 0) == (11, 11)


def _kernel_of(model: nn.Module, place: int) -> tuple[int, ...]:
    """Height and width of the kernels at a place of ``model.features``; ``()`` if no convolution is there."""
    features = getattr(model, "features", None)
    layer = features[place] if isinstance(features, nn.Sequential) and len(features) > place else None
    return layer.kernel_size if isinstance(layer, nn.Conv2d) else ()


def _adapt_alexnet(model: nn.Module, mode: str) -> None:
    old = model.get_submodule("features.0")
    assert isinstance(old, nn.Conv2d)  # see _has_alexnets_stem
    if mode == "stride1":
        old.stride, old.padding = (1, 1), (5, 5)
        return
    new = nn.Conv2d(3, old.out_channels, 3, padding=1)
    assert old.bias is not None and new.bias is not None  # AlexNet's convolutions have biases
    if mode == "conv3x3":
        nn.init.kaiming_normal_(new.weight, nonlinearity="relu")
        nn.init.zeros_(new.bias)
    else:
        smaller = {
            "crop": old.weight[:, :, 1:4, 1:4],
            "centre": centre_crop(old.weight, 3),
            "resampled": resample(old.weight, 3),
        }
        new.weight.data.copy_(smaller[mode])
    if mode in ("centre", "resampled"):
        new.bias.data.copy_(old.bias)
    model.set_submodule("features.0", new)


def centre_crop(weight: Tensor, size: int) -> Tensor:
    """The middle ``size`` x ``size`` taps of kernels ``[out, in, k, k]``.

    Raises:
        CourseError: if the rest cannot be halved (``k - size`` odd or negative).
    """
    rest = weight.shape[-1] - size
    if rest < 0 or rest % 2:
        raise CourseError(
            f"kernels of {weight.shape[-1]} have no middle of {size}.",
            expected="a size that is smaller by an even number",
        )
    first = rest // 2
    return weight[..., first : first + size, first : first + size].clone()


def resample(weight: Tensor, size: int) -> Tensor:
    """Kernels ``[out, in, k, k]`` on a grid of ``size`` x ``size`` taps that covers the same square.

    Each new tap is the sum of what lies in its cell; an old tap on the border of two cells is divided
    by the lengths of its parts. So the sum of a kernel, its answer to an even patch, stays: a picture
    scaled down as much as the kernel gives about the old answer.
    """
    k = weight.shape[-1]
    for axis in (-2, -1):
        fine = weight.repeat_interleave(size, dim=axis)  # k * size equal slices of an old tap
        weight = fine.unflatten(axis, (size, k)).sum(dim=axis) / size
    return weight
