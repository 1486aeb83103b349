"""The benchmark beside fastai and Lightning: what it compares; the libraries themselves are an extra."""

from __future__ import annotations

import sys

import pytest
import torch
from courses import ROOT

sys.path.insert(0, str(ROOT / "benchmarks"))
import peers

from course_utils.data.images import ImageSet


@pytest.fixture
def images() -> ImageSet:
    pixels = torch.randint(0, 255, (12, 3, 32, 32), generator=torch.Generator().manual_seed(0))
    return ImageSet(pixels.to(torch.uint8), torch.arange(12) % 10, tuple("abcdefghij"), "noise")


@pytest.mark.slow
@pytest.mark.parametrize("has_bfloat16", [False, True])
def test_the_tables_name_workers_and_the_faster_peer(images, monkeypatch, has_bfloat16):
    calls = []

    def pretend(model, images, batch, workers, bfloat16):
        calls.append((workers, bfloat16))

    for library in ("with_fastai", "with_lightning", "with_ours"):
        monkeypatch.setattr(peers, library, pretend)
    monkeypatch.setattr(peers, "cpu_has_bfloat16", lambda: has_bfloat16)
    table = peers.section(images, rounds=1, batches=(4,))
    assert "Batches of 4" in table
    for name in ("fastai, ", "Lightning, ", "ours |", "ours, live taps"):
        assert name in table
    assert ("ours, live taps, bfloat16 |" in table) == has_bfloat16
    precisions = {False, has_bfloat16}
    assert set(calls) == {(workers, bfloat16) for workers in peers.WORKERS for bfloat16 in precisions}


def computed_in(model) -> set[torch.dtype]:
    """The types in which its last block computes; filled while it trains."""
    types: set[torch.dtype] = set()
    model.layer4[1].conv2.register_forward_hook(
        lambda layer, x, out: types.add(out.dtype) if layer.training else None
    )
    return types


@pytest.mark.parametrize("bfloat16", [False, True])
def test_our_epoch_trains_all_layers(images, bfloat16):
    model = peers.network(live_taps=True)
    before = [p.detach().clone() for p in model.parameters()]
    types = computed_in(model)
    peers.with_ours(model, images, 6, 0, bfloat16)
    assert not any(torch.equal(old, new) for old, new in zip(before, model.parameters()) if new.ndim == 1)
    assert types == {torch.bfloat16 if bfloat16 else torch.float32}


def test_the_peers_see_images_as_ours_does(images):
    shapes = {x.shape for x, _ in peers.loader(images, 4, 0)}
    assert shapes == {torch.Size([4, 3, 32, 32])}


@pytest.mark.parametrize("bfloat16", [False, True])
@pytest.mark.parametrize("library, train", [("fastai", "with_fastai"), ("lightning", "with_lightning")])
def test_one_epoch_of_a_peer(library, train, images, bfloat16):
    pytest.importorskip(library)
    model = peers.network()
    before = model.conv1.weight.detach().clone()
    types = computed_in(model)
    getattr(peers, train)(model, images, 6, 0, bfloat16)
    assert not torch.equal(before, model.conv1.weight) and model.bn1.num_batches_tracked == 2
    assert types == {torch.bfloat16 if bfloat16 else torch.float32}
