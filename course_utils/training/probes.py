"""Backbone features computed once: a linear probe in seconds, and nearest neighbours without training."""

from __future__ import annotations

import copy
import hashlib

import torch
import torch.fx
import torch.nn.functional as F
from torch import Tensor, nn
from torch.nn.utils.fusion import fuse_conv_bn_eval

from course_utils.data.augment import Preprocess
from course_utils.data.images import ImageSet
from course_utils.errors import DataError
from course_utils.models.heads import find_head
from course_utils.storage import stored_arrays
from course_utils.training.device import (
    callers_dtype,
)
from course_utils.training.evaluation import predict
from course_utils.training.fingerprints import behaviour, name_of

# L-BFGS steps for the probe: the loss no longer moves in the third digit after about fifty.
PROBE_ITERATIONS = 60
# Images from which on folding batch norms saves more than the 0.1 s it takes (32x32, two CPU cores).
WORTH_FOLDING = 4000


def neighbour_votes(
    known: Tensor, labels: Tensor, features: Tensor, k: int, *, num_classes: int | None = None
) -> Tensor:
    """Votes of the ``k`` most similar known images for each class.

    Similarity is the cosine of two feature vectors; a neighbour's vote weighs as much as it is similar.

    Args:
        known: features of labelled images, float ``[M, D]``.
        labels: their labels, int64 ``[M]``.
        features: features of the images to classify, float ``[N, D]``.
        k: how many neighbours vote; choose it on validation images.
        num_classes: C; ``None``: as many as ``labels`` tell of, up to the largest of them.

    Returns:
        Float ``[N, C]``, to be used like logits: the largest vote is the prediction.

    Raises:
        DataError: if there are fewer known images than ``k``.
    """
    if not 1 <= k <= len(known):
        raise DataError(f"{k} neighbours of {len(known)} images.", expected=f"k in 1 to {len(known)}")
    similarity = F.normalize(features, dim=1) @ F.normalize(known, dim=1).T
    nearest = similarity.topk(k, dim=1)
    votes = features.new_zeros(len(features), num_classes or int(labels.max()) + 1)
    return votes.scatter_add_(1, labels[nearest.indices], nearest.values)


class _Tracer(torch.fx.Tracer):
    """Follows a model's forward pass; convolutions of all kinds are single steps of it."""

    def is_leaf_module(self, module: nn.Module, name: str) -> bool:
        return isinstance(module, nn.Conv2d) or super().is_leaf_module(module, name)


def folded_for_evaluation(model: nn.Module) -> nn.Module:
    """A copy of ``model`` in eval mode, without the batch norms that follow a convolution.

    In evaluation a batch norm scales each channel and adds to it, by constants: the convolution can do
    that itself, with other weights. Outputs are equal up to rounding, and a ResNet-18 at 32x32 needs
    0.9 times the time with AVX2, 0.97 times with AVX-512 (CPU seconds, one thread of an AMD EPYC), once
    0.1 s are spent on copying and following the model.

    A model whose forward pass depends on its input cannot be followed: its copy keeps its batch norms.
    """
    folded = copy.deepcopy(model).eval()
    layers = dict(folded.named_modules())
    for conv_name, norm_name in _pairs(folded):
        folded.set_submodule(conv_name, fuse_conv_bn_eval(layers[conv_name], layers[norm_name]))
        folded.set_submodule(norm_name, nn.Identity())
    return folded


def _pairs(model: nn.Module) -> list[tuple[str, str]]:
    """Names of each convolution whose output goes into a batch norm and nowhere else, and of that norm."""
    try:
        steps = [step for step in _Tracer().trace(model).nodes if step.op == "call_module"]
    except Exception:  # whatever a model does with its input, tracing it may fail in a way of its own
        return []
    layers = dict(model.named_modules())
    called = [step.target for step in steps]
    pairs = []
    for norm in steps:
        conv = norm.args[0] if norm.args else None
        if (
            isinstance(conv, torch.fx.Node)
            and conv in steps
            and isinstance(layers[norm.target], nn.BatchNorm2d)
            and layers[norm.target].track_running_stats
            and isinstance(layers[conv.target], nn.Conv2d)
            and len(conv.users) == 1
            and called.count(conv.target) == called.count(norm.target) == 1
        ):
            pairs.append((str(conv.target), str(norm.target)))
    return pairs


def extract_features(model: nn.Module, images: ImageSet, preprocess: Preprocess, keep: bool = True) -> Tensor:
    """What the head of ``model`` receives for each image, in eval mode: float32 ``[N, D]`` on the CPU.

    A convolutional head (SqueezeNet) receives a map; its mean over places is taken. Within
    ``torch.autocast`` they are computed in 16 bits; what is stored is told apart by that.

    Args:
        keep: store the features in the cache folder, under a key of the backbone (weights, settings and
            forward methods), pixels and preprocessing, and take them from there the next time. Where
            hooks, or a ``forward`` of its own, change what a layer does, nothing is stored.
    """
    if not keep or _is_altered(model):
        return _compute(model, images, preprocess)
    key = _features_key(model, images, preprocess)
    stored = stored_arrays(key, lambda: {"features": _compute(model, images, preprocess).numpy()})
    return torch.from_numpy(stored["features"])


def _is_altered(model: nn.Module) -> bool:
    """Whether a layer does something else than its class says."""
    return any(m._forward_hooks or m._forward_pre_hooks or "forward" in vars(m) for m in model.modules())


def _compute(model: nn.Module, images: ImageSet, preprocess: Preprocess) -> Tensor:
    fold = len(images) >= WORTH_FOLDING and not _is_altered(model)
    frozen = folded_for_evaluation(model) if fold else model
    received: list[Tensor] = []
    hook = find_head(frozen).register_forward_pre_hook(lambda _, inputs: received.append(_vectors(inputs[0])))
    try:
        predict(frozen, images, preprocess)
    finally:
        hook.remove()
    last_pass = torch.cat(received)[-len(images) :]  # out of memory, predict starts anew
    return last_pass.float().cpu()


def _vectors(x: Tensor) -> Tensor:
    """A vector for each image, in memory of its own: a class token is a view of all tokens."""
    return x.flatten(2).mean(2) if x.ndim == 4 else x.clone()


def fit_probe(features: Tensor, labels: Tensor, num_classes: int, weight_decay: float) -> nn.Linear:
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
    optimizer = torch.optim.LBFGS(head.parameters(), max_iter=PROBE_ITERATIONS, line_search_fn="strong_wolfe")

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
    digest = hashlib.sha256(f"{model} {name_of(preprocess)} {device.type} {callers_dtype(device)}".encode())
    for layer in behaviour(model):
        digest.update(layer.encode())
    for name, tensor in model.state_dict(keep_vars=True).items():
        if id(tensor) not in head:
            digest.update(name.encode() + tensor.detach().cpu().contiguous().numpy().tobytes())
    digest.update(images.images.cpu().numpy().tobytes())
    return f"features-{digest.hexdigest()[:32]}"
