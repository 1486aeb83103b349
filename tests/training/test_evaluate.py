"""Evaluation, features and tables."""

import pytest
import torch
from tiny import PREPROCESS, tiny_images, tiny_model
from torch import nn

from course_utils.models.heads import find_head
from course_utils.tables import table, transposed
from course_utils.training.evaluation import (
    accuracy,
    confusion_matrix,
    evaluate,
    predict,
    score,
    wilson_interval,
)
from course_utils.training.probes import extract_features, fit_probe, folded_for_evaluation


def test_predict_is_in_eval_mode_and_leaves_the_modes():
    model, images = tiny_model(), tiny_images(30)
    model.train()
    model[3].eval()
    state = {n: t.clone() for n, t in model.state_dict().items()}
    whole, in_parts = predict(model, images, PREPROCESS), predict(model, images, PREPROCESS, batch_size=7)
    assert torch.allclose(whole, in_parts, atol=1e-6)
    assert model.training and not model[3].training
    assert all(torch.equal(t, state[n]) for n, t in model.state_dict().items())


class Crowded(nn.Module):
    """A model that finds no memory for more than ``limit`` images at once, or for a second batch of more."""

    def __init__(self, limit: int, late: bool = False):
        super().__init__()
        self.body, self.limit, self.seen, self.late = tiny_model(), limit, [], late

    def forward(self, x):
        self.seen.append(len(x))
        if len(x) > self.limit and (not self.late or len(self.seen) > 1):
            raise torch.OutOfMemoryError("CUDA out of memory.")
        return self.body(x)


def test_out_of_memory_predict_starts_anew_with_half_a_batch():
    model, images = Crowded(5), tiny_images(20)
    logits = predict(model, images, PREPROCESS, batch_size=16)
    assert model.seen == [16, 8, 4, 4, 4, 4, 4]
    assert torch.allclose(logits, predict(model.body, images, PREPROCESS), atol=1e-6)
    with pytest.raises(torch.OutOfMemoryError):
        predict(Crowded(0), images, PREPROCESS)


def test_out_of_memory_no_feature_is_taken_twice(monkeypatch):
    monkeypatch.setattr(predict, "__defaults__", (16,))
    model, images = Crowded(8, late=True), tiny_images(40)
    features = extract_features(model, images, PREPROCESS, keep=False)
    assert model.seen == [16, 16, 8, 8, 8, 8, 8]
    assert torch.allclose(features, extract_features(model.body, images, PREPROCESS, keep=False), atol=1e-6)


def test_scores_count_every_image_once():
    model, images = tiny_model(), tiny_images(31)
    logits = predict(model, images, PREPROCESS)
    scores = evaluate(model, images, PREPROCESS)
    assert scores.n == 31
    assert scores.loss == pytest.approx(nn.functional.cross_entropy(logits, images.labels).item())
    assert scores.top1 == pytest.approx((logits.argmax(1) == images.labels).float().mean().item())


def test_a_score_of_no_images_is_told():
    assert str(score(torch.zeros(0, 3), torch.zeros(0, dtype=torch.long))) == "no images"


def test_top_k_and_confusion_matrix():
    logits = torch.tensor([[3.0, 2, 1], [1, 3, 2], [1, 2, 3]])
    labels = torch.tensor([1, 1, 2])
    assert accuracy(logits, labels) == pytest.approx(2 / 3)
    assert accuracy(logits, labels, k=2) == 1
    assert confusion_matrix(logits, labels).tolist() == [[0, 0, 0], [1, 1, 0], [0, 0, 1]]


def test_wilson_interval_of_a_known_case():
    low, high = wilson_interval(10, 100)
    assert (round(low, 3), round(high, 3)) == (0.055, 0.174)  # Wilson 1927; statsmodels gives the same
    assert wilson_interval(0, 10)[0] == 0 and wilson_interval(0, 0) == (0, 1)


