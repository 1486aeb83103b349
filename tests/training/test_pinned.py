"""Training pinned to plain loops, bit for bit on any CPU: who changes a step, a rate, a draw or an order sees it."""

import contextlib
import math
from dataclasses import replace
from statistics import mean

import pytest
import torch
from tiny import PREPROCESS, tiny_images, tiny_model, tiny_splits
from torch import nn

from course_utils.data.augment import Augment, Preprocess, random_crops
from course_utils.data.images import ImageSet, Splits
from course_utils.models.freezing import freeze_backbone
from course_utils.models.weights import IMAGENET_MEAN, IMAGENET_STD
from course_utils.training import pretraining
from course_utils.training.checkpoint import load_checkpoint
from course_utils.training.device import cpu_has_bfloat16
from course_utils.training.fitting import fit
from course_utils.training.recipe import Phase, Recipe
from course_utils.training.upstream import Upstream

SEED = 3


def same(model: nn.Module, expected: dict) -> bool:
    state = model.state_dict()
    return state.keys() == expected.keys() and all(
        torch.equal(t, expected[name]) for name, t in state.items()
    )


def channels_last(x):
    return x.to(memory_format=torch.channels_last)


def groups(parameters, lr: float, decay: float) -> list[dict]:
    """No weight decay for norms and biases."""
    return [{"params": p, "lr": lr, "weight_decay": decay if p.ndim > 1 else 0.0} for p in parameters]


def cosine(done: float) -> float:
    return 0.5 * (1 + math.cos(math.pi * done))


def set_rates(optimizer, rates: list[float], factor: float) -> None:
    for group, rate in zip(optimizer.param_groups, rates):
        group["lr"] = rate * factor


def plain_fit(model: nn.Module, images: ImageSet) -> tuple[list[float], list[dict]]:
    """A frozen epoch, then two of all layers: the loss of each batch, and the weights after each epoch."""
    channels_last(model)
    augment, smoothed = Augment(pad=1, jitter=0.1), nn.CrossEntropyLoss(label_smoothing=0.1)
    losses, states = [], []
    for epoch in range(3):
        torch.manual_seed(SEED * 100_003 + epoch)  # for dropout
        generator = torch.Generator().manual_seed(SEED * 100_003 + epoch)
        frozen = epoch == 0
        if epoch < 2:  # a phase begins
            model[:6].requires_grad_(not frozen)
            parts = [] if frozen else groups(model[:6].parameters(), 0.003, 0.01)
            parts += groups(model[6].parameters(), 0.02 if frozen else 0.01, 0.01)
            rates = [part["lr"] for part in parts]
            optimizer = torch.optim.AdamW(parts, fused=True)
        model.train()
        if frozen:
            model[:6].eval()
        batches = torch.randperm(len(images), generator=generator).tensor_split(4)
        for number, index in enumerate(batches):
            x = channels_last(PREPROCESS(augment(images.images[index], generator)))
            loss = smoothed(model(x), images.labels[index])
            done = number / 4
            set_rates(optimizer, rates, cosine(done if frozen else (epoch - 1 + done) / 2))
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            losses.append(loss.item())
        states.append({name: t.clone() for name, t in model.state_dict().items()})
    return losses, states


def test_fit_is_the_plain_loop_bit_for_bit():
    phases = (Phase(1, 0.02, prepare=freeze_backbone), Phase(2, 0.01, backbone_lr=0.003))
    recipe = Recipe(phases, 16, label_smoothing=0.1, augment=Augment(pad=1, jitter=0.1))
    splits, fitted, plain = tiny_splits(50), tiny_model(), tiny_model()
    history = fit(fitted, splits, recipe, PREPROCESS, seed=SEED, progress=False)
    losses, states = plain_fit(plain, splits.train)
    assert history.iteration_loss == losses
    assert same(fitted, states[history.best_epoch - 1])

    plain.eval().requires_grad_(True)
    for record, state in zip(history.records, states, strict=True):
        plain.load_state_dict(state)
        with torch.inference_mode():
            logits = plain(channels_last(PREPROCESS(splits.val.images)))
        right = (logits.argmax(1) == splits.val.labels).float().mean().item()
        assert record.val_accuracy == pytest.approx(right)
        assert record.val_loss == pytest.approx(nn.functional.cross_entropy(logits, splits.val.labels).item())
        assert 0 <= record.train_accuracy <= 1
    sizes = [13, 13, 12, 12]
    for record, start in zip(history.records, (0, 4, 8)):
        of_images = sum(loss * n for loss, n in zip(losses[start : start + 4], sizes)) / 50
        assert record.train_loss == pytest.approx(of_images)


SETTINGS = Upstream(
    epochs=2, lr=0.05, batch_size=8, windows=0.25, sizes=((0.0, (8,)), (0.4, (8, 12)), (0.75, (12, 16)))
)


def large_images(n: int, seed: int = 0) -> ImageSet:
    small = tiny_images(n, classes=2, seed=seed)
    return replace(small, images=small.images.repeat_interleave(2, 2).repeat_interleave(2, 3))


def plain_pretraining(model: nn.Module, images: ImageSet) -> tuple[list[float], dict]:
    """Crops of random sizes, at a rate that rises for a fifth of the way: mean loss of each epoch, and weights."""
    channels_last(model)
    preprocess = Preprocess(IMAGENET_MEAN, IMAGENET_STD)
    smoothed, epochs = nn.CrossEntropyLoss(label_smoothing=SETTINGS.label_smoothing), []
    parts = groups(model.parameters(), SETTINGS.lr, SETTINGS.weight_decay)
    optimizer = torch.optim.SGD(parts, momentum=0.9, nesterov=True, fused=True)
    fast = torch.autocast("cpu", torch.bfloat16) if cpu_has_bfloat16() else contextlib.nullcontext()
    for epoch in range(2):
        generator, losses = torch.Generator().manual_seed(SEED * 100_003 + epoch), []
        torch.manual_seed(SEED * 100_003 + epoch)  # for dropout
        batches = torch.randperm(len(images), generator=generator).tensor_split(4)
        model.train()
        for number, index in enumerate(batches):
            done = (epoch + number / 4) / 2
            sizes = [choice for begins, choice in SETTINGS.sizes if done >= begins][-1]
            size = sizes[torch.randint(len(sizes), (), generator=generator)]
            x = random_crops(images.images[index], size, SETTINGS.windows, generator)
            with fast:
                logits = model(channels_last(preprocess(x)))
            loss = smoothed(logits.float(), images.labels[index])
            rising = max(done, 1e-3) / 0.2
            factor = rising if done < 0.2 else cosine((done - 0.2) / 0.8)
            set_rates(optimizer, [SETTINGS.lr] * len(parts), factor)
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            losses.append(loss.item())
        epochs.append(mean(losses))
    return epochs, model.state_dict()


def test_pretraining_is_the_plain_loop_bit_for_bit(monkeypatch, tmp_path):
    def small_network(*_):
        model = tiny_model(2)
        model[3].p = 0.0
        return model

    monkeypatch.setattr(pretraining, "upstream_model", small_network)
    data = Splits(large_images(32), large_images(0), large_images(16, seed=1))
    report = pretraining.pretrain(data, out=tmp_path, settings=SETTINGS, seed=SEED, progress=False)
    losses, expected = plain_pretraining(small_network(), data.train)
    assert report.loss == pytest.approx(losses, rel=1e-6)
    trained = small_network()
    trained.load_state_dict(load_checkpoint(report.file.with_suffix(".pt"))["model"])
    assert same(trained, expected)
