"""Backbone features computed once: a linear probe in seconds."""

from __future__ import annotations

import hashlib

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from course_utils.augment import Preprocess, channels_last, channels_last_weights
from course_utils.cache import stored_arrays
from course_utils.data import ImageSet
from course_utils.evaluate import EVAL_BATCH, eval_mode
from course_utils.folding import folded_for_evaluation
from course_utils.models import find_head
from course_utils.precision import as_the_caller, callers_dtype

# L-BFGS steps for the probe: the loss no longer moves in the third digit after about fifty.
PROBE_ITERATIONS = 60
# Images from which on folding batch norms saves more than the 0.1 s it takes (32x32, two CPU cores).
WORTH_FOLDING = 4000


def extract_features(
    model: nn.Module, images: ImageSet, preprocess: Preprocess, keep: bool = True
) -> Tensor:
    """What the head of ``model`` receives for each image, in eval mode: float32 ``[N, D]`` on the CPU.

    A convolutional head (SqueezeNet) receives a map; its mean over places is taken. Within
    ``torch.autocast`` they are computed in 16 bits; what is stored is told apart by that.

    Args:
        keep: store the features in the cache folder, under a key of backbone weights, pixels and
            preprocessing, and take them from there the next time.
    """
    if not keep:
        return _compute(model, images, preprocess)
    key = _features_key(model, images, preprocess)
    stored = stored_arrays(key, lambda: {"features": _compute(model, images, preprocess).numpy()})
    return torch.from_numpy(stored["features"])


def _compute(model: nn.Module, images: ImageSet, preprocess: Preprocess) -> Tensor:
    device = next(model.parameters()).device
    frozen = folded_for_evaluation(model) if len(images) >= WORTH_FOLDING else model
    received: list[Tensor] = []
    hook = find_head(frozen).register_forward_pre_hook(lambda _, inputs: received.append(_vectors(inputs[0])))
    try:
        with eval_mode(frozen), channels_last_weights(frozen), torch.inference_mode(), as_the_caller(device):
            for x in images.images.split(EVAL_BATCH):
                frozen(channels_last(preprocess(x.to(device))))
    finally:
        hook.remove()
    return torch.cat(received).float().cpu()


def _vectors(x: Tensor) -> Tensor:
    """A vector for each image, in memory of its own: a class token is a view of all tokens."""
    return x.flatten(2).mean(2) if x.ndim == 4 else x.clone()


def fit_probe(
    features: Tensor, labels: Tensor, num_classes: int, weight_decay: float
) -> nn.Linear:
    """Fit a linear head on fixed features: logistic regression by full-batch L-BFGS.

    Args:
        features: float ``[N, D]``.
        labels: int64 ``[N]``.
        weight_decay: strength of the squared penalty on the weights, relative to the mean loss;
            choose it on validation images.

    Returns:
        A linear layer for the features as they are (the scaling used on the way is folded in).
    """
    mean, std = features.mean(0), features.std(0).clamp_min(1e-6)
    x = (features - mean) / std
    head = nn.utils.skip_init(nn.Linear, features.shape[1], num_classes)
    nn.init.zeros_(head.weight)
    nn.init.zeros_(head.bias)
    optimizer = torch.optim.LBFGS(
        head.parameters(), max_iter=PROBE_ITERATIONS, line_search_fn="strong_wolfe"
    )

    def closure() -> Tensor:
        optimizer.zero_grad()
        loss = F.cross_entropy(head(x), labels) + weight_decay * head.weight.square().sum()
        loss.backward()
        return loss

    optimizer.step(closure)
    with torch.no_grad():
        head.weight /= std
        head.bias -= head.weight @ mean
    return head


def _features_key(model: nn.Module, images: ImageSet, preprocess: Preprocess) -> str:
    head = {id(t) for t in find_head(model).parameters()}
    device = next(model.parameters()).device
    digest = hashlib.sha256(f"{model} {preprocess} {device.type} {callers_dtype(device)}".encode())
    for name, tensor in model.state_dict(keep_vars=True).items():
        if id(tensor) not in head:
            digest.update(name.encode() + tensor.detach().cpu().contiguous().numpy().tobytes())
    digest.update(images.images.cpu().numpy().tobytes())
    return f"features-{digest.hexdigest()[:32]}"
