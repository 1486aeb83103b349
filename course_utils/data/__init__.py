"""Images: where they come from, how they are split, and how they are changed on the way to a network.

Start reading in ``images.py`` (``ImageSet``, ``Splits``), then ``loading.py`` (``load_data``).
"""

from __future__ import annotations

from course_utils.data.augment import Augment, Preprocess, random_crops
from course_utils.data.images import ImageSet, Splits, split
from course_utils.data.inspection import channel_statistics, duplicate_report, find_duplicates
from course_utils.data.loading import (
    CARTOONS,
    CLASSES,
    available,
    describe_source,
    load_data,
    load_photos,
)
from course_utils.data.samples import SamplePhoto, sample_photos

__all__ = [
    "Augment",
    "CARTOONS",
    "CLASSES",
    "ImageSet",
    "Preprocess",
    "SamplePhoto",
    "Splits",
    "available",
    "channel_statistics",
    "describe_source",
    "duplicate_report",
    "find_duplicates",
    "load_data",
    "load_photos",
    "random_crops",
    "sample_photos",
    "split",
]
