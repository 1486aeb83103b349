"""Nearest neighbours on frozen features: what a backbone knows before anything is trained."""

from __future__ import annotations

import torch.nn.functional as F
from torch import Tensor

from course_utils.errors import DataError


def neighbour_votes(known: Tensor, labels: Tensor, features: Tensor, k: int) -> Tensor:
    """Votes of the ``k`` most similar known images for each class.

    Similarity is the cosine of two feature vectors; a neighbour's vote weighs as much as it is similar.

    Args:
        known: features of labelled images, float ``[M, D]``.
        labels: their labels, int64 ``[M]``.
        features: features of the images to classify, float ``[N, D]``.
        k: how many neighbours vote; choose it on validation images.

    Returns:
        Float ``[N, C]``, to be used like logits: the largest vote is the prediction.

    Raises:
        DataError: if there are fewer known images than ``k``.
    """
    if not 1 <= k <= len(known):
        raise DataError(f"{k} neighbours of {len(known)} images.", expected=f"k in 1 to {len(known)}")
    similarity = F.normalize(features, dim=1) @ F.normalize(known, dim=1).T
    nearest = similarity.topk(k, dim=1)
    votes = features.new_zeros(len(features), int(labels.max()) + 1)
    return votes.scatter_add_(1, labels[nearest.indices], nearest.values)