def test_features_are_what_the_head_receives(monkeypatch, tmp_path):
    monkeypatch.setenv("COURSE_DATA", str(tmp_path))
    model, images = tiny_model(), tiny_images(20)
    features = extract_features(model, images, PREPROCESS)
    logits = find_head(model)(features)
    assert torch.allclose(logits, predict(model, images, PREPROCESS), atol=1e-6)
    assert torch.equal(features, extract_features(model, images, PREPROCESS))


def test_a_class_token_does_not_keep_all_tokens_in_memory():
    class Tokens(nn.Module):
        def __init__(self):
            super().__init__()
            self.head = nn.Linear(3, 5)

        def forward(self, x):
            return self.head(x.flatten(2).transpose(1, 2)[:, 0])

    received = []
    cat = torch.cat
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(torch, "cat", lambda tensors, *rest: received.extend(tensors) or cat(tensors, *rest))
        features = extract_features(Tokens(), tiny_images(20), PREPROCESS, keep=False)
    assert features.shape == (20, 3)
    kept = [t for t in received if t.shape[1] == 3]  # the logits have five columns
    assert sum(t.untyped_storage().nbytes() for t in kept) == 20 * 3 * 4


@pytest.mark.parametrize("folds_from", [1, 1000])
def test_features_of_many_images_come_from_folded_norms_and_are_the_same(monkeypatch, folds_from):
    monkeypatch.setattr("course_utils.training.probes.WORTH_FOLDING", folds_from)
    folded = []
    monkeypatch.setattr(
        "course_utils.training.probes.folded_for_evaluation",
        lambda m: folded.append(folded_for_evaluation(m)) or folded[0],
    )
    model, images = tiny_model().train(), tiny_images(20)
    model[1].running_mean += 1
    features = extract_features(model, images, PREPROCESS, keep=False)
    assert torch.allclose(find_head(model)(features), predict(model, images, PREPROCESS), atol=1e-5)
    assert len(folded) == (folds_from == 1) and all(m.training for m in model.modules())


@pytest.mark.parametrize("own", ["hook", "forward"])
def test_what_a_norm_does_besides_is_done_for_many_images_too(monkeypatch, own):
    monkeypatch.setattr("course_utils.training.probes.WORTH_FOLDING", 1)
    model = tiny_model()
    if own == "hook":
        model[1].register_forward_hook(lambda module, inputs, output: 0 * output)
    else:
        model[1].forward = lambda x: 0 * x
    assert extract_features(model, tiny_images(20), PREPROCESS).abs().max() == 0


def test_cached_features_follow_weights_data_size_and_preprocessing(monkeypatch, tmp_path):
    monkeypatch.setenv("COURSE_DATA", str(tmp_path))
    seen = [extract_features(tiny_model(), tiny_images(20), PREPROCESS)]
    seen.append(extract_features(tiny_model(seed=1), tiny_images(20), PREPROCESS))
    seen.append(extract_features(tiny_model(), tiny_images(20, seed=1), PREPROCESS))
    brighter = type(PREPROCESS)((0.1, 0.1, 0.1), PREPROCESS.std)
    seen.append(extract_features(tiny_model(), tiny_images(20), brighter))
    with torch.autocast("cpu", torch.bfloat16):
        seen.append(extract_features(tiny_model(), tiny_images(20), PREPROCESS))
    assert not any(torch.equal(a, b) for i, a in enumerate(seen) for b in seen[:i])
    head_changed = tiny_model()
    nn.init.zeros_(find_head(head_changed).weight)
    assert torch.equal(seen[0], extract_features(head_changed, tiny_images(20), PREPROCESS))


def test_the_probe_finds_a_separable_solution():
    generator = torch.Generator().manual_seed(0)
    labels = torch.arange(60) % 3
    features = torch.randn(60, 5, generator=generator) * torch.tensor([1.0, 9, 0.1, 50, 1]) + 7
    features[:, 2] += labels * 2.0
    head = fit_probe(features, labels, 3, weight_decay=1e-4)
    assert accuracy(head(features), labels) == 1


