"""Pretrained weights: torchvision's, a file of your own, or the small set that ships with the package."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from functools import cache
from pathlib import Path
from typing import Literal, TypedDict, overload

import torch
from safetensors.torch import load_file
from torch import Tensor, nn
from torchvision.models import get_model_weights

from course_utils.data.augment import Preprocess
from course_utils.downloads import Download
from course_utils.errors import WeightsError
from course_utils.models import lite0
from course_utils.models.architectures import ARCHITECTURES, untrained
from course_utils.models.heads import find_head, path_of, tensors_around_head
from course_utils.readable import unreadable_weights, why_unreadable

ASSETS = Path(__file__).parents[1] / "assets"
SMALL = {
    "resnet18": ASSETS / "resnet18_tinyimagenet.safetensors",
    "alexnet": ASSETS / "alexnet_tinyimagenet.safetensors",  # its five convolutions alone
}
SOURCES = ("auto", "imagenet", "small", "none")  # anything else is a path
HASH = re.compile(r"-([0-9a-f]{8,})\.")  # torch.hub's rule: a file's name ends in its SHA-256
# torchvision's ImageNet constants (torchvision.transforms._presets.ImageClassification).
IMAGENET_MEAN, IMAGENET_STD = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)


def _three_numbers(value: object) -> bool:
    return isinstance(value, list) and len(value) == 3 and all(isinstance(x, int | float) for x in value)


CARD: dict[str, Callable[[object], bool]] = {  # what may stand in the JSON file beside weights
    "name": lambda value: isinstance(value, str),
    "classes": lambda value: isinstance(value, list) and all(isinstance(x, str) for x in value),
    "mean": _three_numbers,
    "std": _three_numbers,
    "upstream": lambda value: isinstance(value, dict),
}


CARDS = "an object: name a text, classes a list of texts, mean and std three numbers, upstream an object"


class UpstreamFacts(TypedDict, total=False):
    """What is known of the training of weights, for a table; any of it may be unknown.

    Attributes:
        images: how many different ones.
        seen: how many in all epochs together.
        pixels: the side of the input, or a text such as ``"32 to 64"``.
        top1: accuracy on held-out images, a fraction.
    """

    images: int
    seen: int
    pixels: int | str
    top1: float


@dataclass(frozen=True)
class Weights:
    """A state dict together with what belongs to it.

    Attributes:
        name: what to call them in a table, such as ``"Tiny ImageNet (small)"``.
        state: parameter and buffer names to tensors, in the precision of their file (the package's own:
            float16); :meth:`load_into` gives them the model's.
        classes: the upstream class of each output; empty if nobody knows.
        preprocess: the normalisation that these weights were trained with.
        num_classes: outputs of the upstream head; 0 if the head is not among the tensors.
        upstream: what is known of the training; empty if nobody says.
    """

    name: str
    state: dict[str, Tensor]
    classes: tuple[str, ...]
    preprocess: Preprocess
    num_classes: int
    upstream: UpstreamFacts = field(default_factory=UpstreamFacts)

    def at_size(self, size: int | None) -> Preprocess:
        """The preprocessing with images resized to ``size`` pixels first."""
        return replace(self.preprocess, size=size)

    def load_into(self, model: nn.Module) -> None:
        """Copy every tensor into ``model``.

        Without a head (``num_classes`` 0) the part of the model that ends in it may be missing, such
        as AlexNet's three linear layers. What is missing stays random, and
        :func:`~course_utils.models.building.new_layers` names it.

        Raises:
            WeightsError: listing the names that are missing, left over, or of another shape.
        """
        wanted = model.state_dict()
        optional = () if self.num_classes else tensors_around_head(model)
        missing = [n for n in wanted if n not in self.state]
        problems = [f"missing {n}" for n in missing if n not in optional]
        problems += [f"unexpected {n}" for n in self.state if n not in wanted]
        problems += [
            f"{n} is {list(self.state[n].shape)}, the model has {list(wanted[n].shape)}"
            for n in wanted
            if n in self.state and self.state[n].shape != wanted[n].shape
        ]
        if problems:
            shown = "; ".join(problems[:5]) + (f"; and {len(problems) - 5} more" if len(problems) > 5 else "")
            raise WeightsError(
                f"{self.name}: {len(problems)} tensors do not fit the model.",
                found=shown,
                do="check that the weights belong to this architecture",
            )
        model.load_state_dict(self.state, strict=False)

    def of_part(self, part: str) -> Weights:
        """Those of the tensors that belong to the child ``part`` of the model, without a head."""
        state = {n: t for n, t in self.state.items() if n.startswith(f"{part}.")}
        return replace(self, state=state, num_classes=0)


def common_source(source: str | Path, archs: Sequence[str]) -> str:
    """The ``source`` for several architectures: ``auto`` is ImageNet's for all of them, or for none.

    A comparison in which one network starts from ImageNet and the other from the small weights
    would compare the weights.
    """
    if str(source) != "auto":
        return str(source)
    return "imagenet" if all(has_imagenet(arch) for arch in archs) else "small"


@overload
def find_weights(source: Literal["auto", "imagenet", "small"], arch: str = "resnet18") -> Weights: ...


@overload
def find_weights(source: str | Path, arch: str = "resnet18") -> Weights | None: ...


def find_weights(source: str | Path, arch: str = "resnet18") -> Weights | None:
    """Find pretrained weights for ``arch``; never downloads.

    Args:
        source: ``"auto"`` (ImageNet's if they are on this machine, else the package's own),
            ``"imagenet"``, ``"small"``, ``"none"`` (returns ``None``), or a path to a
            ``.safetensors``, ``.pt`` or ``.pth`` file.

    Raises:
        WeightsError: if they are not there, damaged, or not plain tensors.
    """
    if arch not in ARCHITECTURES:
        raise WeightsError(f"no weights are known for {arch!r}.", expected=", ".join(ARCHITECTURES))
    source = str(source)
    if source == "none":
        return None
    if source == "auto":
        source = "imagenet" if has_imagenet(arch) or arch not in SMALL else "small"
    if source == "imagenet":
        return _lite0() if arch == lite0.ARCH else _imagenet(arch)
    if source == "small":
        return _small(arch)
    return from_file(source, arch)


def describe_weights(weights: Weights | None, arch: str = "resnet18") -> str:
    """One visible line: which weights were taken, and how to get the real thing."""
    if weights is None:
        return "weights: none; what is called pretrained below is random, and every run starts from scratch"
    head = f"{weights.num_classes} upstream classes" if weights.num_classes else "without a head"
    line = f"weights: {weights.name}, {head}"
    if weights.name.endswith("(small)"):
        line += f"; for torchvision's ImageNet weights run `course fetch {arch}`"
    return line


def published_weights(url: str, again: str) -> Download:
    """The download of weights to where torch.hub looks for them; TORCH_HOME counts.

    Args:
        url: the file's name may end in the beginning of its SHA-256, as torch.hub has it
            (``resnet18-f37072fd.pth``); it is checked then.
        again: what to run to try once more, for messages.
    """
    name = url.rpartition("/")[2]
    start_of_hash = HASH.search(name)
    checksum = f"sha256:{start_of_hash[1]}" if start_of_hash else ""
    return Download((url,), checksum, Path(torch.hub.get_dir()) / "checkpoints" / name, again)


def imagenet_download(arch: str) -> Download:
    """torchvision's ImageNet-1k V1 weights.

    Args:
        arch: one of :data:`~course_utils.models.architectures.TORCHVISION`.
    """
    return published_weights(get_model_weights(arch)["IMAGENET1K_V1"].url, f"`course fetch {arch}`")


def has_imagenet(arch: str) -> bool:
    """Whether the ImageNet weights of ``arch`` are on this machine."""
    if arch == lite0.ARCH:
        return lite0.is_installed()
    return os.path.exists(imagenet_file(arch))  # False where we may not look


def imagenet_file(arch: str) -> Path:
    """Where torch keeps (or would keep) the ImageNet-1k V1 weights of ``arch``; TORCH_HOME counts."""
    return imagenet_download(arch).path


def from_file(path: str | Path, arch: str) -> Weights:
    """Read a file of weights for ``arch``; pickled code is refused (``weights_only=True``).

    A JSON file of the same name beside it may give ``name``, ``classes``, ``mean``, ``std`` and
    ``upstream``. The part of the model that ends in the head may be missing from the tensors (AlexNet's
    three linear layers: 115 MB of 120); ``num_classes`` is 0 then.

    Raises:
        WeightsError: if the file is missing, damaged, or holds anything but tensors, or if the JSON file
            names more or fewer classes than the head has outputs.
    """
    path = Path(path).expanduser()
    if not path.is_file():
        raise WeightsError(
            f"no weights at {path}.",
            expected="auto, small, imagenet, none, or a .safetensors, .pt or .pth file",
            found=f"no file at {path.resolve()}",
            do=f"correct the path; `{_brings(arch)}` brings those of ImageNet",
        )
    state = _with_counters(_unwrap(_read_tensors(path), path))
    card_file = path.with_suffix(".json")
    card = _read_card(card_file)
    classes, outputs = tuple(card.get("classes", ())), _upstream_classes(state, arch, path.name)
    if classes and outputs and len(classes) != outputs:
        raise WeightsError(
            f"{card_file.name} does not name the classes of {path.name}.",
            expected=f"{outputs} names, one for each output",
            found=str(len(classes)),
            do=f"correct it, or delete {card_file}: the weights are read without it",
        )
    return Weights(
        name=card.get("name", path.name),
        state=state,
        classes=classes,
        preprocess=Preprocess(tuple(card.get("mean", IMAGENET_MEAN)), tuple(card.get("std", IMAGENET_STD))),
        num_classes=outputs,
        upstream=card.get("upstream", {}),
    )


def _brings(arch: str) -> str:
    """The command that brings the ImageNet weights of an architecture."""
    return lite0.INSTALL if arch == lite0.ARCH else f"course fetch {arch}"


def _small(arch: str) -> Weights:
    if arch not in SMALL:
        raise WeightsError(
            f"the package has no small weights for {arch}.",
            expected=", ".join(SMALL),
            do="use weights='imagenet'" + ("" if has_imagenet(arch) else f" after `{_brings(arch)}`"),
        )
    return from_file(SMALL[arch], arch)


def _imagenet(arch: str) -> Weights:
    if not has_imagenet(arch):
        raise WeightsError(
            f"the ImageNet weights of {arch} are not on this machine.",
            do=f"run `course fetch {arch}` once, where there is a network",
        )
    published = get_model_weights(arch)["IMAGENET1K_V1"]
    presets, file = published.transforms(), imagenet_file(arch)
    try:
        state = _with_counters(_read_tensors(file))
    except WeightsError as problem:
        raise WeightsError(
            f"{file.name} cannot be read.",
            found=problem.found,
            do=f"delete {file} and run `course fetch {arch}`",
        ) from None
    return Weights(
        name="ImageNet-1k (torchvision V1)",
        state=state,
        classes=tuple(published.meta["categories"]),
        preprocess=Preprocess(tuple(presets.mean), tuple(presets.std)),
        num_classes=len(published.meta["categories"]),
        upstream={
            "images": 1_281_167,
            "pixels": presets.crop_size[0],
            "top1": published.meta["_metrics"]["ImageNet-1K"]["acc@1"] / 100,
        },
    )


def _lite0() -> Weights:
    """EfficientNet-Lite0's, from the installed package; its classes are in torchvision's order."""
    categories = tuple(get_model_weights("resnet18")["IMAGENET1K_V1"].meta["categories"])
    return Weights(
        name="ImageNet-1k (EfficientNet-Lite0, its authors')",
        state=lite0.read_state(),
        classes=categories,
        preprocess=Preprocess(lite0.MEAN, lite0.STD, resize="bicubic"),
        num_classes=len(categories),
        upstream={"images": 1_281_167, "pixels": 224, "top1": lite0.TOP1},
    )


def _read_tensors(path: Path) -> dict:
    try:
        if path.suffix == ".safetensors":
            return load_file(path)
        return torch.load(path, map_location="cpu", weights_only=True)
    except Exception as problem:
        raise unreadable_weights(path, why_unreadable(path, problem)) from None


def _unwrap(content: dict, path: Path) -> dict[str, Tensor]:
    """Take the tensors out of the usual wrappings: a ``state_dict`` key, a ``module.`` prefix."""
    for key in ("state_dict", "model"):
        if isinstance(content, dict) and isinstance(content.get(key), dict):
            content = content[key]
    if not isinstance(content, dict) or not all(
        isinstance(name, str) and isinstance(value, Tensor) for name, value in content.items()
    ):
        raise WeightsError(
            f"{path.name} holds no state dict.",
            expected="names mapped to tensors",
            found=type(content).__name__,
            do="save one: torch.save(model.state_dict(), file)",
        )
    return {name.removeprefix("module."): tensor for name, tensor in content.items()}


def _with_counters(state: dict[str, Tensor]) -> dict[str, Tensor]:
    """The same with a counter of batches beside the statistics of each batch norm.

    Files from before PyTorch 0.4.1, torchvision's ResNets among them, lack these; nothing here reads them.
    """
    means = [name.removesuffix("running_mean") for name in state if name.endswith("running_mean")]
    return {f"{norm}num_batches_tracked": torch.tensor(0) for norm in means} | state


def _read_card(path: Path) -> dict:
    """What a JSON file says of weights, as far as it is of the right kind.

    Raises:
        WeightsError: if it is no JSON, or says something else.
    """
    if not path.is_file():
        return {}
    do = f"correct it, or delete {path}: the weights are read without it"
    try:
        card = json.loads(path.read_text(encoding="utf-8"))
    except ValueError as problem:
        raise WeightsError(f"{path.name} is no JSON.", found=str(problem), do=do) from None
    known = card if isinstance(card, dict) else {}
    wrong = [key for key, fits in CARD.items() if key in known and not fits(known[key])]
    if wrong or not isinstance(card, dict):
        found = ", ".join(f"{key}: {str(card[key])[:40]}" for key in wrong) or type(card).__name__
        raise WeightsError(f"{path.name} does not describe weights.", expected=CARDS, found=found, do=do)
    return card


@cache
def _head_and_backbone(arch: str) -> tuple[str, frozenset[str]]:
    """The name of the head's weight, and of all tensors outside of the head's part."""
    with torch.device("meta"):
        model = untrained(arch, 1000)
    key = f"{path_of(model, find_head(model))}.weight"
    return key, frozenset(model.state_dict()) - set(tensors_around_head(model))


def _upstream_classes(state: dict[str, Tensor], arch: str, name: str) -> int:
    """Outputs of the head of ``arch`` that is stored in ``state``; 0 if all but its part is there."""
    key, backbone = _head_and_backbone(arch)
    if key in state:
        return state[key].shape[0]
    if backbone <= state.keys():
        return 0
    raise WeightsError(
        f"{name} has no {key}.",
        expected=f"the weights of {arch}, or all of them but {key.split('.')[0]}",
        found=", ".join(list(state)[:3]) + ", ...",
        do=f"choose weights of {arch}",
    )
