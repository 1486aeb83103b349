"""A small network that notes what a training script does with it, and the pictures for such a trial."""

from __future__ import annotations

import copy
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass, field

import torch
from torch import Tensor, nn
from torch.optim.optimizer import register_optimizer_step_pre_hook

from course_utils.checks.finetune.tiny import Batches, Notes
from course_utils.models.seeding import seeded

CONSTANTS = (
    torch.tensor([0.48, 0.35, 0.61]).reshape(3, 1, 1),
    torch.tensor([0.21, 0.33, 0.17]).reshape(3, 1, 1),
)
EPOCHS = (2, 3)
SEED = 229
NEVER = -50.0  # the bias of a class whose probability is then below 1e-15


@dataclass
class Call:
    """A forward pass: what came in, the modes, and the tensors of the model at that moment."""

    pixels: Tensor
    training: dict[str, bool]
    recording: bool
    state: dict[str, Tensor]


@dataclass
class Step:
    """An optimizer's step: class, rate, momentum, what else is set, and how much it remembers."""

    optimizer: str
    rate: float
    momentum: float
    extras: list[str]
    remembered: int


class WatchedNet(nn.Module):
    """A small network whose layers have ResNet's names, which notes each forward pass."""

    def __init__(self, classes: int = 4, width: int = 6):
        super().__init__()
        self.conv1 = nn.Conv2d(3, width, 3, bias=False)
        self.bn1 = nn.BatchNorm2d(width)
        layers = {
            "fc1": nn.Conv2d(width, width, 3, bias=False),
            "norm": nn.BatchNorm2d(width),
            "relu": nn.ReLU(),
        }
        self.layer1 = nn.Sequential(OrderedDict(layers))  # what is called fc1 is no head
        self.fc = nn.Linear(width, classes)
        self.calls: list[Call] = Notes()

    def forward(self, x: Tensor) -> Tensor:
        modes = {name: m.training for name, m in self.named_modules() if not list(m.children())}
        state = {name: t.detach().clone() for name, t in self.state_dict().items()}
        self.calls.append(Call(x.detach().clone(), modes, torch.is_grad_enabled(), state))
        return self.fc(self.layer1(self.bn1(self.conv1(x)).relu()).mean(dim=(2, 3)))


@dataclass
class Trial:
    """What a script gets, and what was seen of it.

    Attributes:
        start: the tensors of the model before it.
        steps: of its optimizers.
        returned: what it returns.
    """

    model: WatchedNet
    train: Batches
    val: Batches
    test: Batches
    epochs: tuple[int, int] = EPOCHS
    constants: tuple[Tensor, Tensor] = CONSTANTS
    start: dict[str, Tensor] = field(default_factory=dict)
    steps: list[Step] = field(default_factory=list)
    returned: object = None

    def run(self, script: Callable) -> object:
        """Let ``script`` train the model; returns what it returns."""
        self.start = {name: t.clone() for name, t in self.model.state_dict().items()}
        hook = register_optimizer_step_pre_hook(self._note)
        try:
            self.returned = script(self.model, self.train, self.val, self.test, self.constants, self.epochs)
        finally:
            hook.remove()
        return self.returned

    def _note(self, optimizer: torch.optim.Optimizer, *_: object) -> None:
        group = optimizer.param_groups[-1]
        kept = sum("momentum_buffer" in state for state in optimizer.state.values())
        extras = [name for name in ("weight_decay", "nesterov", "dampening", "maximize") if group.get(name)]
        name, momentum = type(optimizer).__name__, group.get("momentum", 0.0)
        self.steps.append(Step(name, group["lr"], momentum, extras, kept))

    def training_calls(self) -> list[Call]:
        """The forward passes in which gradients were recorded."""
        return [call for call in self.model.calls if call.recording]

    def after_epochs(self) -> list[dict[str, Tensor]]:
        """The tensors after each epoch: at the first pass without gradients that follows training."""
        pairs = zip(self.model.calls, self.model.calls[1:])
        return [now.state for before, now in pairs if before.recording and not now.recording]

    def passes_of(self, batches: Batches) -> list[int]:
        """The positions of the calls that saw images of ``batches``, whatever their normalisation."""
        images = {image for pixels, _ in batches for image in sketches(pixels)}
        return [i for i, call in enumerate(self.model.calls) if not images.isdisjoint(sketches(call.pixels))]

    def score(self, state: dict[str, Tensor], batches: Batches) -> float:
        """Accuracy (a fraction) of the network with the tensors ``state``."""
        model = copy.deepcopy(self.model).eval()
        model.calls = Notes()
        model.load_state_dict(state)
        mean, std = self.constants
        with torch.no_grad():
            right = sum((model((x / 255 - mean) / std).argmax(dim=1) == y).sum().item() for x, y in batches)
        return right / sum(len(y) for _, y in batches)


def trial(seed: int = SEED, epochs: tuple[int, int] = EPOCHS, classes: int = 4) -> Trial:
    """The same small network and pictures for the same seed; each split in batches of unequal size.

    The network comes in training mode, and with a frozen stem: a script must set both by itself.
    """
    with seeded(seed):
        model = WatchedNet(classes)
        nn.init.normal_(model.fc.weight)
        for norm in (model.bn1, model.layer1[1]):
            nn.init.uniform_(norm.get_buffer("running_mean"), -0.3, 0.3)
            nn.init.uniform_(norm.get_buffer("running_var"), 0.5, 1.5)
        prototypes = torch.randint(40, 216, (classes, 3, 8, 8))
        train, val, test = (_batches(prototypes, sizes) for sizes in ((9, 9, 5), (22, 18), (20, 16)))
    for frozen in (model.conv1, model.bn1):
        frozen.requires_grad_(False)
    return Trial(model.train(), train, _regrouped(val, 8), test, epochs)


def without_a_right_image(one: Trial) -> Trial:
    """The same trial, whose images of val are all of a class that the network never names."""
    never = one.model.fc.out_features - 1
    with torch.no_grad():
        one.model.fc.bias[never] = NEVER
    one.train = [(x, y % never) for x, y in one.train]
    one.val = [(x, torch.full_like(y, never)) for x, y in one.val]
    return one


def _regrouped(batches: Batches, first: int) -> Batches:
    """The same images in two batches, so many in the first."""
    x, y = (torch.cat(parts) for parts in zip(*batches))
    return [(x[:first], y[:first]), (x[first:], y[first:])]


def sketches(images: Tensor) -> list[tuple[int, ...]]:
    """What tells each image from others under any normalisation of its channels: the order of some pixels."""
    order = images.double().flatten(2).argsort(dim=2, stable=True)
    return [tuple(pixels) for pixels in order[:, :, :6].flatten(1).tolist()]


def _batches(prototypes: Tensor, sizes: tuple[int, ...]) -> Batches:
    made = []
    for n in sizes:
        labels = torch.randint(len(prototypes), (n,))
        noise = torch.randint(-60, 61, (n, *prototypes.shape[1:]))
        made.append(((prototypes[labels] + noise).clamp(0, 255).to(torch.uint8), labels))
    return made
