"""Check of exercise repair: a tutorial's script, and what each of its mistakes leaves behind."""

from __future__ import annotations

import functools
from collections.abc import Callable

import torch
import torch.nn.functional as F
from torch import Tensor

from course_utils.analysis import faults
from course_utils.checks.core import needs, run
from course_utils.checks.finetune.scripts import (
    CONSTANTS,
    EPOCHS,
    SEED,
    Trial,
    sketches,
    trial,
    without_a_right_image,
)
from course_utils.checks.mistakes import Mistake, brief, close, few, of_wrong_type, recognise
from course_utils.checks.report import Wrong

RATES = (faults.HEAD_RATE, faults.FULL_RATE)
FROZEN_BEST = 49  # a seed with which the second epoch, a frozen one, is the best
BY_BATCHES = 815  # the same, and the third is the best by the mean of the batches' accuracies
ANEW = (
    "the search for the best epoch starts anew when everything is unfrozen",
    "compare with the best epoch of all so far",
)


def _head_after(clears: bool = True, smoothing: float = 0.0) -> list[Tensor]:
    """The head after the first epoch, if gradients are cleared for each batch, or labels smoothed."""
    one = trial()
    model, (mean, std) = one.model.eval(), one.constants
    optimizer = torch.optim.SGD(model.fc.parameters(), lr=faults.HEAD_RATE, momentum=faults.MOMENTUM)
    for x, y in one.train:
        if clears:
            optimizer.zero_grad()
        F.cross_entropy(model((x / 255 - mean) / std), y, label_smoothing=smoothing).backward()
        optimizer.step()
    return [p.detach() for p in model.fc.parameters()]


FIRST_EPOCH = (
    Mistake(
        lambda: _head_after(clears=False),
        "gradients add up from batch to batch",
        "call optimizer.zero_grad() for each batch",
    ),
    Mistake(
        lambda: _head_after(smoothing=0.1),
        "the labels are smoothed",
        "F.cross_entropy(logits, y), without label_smoothing",
    ),
)
SEEN_EARLY = (
    "val chooses the epoch, but test is measured along the way",
    "measure test once, behind the loop, when the best weights are loaded",
)
UNKNOWN = ("none of the usual mistakes explains this", "go through the statement line by line")


def takes_constants(fine_tune):
    """pixels are normalised with the given constants."""
    calls = _watched(fine_tune).model.calls
    if not calls:
        likely = ("the model that is passed is not used", "call model(x)")
        raise Wrong("forward passes of the model", "none", *likely)
    for call in calls:
        pixels = (call.pixels * CONSTANTS[1] + CONSTANTS[0]) * 255
        if not torch.allclose(pixels, pixels.round().clamp(0, 255), atol=0.02):
            got = f"inputs with mean {call.pixels.mean():.2f} and deviation {call.pixels.std():.2f}"
            cause = "the constants are not those of the weights, or the pixels are not divided by 255"
            remedy = "normalise with `constants` in training and in every evaluation"
            raise Wrong("(x / 255 - mean) / std with the two constants", got, cause, remedy)


@needs(takes_constants)
def evaluates_after_each_epoch(fine_tune):
    """val after each epoch, in eval mode, no gradients."""
    one = _watched(fine_tune)
    rounds = len(one.after_epochs())
    if rounds != sum(EPOCHS):
        raise Wrong(
            f"{sum(EPOCHS)} epochs, each followed by a pass without gradients",
            f"training and evaluation in turn {rounds} times",
            "validation is not measured after each epoch, or gradients are recorded there",
            "after each epoch: model.eval(), torch.no_grad(), all of val",
        )
    noisy = [call for call in one.model.calls if not call.recording and any(call.training.values())]
    if noisy:
        got = f"training mode in {len(noisy)} passes"
        raise Wrong(
            "eval mode in each evaluation", got, "model.eval() is missing", "call it before you measure"
        )


@needs(evaluates_after_each_epoch)
def goes_in_order(fine_tune):
    """training batches in their order."""
    one = _watched(fine_tune)
    got = [sketches(call.pixels) for call in one.training_calls()]
    wanted = [sketches(pixels) for pixels, _ in one.train] * sum(EPOCHS)
    if got != wanted:
        found = f"{len(got)} batches" + (", in another order" if len(got) == len(wanted) else "")
        likely = "the batches are shuffled, or other batches are trained on"
        raise Wrong(
            f"{len(wanted)} batches, in their order", found, likely, "for x, y in train, in each epoch"
        )