def test_table_aligns_numbers_to_the_right():
    text = table([{"name": "a", "n": 5}, {"name": "long name", "n": 1234}])
    assert text.splitlines()[2:] == ["a              5", "long name  1,234"]


def test_a_table_of_many_columns_can_be_turned():
    rows = [{"who": "a", "n": 1234, "share": "5 %"}, {"who": "b", "n": 5, "share": "6 %"}]
    assert transposed(rows) == [{"": "n", "a": "1,234", "b": "5"}, {"": "share", "a": "5 %", "b": "6 %"}]


def test_predicting_puts_the_weights_back_as_they_lay_in_memory():
    model, images, seen = tiny_model(), tiny_images(3), []
    first = next(layer for layer in model.modules() if isinstance(layer, nn.Conv2d))
    first.register_forward_hook(lambda layer, *_: seen.append(layer.weight.stride()))
    before = [(p.data_ptr(), p.stride()) for p in model.parameters()]
    predict(model, images, PREPROCESS)
    assert seen[0][1] == 1 != first.weight.stride()[1]
    assert [(p.data_ptr(), p.stride()) for p in model.parameters()] == before


class Halving(nn.Module):
    """A backbone whose strength is no tensor, and does not stand in its description."""

    def __init__(self, strength: float):
        super().__init__()
        self.conv, self.strength, self.fc = nn.Conv2d(3, 4, 3), strength, nn.Linear(4, 2)

    def forward(self, x):
        return self.fc(self.strength * self.conv(x).mean(dim=(2, 3)))


class Relu(Halving):
    pass


def test_kept_features_know_what_a_network_does_with_its_weights():
    images, model = tiny_images(12), Halving(0.5)
    first = extract_features(model, images, PREPROCESS)
    model.strength = 1.0
    assert torch.allclose(extract_features(model, images, PREPROCESS), 2 * first)

    corrected = Relu(1.0)
    corrected.load_state_dict(model.state_dict())
    old = extract_features(corrected, images, PREPROCESS)
    Relu.forward = lambda self, x: self.fc(self.conv(x).relu().mean(dim=(2, 3)))
    assert not torch.allclose(extract_features(corrected, images, PREPROCESS), old)

    with_hook = model.conv.register_forward_hook(lambda module, inputs, output: 0 * output)
    assert extract_features(model, images, PREPROCESS).abs().max() == 0
    with_hook.remove()
    assert torch.allclose(extract_features(model, images, PREPROCESS), 2 * first)


def test_nothing_is_kept_where_a_layer_has_a_forward_of_its_own():
    model, images = tiny_model(seed=5), tiny_images(12)
    usual = extract_features(model, images, PREPROCESS)
    model[2].forward = lambda x: 0 * x
    assert extract_features(model, images, PREPROCESS).abs().max() == 0
    del model[2].forward
    assert torch.equal(extract_features(model, images, PREPROCESS), usual)


class Applies(Halving):
    """A backbone that applies whatever is in a place of its own."""

    def __init__(self, held, take):
        super().__init__(1.0)
        self.held, self.take = held, take

    def forward(self, x):
        return self.fc(self.take(self.held)(self.conv(x).mean(dim=(2, 3))))


@pytest.mark.parametrize(
    "held, take",
    [
        (lambda function: function, lambda held: held),
        (lambda function: [function], lambda held: held[0]),
        (lambda function: (1, function), lambda held: held[1]),
        (lambda function: {"a": {"b": function}}, lambda held: held["a"]["b"]),
    ],
)
def test_kept_features_know_functions_that_a_layer_holds(held, take):
    model, images = Applies(held(torch.abs), take), tiny_images(12)
    first = extract_features(model, images, PREPROCESS)
    model.held = held(torch.zeros_like)
    assert first.max() > 0 == extract_features(model, images, PREPROCESS).abs().max()


def test_kept_features_know_the_function_that_prepares():
    def shifted(by):
        return lambda x: PREPROCESS(x) + by

    one, two = (extract_features(tiny_model(), tiny_images(12), shifted(by)) for by in (0, 1))
    assert not torch.allclose(one, two)
