"""Control networks: same numbers in another order, statistics that fit, nothing else touched."""

import torch
from tiny import PREPROCESS, tiny_images, tiny_model

from course_utils.analysis.controls import estimate_norms, permuted_copy


def used_model():
    """A model whose batch norm has seen images."""
    model = tiny_model()
    model(PREPROCESS(tiny_images(20).images))
    return model.eval()


def test_weights_keep_their_numbers_and_lose_their_order():
    model = used_model()
    control = permuted_copy(model, seed=1)
    for old, new in zip(model.parameters(), control.parameters()):
        assert torch.equal(old.flatten().sort().values, new.flatten().sort().values)
        assert torch.equal(old, new) == (old.ndim == 1)


def test_the_original_stays_and_a_seed_gives_the_same_control():
    model = used_model()
    before = {k: v.clone() for k, v in model.state_dict().items()}
    first, again, other = (permuted_copy(model, seed) for seed in (1, 1, 2))
    assert all(torch.equal(v, model.state_dict()[k]) for k, v in before.items())
    assert torch.equal(first[0].weight, again[0].weight)
    assert not torch.equal(first[0].weight, other[0].weight)


def test_a_control_forgets_the_statistics():
    norm = permuted_copy(used_model(), seed=1)[1]
    assert norm.running_mean.eq(0).all() and norm.running_var.eq(1).all()


def test_estimated_statistics_are_those_of_the_images():
    model, images = used_model(), tiny_images(40, seed=3)
    weights = {name: p.detach().clone() for name, p in model.named_parameters()}
    estimate_norms(model, images, PREPROCESS)
    with torch.no_grad():
        maps = model[0](PREPROCESS(images.images)).transpose(0, 1).flatten(1)
    assert torch.allclose(model[1].running_mean, maps.mean(dim=1), atol=1e-5)
    assert torch.allclose(model[1].running_var, maps.var(dim=1), rtol=1e-4)
    assert all(torch.equal(p, weights[name]) for name, p in model.named_parameters())
    assert not model.training and not model[1].training and model[1].momentum == 0.1


def test_several_batches_count_alike(monkeypatch):
    model, images = used_model(), tiny_images(40, seed=3)
    monkeypatch.setattr("course_utils.analysis.controls.EVAL_BATCH", 15)
    estimate_norms(model, images, PREPROCESS)
    assert model[1].num_batches_tracked == 3
    with torch.no_grad():
        maps = model[0](PREPROCESS(images.images)).transpose(0, 1).flatten(1)
    assert torch.allclose(model[1].running_mean, maps.mean(dim=1), atol=0.01)