@needs(goes_in_order)
def steps_at_the_rates(fine_tune):
    """the optimizer and its rate in each epoch."""
    one = _watched(fine_tune)
    if not one.steps:
        return "no optimizer of torch: only the weights can tell"
    other = [step for step in one.steps if (step.optimizer, step.momentum) != ("SGD", faults.MOMENTUM)]
    if other:
        got = (
            f"{other[0].optimizer}, momentum {other[0].momentum:g}, in {len(other)} of {len(one.steps)} steps"
        )
        raise Wrong(
            f"SGD, momentum {faults.MOMENTUM:g}",
            got,
            "it is another optimizer",
            "torch.optim.SGD(..., momentum=0.9)",
        )
    if extras := {name for step in one.steps for name in step.extras}:
        told = ", ".join(sorted(extras))
        likely = "the statement asks for none of it"
        raise Wrong("SGD with a rate and momentum alone", f"{told}, too", likely, f"leave {told} out")
    rates = [step.rate for step in one.steps[:: len(one.train)]]
    wanted = [start * faults.DECAY**i for start, n in zip(RATES, EPOCHS) for i in range(n)]
    if not close(rates, wanted):
        raise Wrong(_listed(wanted), _listed(rates), *_why_other_rates(rates, wanted, len(one.train)))
    kept = one.steps[EPOCHS[0] * len(one.train)].remembered
    if kept:
        likely = "the optimizer still has the momentum of the frozen epochs"
        raise Wrong(
            "a new optimizer",
            f"one that remembers {kept} tensors",
            likely,
            "make a new one when you unfreeze",
        )


def _why_other_rates(rates: list[float], wanted: list[float], batches: int) -> tuple[str, str]:
    """Likely cause and remedy, by the rate at the start of each epoch."""
    each_batch = [start * faults.DECAY ** (i * batches) for start, n in zip(RATES, EPOCHS) for i in range(n)]
    if close(rates, each_batch):
        return "the rate falls after each batch", "call scheduler.step() once an epoch, behind the loop"
    if close(rates, [*wanted[: EPOCHS[0]], *(r * faults.DECAY ** EPOCHS[0] for r in wanted[EPOCHS[0] :])]):
        likely = (
            f"the epochs are counted from the first of all: the second rate does not begin at {RATES[1]:g}"
        )
        return likely, "count the epochs of each phase from 0, as a new scheduler does"
    if close(rates[EPOCHS[0] :], [RATES[1]] * EPOCHS[1]):
        likely = (
            "the rate of the unfrozen epochs does not fall: no scheduler steps, or one of the first optimizer"
        )
        return likely, "make a new optimizer and a new scheduler when you unfreeze"
    undone = close(rates[: EPOCHS[0] + 1], wanted[: EPOCHS[0] + 1])
    likely = faults.FAULTS["rate undone"] if undone else "the rates do not follow the statement"
    return likely, "make a new optimizer and a new scheduler when you unfreeze"


@needs(evaluates_after_each_epoch)
def leaves_the_backbone(fine_tune):
    """frozen epochs leave the backbone alone."""
    one = _watched(fine_tune)
    after = one.after_epochs()[EPOCHS[0] - 1]
    changed = [n for n, t in one.start.items() if not n.startswith("fc.") and not torch.equal(t, after[n])]
    if any("running" not in name and "num_batches" not in name for name in changed):
        likely = ("the backbone trains, too", "set requires_grad to False, then to True for the head")
        if all("fc" in name for name in changed if "running" not in name and "num_batches" not in name):
            likely = ("'fc' stands in this name, too: the head is model.fc", 'name.startswith("fc.")')
        raise Wrong("weights of the head alone change", f"others: {few(changed)}", *likely)
    if changed:
        remedy = "in the frozen epochs call model.eval(): nothing in the backbone has anything to learn"
        raise Wrong(
            "all running statistics as they were",
            f"changed: {few(changed)}",
            faults.FAULTS["norms drift"],
            remedy,
        )


@needs(leaves_the_backbone)
def trains_in_training_mode(fine_tune):
    """training mode in every unfrozen epoch."""
    one = _watched(fine_tune)
    training = one.training_calls()[EPOCHS[0] * len(one.train) :]
    still = sum(not all(call.training.values()) for call in training)
    if still:
        got = f"eval mode in {still} of {len(training)} batches"
        remedy = "call model.train() at the start of each unfrozen epoch"
        raise Wrong("training mode in each training batch", got, faults.FAULTS["train() once"], remedy)


