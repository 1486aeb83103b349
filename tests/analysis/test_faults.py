"""The script of tutorials: right without a fault, and one effect for each fault."""

from __future__ import annotations

from dataclasses import dataclass

import pytest
import torch
import torch.nn.functional as F
from torch import Tensor, nn
from torch.optim.optimizer import register_optimizer_step_pre_hook

from course_utils.analysis import faults
from course_utils.analysis.faults import FAULTS, FULL_RATE, HEAD_RATE, fine_tune_with
from course_utils.errors import CourseError

EPOCHS = (2, 2)
CONSTANTS = (torch.full((3, 1, 1), 0.3), torch.full((3, 1, 1), 0.2))
SCORES = {"val": (0.2, 0.3, 0.8, 0.5), "test": (0.2, 0.6, 0.1, 0.4)}  # after each epoch
AT_THE_END = 0.7


def batches(seed: int) -> list[tuple[Tensor, Tensor]]:
    generator = torch.Generator().manual_seed(seed)
    pixels = torch.randint(0, 256, (2, 6, 3, 8, 8), generator=generator, dtype=torch.uint8)
    return [(x, torch.randint(0, 3, (6,), generator=generator)) for x in pixels]


PARTS = {"train": batches(0), "val": batches(1), "test": batches(2)}


class Network(nn.Module):
    """Notes its input and mode in each pass that trains."""

    def __init__(self):
        super().__init__()
        with torch.random.fork_rng():
            torch.manual_seed(0)
            self.conv, self.bn = nn.Conv2d(3, 4, 3, bias=False), nn.BatchNorm2d(4)
            self.fc = nn.Linear(4, 3)
        self.inputs: list[Tensor] = []
        self.modes: list[bool] = []

    def forward(self, x: Tensor) -> Tensor:
        if torch.is_grad_enabled():
            self.inputs.append(x)
            self.modes.append(self.training)
        return self.fc(self.bn(self.conv(x)).relu().mean((2, 3)))

    def state(self) -> dict[str, Tensor]:
        return {name: tensor.clone() for name, tensor in self.state_dict().items()}


@dataclass
class Run:
    """What the script did: tensors after each epoch, the parts it measured, the rate of each epoch."""

    model: Network
    reported: float
    states: list[dict[str, Tensor]]
    measured: list[str]
    rates: list[float]

    def changed(self, first: int, last: int) -> set[str]:
        """Names of the tensors that are others after epoch ``last`` than after ``first``; 0: the start."""
        states = [Network().state(), *self.states]
        return {n for n, tensor in states[first].items() if not torch.equal(tensor, states[last][n])}

    @property
    def left_with(self) -> list[int]:
        """The epochs whose tensors the model has in the end."""
        left = self.model.state()
        same = [all(torch.equal(state[n], left[n]) for n in left) for state in self.states[: sum(EPOCHS)]]
        return [epoch for epoch, is_it in enumerate(same, start=1) if is_it]


@pytest.fixture
def run(monkeypatch):
    """Run the script with the faults of these names, at accuracies that are set beforehand."""

    def start(*names: str) -> Run:
        states, measured, rates = [], [], []

        def scored(model, logits_of, part):
            states.append(model.eval().state())
            measured.append(next(name for name, known in PARTS.items() if known is part))
            return (*SCORES[measured[-1]], AT_THE_END)[len(states) - 1]

        monkeypatch.setattr(faults, "_accuracy", scored)
        note = register_optimizer_step_pre_hook(lambda by, *_: rates.append(by.param_groups[0]["lr"]))
        model = Network()
        with note:
            reported = fine_tune_with(model, *PARTS.values(), CONSTANTS, EPOCHS, faults=names)
        return Run(model, reported, states, measured, rates[:: len(PARTS["train"])])

    return start


HEAD = {"fc.weight", "fc.bias"}
STATISTICS = {"bn.running_mean", "bn.running_var", "bn.num_batches_tracked"}
EVERYTHING = set(Network().state())


