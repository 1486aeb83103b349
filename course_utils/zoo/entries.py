"""The model zoo: one entry for each set of weights, and the model that it belongs to."""

from __future__ import annotations

import fnmatch
from collections.abc import Sequence
from dataclasses import dataclass, field

from course_utils.errors import CourseError
from course_utils.models import lite0

FAMILIES = ("CNN", "Transformer", "self-supervised", "language-image")
SUPERVISED, UNLABELLED = "class labels", "no labels"
BOTH, CAPTIONS = "no labels, then class labels", "texts from the web"
NOTHING = "nothing"
LIBRARIES = ("torchvision", "timm", "moco", "course")
OURS = (("lenet5", ""), (lite0.ARCH, lite0.PACKAGE))  # builder and tag of what this package builds


@dataclass(frozen=True)
class Entry:
    """One set of weights to start from, and the model that it belongs to.

    Attributes:
        name: how tables and figures call it.
        family: one of ``FAMILIES``.
        year: in which the paper appeared.
        library: who builds the model, one of ``LIBRARIES``: ``moco`` stands for ``mocov3.py``, ``course`` for
            the rest of this package.
        builder: the name of the model there.
        tag: the name of the weights there; empty where there are none.
        trained_on: the pictures behind the weights.
        labels: what told the network what to learn; one of the five constants above.
        size: side in pixels that the model is built for.
        least: the model is given pictures of this side at least; smaller ones are enlarged inside.
        only_least: whether it takes that side alone; larger ones are made smaller inside.
        fixed_size: whether the model must be told the size of its input (``img_size`` in timm).
        small: further arguments of timm's builder for inputs smaller than ``size``.
    """

    name: str
    family: str
    year: int
    library: str
    builder: str
    tag: str
    trained_on: str = "ImageNet-1k"
    labels: str = SUPERVISED
    size: int = 224
    least: int = 1
    only_least: bool = False
    fixed_size: bool = False
    small: dict = field(default_factory=dict)

    def __post_init__(self) -> None:
        """Refuse what nobody builds.

        Raises:
            CourseError: for another library, or weights of this package that it does not know.
        """
        if self.library not in LIBRARIES:
            raise CourseError(
                f"{self.name}: no library of the zoo is called {self.library!r}.",
                expected=", ".join(LIBRARIES),
            )
        if self.library == "course" and (self.builder, self.tag) not in OURS:
            raise CourseError(
                f"{self.name}: this package does not build it.",
                expected=" or ".join(f"builder {builder!r} with tag {tag!r}" for builder, tag in OURS),
                found=f"builder {self.builder!r} with tag {self.tag!r}",
                do="name it in OURS, and tell building.py, published.py, rows.py and hub.py of it",
            )


def _torchvision(name: str, year: int, builder: str, tag: str = "IMAGENET1K_V1", **more) -> Entry:
    return Entry(name, more.pop("family", "CNN"), year, "torchvision", builder, tag, **more)


def _timm(name: str, family: str, year: int, model: str, **more) -> Entry:
    builder, _, tag = model.partition(".")
    return Entry(name, family, year, "timm", builder, tag, **more)


def _vit(name: str, family: str, year: int, model: str, trained_on: str, labels: str, **more) -> Entry:
    return _timm(name, family, year, model, trained_on=trained_on, labels=labels, **VIT, **more)


def _moco(name: str, builder: str, tag: str, **more) -> Entry:
    return Entry(name, "self-supervised", 2021, "moco", builder, tag, labels=UNLABELLED, **more)


