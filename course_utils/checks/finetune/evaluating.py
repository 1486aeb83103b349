"""Check of exercise evaluation: the numbers, and a model that is left as it was."""

from __future__ import annotations

import math

import torch
from torch import nn

from course_utils.checks.core import needs, run
from course_utils.checks.finetune.figures import (
    expect_accuracy,
    expect_calls,
    expect_floats,
    expect_loss,
    expect_one_pass,
    logits_of,
    mean_loss,
    pair,
)
from course_utils.checks.finetune.tiny import batches, build, gated_net, images, watched
from course_utils.checks.mistakes import brief, close, few
from course_utils.checks.report import Wrong
from course_utils.training.evaluation import accuracy, evaluate, predict, score

REFUSED = (evaluate, predict, score, accuracy)


def reports_mean_loss(evaluate):
    """mean loss over images, in batches of 4, 4 and 1."""
    parts, model = batches(4, 4, 1), watched()
    earlier = evaluate(model, batches(2, 1, seed=1))
    given = evaluate(model, parts)
    expect_calls(model)
    if pair(given) == pair(earlier):
        likely, remedy = (
            "what this model gave for other images is remembered",
            "go through `batches` each time",
        )
        raise Wrong("the loss of these images", "that of others", likely, remedy)
    return expect_loss(given, logits_of(watched(), parts))


@needs(reports_mean_loss)
def reports_large_loss(evaluate):
    """mean loss of a network that is sure, and wrong."""
    model, parts = watched(), [(1000 * x, y) for x, y in batches(4, 4, 1)]
    got, expected = pair(evaluate(model, parts))[0], mean_loss(logits_of(watched(), parts))
    if close(got, expected):
        return brief(expected)
    likely = "the softmax is 0 in float32 where its logarithm is below -104: log(0) is infinite"
    if isinstance(got, float) and math.isfinite(got):
        likely = "something keeps the probabilities away from 0, and so the loss from what it is"
    raise Wrong(brief(expected), brief(got), likely, "give F.cross_entropy the logits")


def reports_accuracy(evaluate):
    """accuracy as the fraction of right images."""
    parts = batches(4, 4, 1)
    return expect_accuracy(evaluate(watched(), parts), logits_of(watched(), parts))


def reports_floats(evaluate):
    """both are plain floats."""
    expect_floats(evaluate(watched(), batches(2, 2)))


def is_in_eval_mode(evaluate):
    """eval mode at every batch."""
    model = watched()
    evaluate(model, batches(2, 2, 2))
    expect_calls(model)
    modes = model.training_at_calls
    if not any(modes):
        return
    got = f"training mode in {modes.count(True)} of {len(modes)}"
    likely = "dropout is on, and batch norm goes by the batch at hand"
    raise Wrong("eval mode in each forward pass", got, likely, "call model.eval() before the first batch")


@needs(is_in_eval_mode)
def leaves_all_tensors(evaluate):
    """no tensor of the model changes."""
    model = build(_trained)
    without, *others = model.parameters()
    for p in others:
        p.grad = torch.ones_like(p)
    evaluate(model, [images(4), images(3)])
    if without.grad is not None:
        likely = "a gradient was given to a parameter that had none"
        raise Wrong("None where it was None", brief(without.grad), likely, "leave p.grad as it is")
    if any(p.grad is None or not p.grad.all() for p in others):
        likely = "gradients were cleared; a training loop that adds them up over batches still needs them"
        raise Wrong("gradients as they were", "others, or none", likely, "leave out zero_grad()")
    before, after = build(_trained).state_dict(), model.state_dict()
    moved = [k for k in before if not torch.equal(before[k], after[k])]
    if moved:
        likely = "the model went through training mode on the way, took a step, or its statistics were reset"
        raise Wrong("0 tensors changed", f"{len(moved)} changed: {few(moved)}", likely, "evaluate only")


def leaves_what_trains(evaluate):
    """what is trainable stays so, what is frozen too."""
    model = gated_net()
    model.stem.requires_grad_(False)
    before = {name: p.requires_grad for name, p in model.named_parameters()}
    evaluate(model, [images(4)])
    changed = [name for name, p in model.named_parameters() if p.requires_grad is not before[name]]
    if changed:
        likely = "requires_grad was set to do without gradients, and stays so"
        remedy = "put the loop into `with torch.no_grad():`"
        raise Wrong("the same parameters trainable", f"others: {few(changed)}", likely, remedy)


def gives_the_mode_back(evaluate):
    """the model's mode afterwards is the one before."""
    for before in (True, False):
        model = watched().train(before)
        evaluate(model, batches(2))
        if model.training is not before:
            likely = "the model stays in eval mode: the next epoch would train in it"
            if not before:
                likely = "the model is put in training mode, whatever it was in"
            remedy = "keep model.training at the start, and give it to model.train(...) at the end"
            raise Wrong(_mode(before), _mode(not before), likely, remedy)
        model = watched().train(before)
        model.linear.train(not before)
        evaluate(model, batches(2))
        if model.training is not before:
            likely = f"one of its layers was in {_mode(not before)}, and passed for the whole model"
            remedy = "model.training is the model's own mode: no other module needs to be asked"
            raise Wrong(_mode(before), _mode(not before), likely, remedy)


def records_no_gradients(evaluate):
    """no gradients are recorded."""
    model = watched()
    evaluate(model, batches(2, 2))
    expect_calls(model)
    if any(model.recording_at_calls):
        likely = "each forward pass keeps what backward would need"
        raise Wrong("gradients off", "gradients on", likely, "put the loop into `with torch.no_grad():`")


def leaves_gradients_on(evaluate):
    """gradients are on or off afterwards as before."""
    evaluate(watched(), batches(2))
    if not torch.is_grad_enabled():
        likely = "torch.set_grad_enabled(False) stays for everyone who comes later"
        raise Wrong("gradients on", "gradients off", likely, "put the loop into `with torch.no_grad():`")
    with torch.no_grad():
        evaluate(watched(), batches(2))
        if torch.is_grad_enabled():
            likely = "they are switched on at the end, whatever the caller had"
            raise Wrong("gradients off", "gradients on", likely, "put the loop into `with torch.no_grad():`")


def goes_through_once(evaluate):
    """any iterable of batches, each of them passed once."""
    expect_one_pass(evaluate)


CASES = (
    reports_mean_loss,
    reports_large_loss,
    reports_accuracy,
    reports_floats,
    is_in_eval_mode,
    leaves_all_tensors,
    leaves_what_trains,
    gives_the_mode_back,
    records_no_gradients,
    leaves_gradients_on,
    goes_through_once,
)


def evaluation(evaluate) -> None:
    """Check the exercise on evaluation."""
    run("evaluate", CASES, evaluate, library=REFUSED)


def _trained() -> nn.Module:
    """A small network whose running statistics are no longer those of a new one."""
    model = gated_net()
    for name, tensor in model.state_dict().items():
        if "running" in name:
            tensor.add_(torch.rand_like(tensor))
    return model


def _mode(training: bool) -> str:
    return "training mode" if training else "eval mode"