def test_without_a_fault_the_script_is_right(run):
    right = run()
    assert right.changed(0, 2) == HEAD and right.changed(2, 3) == EVERYTHING
    assert right.model.modes == [False] * 4 + [True] * 4
    torch.testing.assert_close(right.model.inputs[0], (PARTS["train"][0][0] / 255 - 0.3) / 0.2)
    assert right.rates == pytest.approx([HEAD_RATE, 0.9 * HEAD_RATE, FULL_RATE, 0.9 * FULL_RATE])
    assert right.measured == ["val"] * 4 + ["test"]
    assert right.left_with == [3] and right.reported == AT_THE_END


def test_the_script_reports_the_accuracy_on_test_of_the_weights_it_leaves():
    model = Network()
    reported = fine_tune_with(model, *PARTS.values(), CONSTANTS, EPOCHS)
    pixels, labels = map(torch.cat, zip(*PARTS["test"]))
    logits = model.eval()((pixels / 255 - CONSTANTS[0]) / CONSTANTS[1])
    assert reported == (logits.argmax(dim=1) == labels).sum().item() / len(labels)


def test_each_update_follows_the_gradient_of_its_own_batch_alone():
    model, taken, own = Network(), [], []

    def note(*_):
        if model.training:
            return
        x, labels = model.inputs[-1], PARTS["train"][len(own) % len(PARTS["train"])][1]
        taken.append(model.fc.weight.grad.clone())
        own.append(torch.autograd.grad(F.cross_entropy(model(x), labels), model.fc.weight)[0])

    with register_optimizer_step_pre_hook(note):
        fine_tune_with(model, *PARTS.values(), CONSTANTS, EPOCHS)
    assert len(own) == EPOCHS[0] * len(PARTS["train"])
    torch.testing.assert_close(taken, own)


def test_other_constants_prepare_the_pixels_with_one_half(run):
    torch.testing.assert_close(run("other constants").model.inputs[0], PARTS["train"][0][0] / 127.5 - 1)


def test_norms_drift_while_the_backbone_is_frozen(run):
    assert run("norms drift").changed(0, 2) == HEAD | STATISTICS


def test_train_once_leaves_the_unfrozen_epochs_in_eval_mode(run):
    assert run("train() once").model.modes == [False] * 8
    assert run("train() once", "norms drift").model.modes == [True] * 2 + [False] * 6


def test_head_alone_leaves_the_backbone_as_it_was(run):
    assert run("head alone").changed(0, 4) == HEAD | STATISTICS


@pytest.mark.parametrize(
    "names, rates",
    [
        (("rate undone",), (1, 0.9, FULL_RATE / HEAD_RATE, 0.9)),
        (("head alone",), (1, 0.9, 0.9**2, 0.9**3)),
        (("rate undone", "head alone"), (1, 0.9, FULL_RATE / HEAD_RATE, 0.9**3)),
    ],
)
def test_a_scheduler_that_stays_sets_the_rate_back(run, names, rates):
    assert run(*names).rates == pytest.approx([HEAD_RATE * rate for rate in rates])


def test_chosen_on_test_reports_the_best_epoch_on_test(run):
    chosen = run("chosen on test")
    assert chosen.measured == ["test"] * 4
    assert chosen.left_with == [2] and chosen.reported == max(SCORES["test"])


def test_no_copy_leaves_the_last_epoch(run):
    assert run("no copy").left_with == [4]


def test_a_fault_that_is_none_is_refused():
    with pytest.raises(CourseError, match=r"norms drift(.|\n)*found: +'norm drift'\n"):
        fine_tune_with(Network(), *PARTS.values(), CONSTANTS, EPOCHS, faults={"norm drift", "no copy"})


def test_all_faults_together_run(run):
    assert run(*FAULTS).measured == ["test"] * 4