# A Vision Transformer has one input size; on small pictures its patches are 4 pixels wide.
VIT = {"fixed_size": True, "small": {"patch_size": 4}}
EFFICIENTNET_SIZES = (224, 240, 288, 300, 380, 456, 528, 600)
ENTRIES = (
    Entry("LeNet-5", "CNN", 1998, "course", "lenet5", "", trained_on=NOTHING, labels=NOTHING,
          size=32, least=32, only_least=True),
    _torchvision("AlexNet", 2012, "alexnet", least=64),
    _torchvision("VGG16", 2014, "vgg16", least=32),
    _torchvision("VGG19", 2014, "vgg19", least=32),
    _torchvision("GoogLeNet", 2014, "googlenet", least=15),
    _torchvision("ResNet-18", 2015, "resnet18"),
    _torchvision("ResNet-34", 2015, "resnet34"),
    _torchvision("ResNet-50", 2015, "resnet50", "IMAGENET1K_V2"),
    _torchvision("ResNet-152", 2015, "resnet152", "IMAGENET1K_V2"),
    _timm("Inception-ResNet v2", "CNN", 2016, "inception_resnet_v2.tf_in1k", size=299, least=75),
    _torchvision("DenseNet-121", 2016, "densenet121", least=29),
    _torchvision("DenseNet-169", 2016, "densenet169", least=29),
    _timm("MobileNet v1", "CNN", 2017, "mobilenetv1_100.ra4_e3600_r224_in1k"),
    _torchvision("MobileNet v2", 2018, "mobilenet_v2", "IMAGENET1K_V2"),
    _torchvision("MobileNet v3 Large", 2019, "mobilenet_v3_large", "IMAGENET1K_V2"),
    _torchvision("MobileNet v3 Small", 2019, "mobilenet_v3_small"),
    *(
        _torchvision(f"EfficientNet B{i}", 2019, f"efficientnet_b{i}", size=size)
        for i, size in enumerate(EFFICIENTNET_SIZES)
    ),
    Entry("EfficientNet-Lite0", "CNN", 2020, "course", lite0.ARCH, lite0.PACKAGE),
    _torchvision("ConvNeXt-T", 2022, "convnext_tiny", least=32),
    _torchvision("ViT-B/16 (1k)", 2020, "vit_b_16", family="Transformer", least=224, only_least=True),
    _vit("ViT-B/16 (21k)", "Transformer", 2020, "vit_base_patch16_224.augreg2_in21k_ft_in1k",
         "ImageNet-21k, then 1k", SUPERVISED),
    _vit("DeiT-Ti", "Transformer", 2020, "deit_tiny_patch16_224.fb_in1k",
         "ImageNet-1k", SUPERVISED),
    _vit("DeiT-S", "Transformer", 2020, "deit_small_patch16_224.fb_in1k",
         "ImageNet-1k", SUPERVISED),
    _vit("DeiT-B", "Transformer", 2020, "deit_base_patch16_224.fb_in1k",
         "ImageNet-1k", SUPERVISED),
    _torchvision("Swin-T", 2021, "swin_t", family="Transformer"),
    _timm("Swin-B (22k)", "Transformer", 2021, "swin_base_patch4_window7_224.ms_in22k_ft_in1k",
          trained_on="ImageNet-22k, then 1k", fixed_size=True,
          small={"patch_size": 2, "window_size": 4}),
    _moco("MoCo v3 R-50", "resnet50", "r-50-1000ep"),
    _moco("MoCo v3 ViT-S", "vit_small_patch16_224", "vit-s-300ep", **VIT),
    _moco("MoCo v3 ViT-B", "vit_base_patch16_224", "vit-b-300ep", **VIT),
    _vit("BEiT-B", "self-supervised", 2021, "beit_base_patch16_224.in22k_ft_in22k_in1k",
         "ImageNet-22k, then 1k", BOTH),
    _vit("MAE ViT-B", "self-supervised", 2021, "vit_base_patch16_224.mae",
         "ImageNet-1k", UNLABELLED),
    _vit("DINOv2 ViT-S", "self-supervised", 2023, "vit_small_patch14_dinov2.lvd142m",
         "LVD-142M", UNLABELLED, size=518),
    _vit("DINOv3 ViT-S", "self-supervised", 2025, "vit_small_patch16_dinov3.lvd1689m",
         "LVD-1689M", UNLABELLED, size=256),
    _timm("DINOv3 ConvNeXt-T", "self-supervised", 2025, "convnext_tiny.dinov3_lvd1689m",
          trained_on="LVD-1689M", labels=UNLABELLED, least=32),
    _vit("CLIP ViT-B/16", "language-image", 2021, "vit_base_patch16_clip_224.openai",
         "400 M image-text pairs", CAPTIONS),
    _vit("SigLIP 2 ViT-B/16", "language-image", 2025, "vit_base_patch16_siglip_224.v2_webli",
         "WebLI", CAPTIONS),
)  # fmt: skip
NAMES = tuple(entry.name for entry in ENTRIES)


def find(name: str) -> Entry:
    """The entry called ``name``.

    Raises:
        CourseError: if there is none.
    """
    for entry in ENTRIES:
        if entry.name == name:
            return entry
    raise CourseError(f"no model of the zoo is called {name!r}.", expected=", ".join(NAMES))


def select(patterns: Sequence[str]) -> list[Entry]:
    """The entries whose names match one of the patterns, ``"EfficientNet *"`` for example.

    Raises:
        CourseError: if a pattern matches nothing.
    """
    for pattern in patterns:
        if not fnmatch.filter(NAMES, pattern):
            names = ", ".join(NAMES)
            raise CourseError(f"no model of the zoo matches {pattern!r}.", expected=names)
    return [e for e in ENTRIES if any(fnmatch.fnmatchcase(e.name, p) for p in patterns)]