@needs(leaves_the_backbone)
def trains_everything(fine_tune):
    """every parameter changes in the unfrozen epochs."""
    one = _watched(fine_tune)
    if same := _still(one):
        remedy = "make a new optimizer with all parameters when you unfreeze"
        raise Wrong("every parameter changes", f"these do not: {few(same)}", _why_still(one, same), remedy)


@needs(steps_at_the_rates, trains_in_training_mode, trains_everything)
def ends_each_epoch_right(fine_tune):
    """all tensors after each epoch."""
    got = [list(state.values()) for state in _watched(fine_tune).after_epochs()]
    wanted = [list(state.values()) for state in _watched(faults.fine_tune_with).after_epochs()]
    off = [i for i, (a, b) in enumerate(zip(got, wanted), start=1) if not close(a, b, rtol=1e-3)]
    if off:
        heads = [
            tensor for name, tensor in _watched(fine_tune).after_epochs()[0].items() if name.startswith("fc.")
        ]
        likely = recognise(heads, None, FIRST_EPOCH, lambda train: train(), UNKNOWN)
        told = f"another one from epoch {off[0]} on"
        raise Wrong("the network that the statement's steps leave", told, *likely)


@needs(evaluates_after_each_epoch)
def keeps_the_best(fine_tune):
    """the model has its best epoch on validation."""
    return _expect_best(_watched(fine_tune))


def _expect_best(one: Trial) -> str:
    """Fail unless the model is left with its best epoch; tells which that is."""
    left, states = one.model.state_dict(), one.after_epochs()
    scores = [one.score(state, one.val) for state in states]
    best = scores.index(max(scores)) + 1
    at = [i for i, state in enumerate(states, start=1) if close(list(left.values()), list(state.values()))]
    if best in at:
        return f"epoch {best}"
    got = f"epoch {at[0]}" if at else "tensors of none of its epochs"
    raise Wrong(
        f"epoch {best}, validation {max(scores):.3f}", got, *_why_not(one, at, left, states[best - 1])
    )


@needs(keeps_the_best)
def keeps_a_frozen_one(fine_tune):
    """also where that is one of the frozen epochs."""
    one = trial(FROZEN_BEST)
    one.run(fine_tune)
    left, states = list(one.model.state_dict().values()), one.after_epochs()
    scores = [one.score(state, one.val) for state in states]
    best = scores.index(max(scores))
    if not close(left, list(states[best].values())):
        raise Wrong(f"epoch {best + 1}", "a later epoch", *ANEW)
    _expect_best(_watched(fine_tune, BY_BATCHES))


@needs(keeps_the_best)
def takes_no_frozen_epoch(fine_tune):
    """also where no epoch is to be frozen."""
    one = trial(epochs=(0, 2))
    one.run(fine_tune)
    if (found := len(one.after_epochs())) != 2:
        likely = "an epoch was trained frozen, though epochs[0] is 0"
        raise Wrong("2 epochs", f"{found} epochs", likely, "go through range(epochs[0]), which may be empty")
    anyway = _still(_watched(fine_tune))
    if still := [name for name in _still(one) if name not in anyway]:
        likely = "unfreezing waits for the end of the last frozen epoch, and there is none"
        remedy = "unfreeze before the first epoch of the second phase"
        raise Wrong("every parameter changes", f"these do not: {few(still)}", likely, remedy)


@needs(keeps_the_best)
def takes_no_right_image(fine_tune):
    """the first epoch, if every accuracy on val is 0."""
    one = without_a_right_image(trial())
    likely = "the search starts at an accuracy of 0, and no epoch is above it"
    try:
        one.run(fine_tune)
    except (NameError, TypeError, AttributeError) as problem:  # no state was kept: there is none to load
        raise Wrong("the first epoch", type(problem).__name__, likely, "start below 0") from problem
    left, states = list(one.model.state_dict().values()), one.after_epochs()
    if close(left, list(states[0].values())):
        return
    if close(left, list(states[one.epochs[0]].values())):
        raise Wrong("the first epoch", "the first of the unfrozen ones", *ANEW)
    raise Wrong("the first epoch", "another one", likely, "start below 0")


@needs(evaluates_after_each_epoch)
def reads_test_once(fine_tune):
    """test images are looked at once, at the end."""
    one = _watched(fine_tune)
    last = max(i for i, call in enumerate(one.model.calls) if call.recording)
    seen = one.passes_of(one.test)
    early = sum(i < last for i in seen)
    if early:
        likely = (faults.FAULTS["chosen on test"], "measure on val after each epoch, on test at the end")
        scores = [one.score(state, one.val) for state in one.after_epochs()]
        best = one.after_epochs()[scores.index(max(scores))]
        if close(list(one.model.state_dict().values()), list(best.values())):
            likely = SEEN_EARLY
        raise Wrong("no test image before training is over", f"test images in {early} passes", *likely)
    n, wanted = sum(len(one.model.calls[i].pixels) for i in seen), sum(len(y) for _, y in one.test)
    if n != wanted:
        cause = "test is measured more than once, in part, or not at all"
        raise Wrong(f"{wanted} images", f"{n} images", cause, "one pass, after the best weights are loaded")


@needs(keeps_the_best)
def returns_the_accuracy(fine_tune):
    """the accuracy on test is returned."""
    one = _watched(fine_tune, BY_BATCHES)
    got = one.returned
    state = one.model.state_dict()
    wanted = one.score(state, one.test)
    if type(got) is not float:
        raise Wrong(f"{wanted:.4f}, a float", brief(got), *of_wrong_type(got, "return a plain float"))
    if close(got, wanted):
        return
    guesses = {
        "it is a percentage": 100 * wanted,
        "it is the accuracy on validation": one.score(state, one.val),
        "it is the mean of the batches' accuracies": sum(one.score(state, [b]) for b in one.test)
        / len(one.test),
        "it is the accuracy of the last epoch": one.score(one.after_epochs()[-1], one.test),
    }
    likely = next((guess for guess, value in guesses.items() if close(got, value)), UNKNOWN[0])
    raise Wrong(
        f"{wanted:.4f}", brief(got), likely, "load the best weights, then divide right ones by images of test"
    )


CASES = (
    takes_constants,
    evaluates_after_each_epoch,
    goes_in_order,
    steps_at_the_rates,
    leaves_the_backbone,
    trains_in_training_mode,
    trains_everything,
    ends_each_epoch_right,
    keeps_the_best,
    keeps_a_frozen_one,
    takes_no_frozen_epoch,
    takes_no_right_image,
    reads_test_once,
    returns_the_accuracy,
)


def repair(fine_tune) -> None:
    """Check the exercise on the repaired script."""
    run("fine_tune", CASES, fine_tune, library=(faults.fine_tune_with,))


@functools.lru_cache(maxsize=3)
def _watched(script: Callable, seed: int = SEED) -> Trial:
    """One run for all cases that look at the same pictures; `run` wraps an answer anew each time."""
    one = trial(seed)
    one.run(script)
    return one


def _listed(rates: list[float]) -> str:
    return ", ".join(f"{rate:.4g}" for rate in rates)


def _still(one: Trial) -> list[str]:
    """The parameters that do not change in the unfrozen epochs."""
    states, frozen = one.after_epochs(), one.epochs[0]
    before = states[frozen - 1] if frozen else one.start
    return [name for name, _ in one.model.named_parameters() if torch.equal(before[name], states[-1][name])]


def _why_still(one: Trial, same: list[str]) -> str:
    """Likely cause where these parameters do not change."""
    if any(name.startswith("fc.") for name in same):
        return "the head is frozen"
    backbone = [name for name, _ in one.model.named_parameters() if not name.startswith("fc.")]
    return faults.FAULTS["head alone"] if same == backbone else "some are frozen, or not in the optimizer"


def _why_not(one: Trial, at: list[int], left: dict[str, Tensor], best: dict[str, Tensor]) -> tuple[str, str]:
    """Likely cause and remedy of a model that is not left with its best epoch."""
    states = one.after_epochs()
    if not at:
        parameters = [name for name, _ in one.model.named_parameters()]
        if all(close(left[name], best[name]) for name in parameters):
            return "the running statistics are those of another epoch", "keep the whole state_dict()"
        return UNKNOWN
    by_val, by_test = ([one.score(state, part) for state in states] for part in (one.val, one.test))
    by_batch = [sum(one.score(state, [batch]) for batch in one.val) for state in states]
    if at[0] - 1 == by_batch.index(max(by_batch)):
        return (
            "it is best by the mean of the batches' accuracies: images of a small batch count more there",
            "divide all right images of val by all images of val",
        )
    if at[-1] == len(states):
        return (
            faults.FAULTS["no copy"] + ", is never loaded, or was chosen by another measure",
            "keep clones of its tensors, and load them at the end",
        )
    if by_val[at[0] - 1] == max(by_val):
        return "it is a later epoch, equally good on validation", "take the first of equals: `>`, not `>=`"
    if by_test[at[0] - 1] == max(by_test):
        return faults.FAULTS["chosen on test"], "measure on val after each epoch"
    return (
        "it is another epoch: measured on other images, or on a part of val",
        "measure all of val after each epoch",
    )
