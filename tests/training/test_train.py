"""The training loop: learning, phases, schedules, checkpoints, interrupts, resume."""

import signal
import subprocess
import sys
from dataclasses import replace
from functools import partial
from pathlib import Path

import pytest
import torch
from tiny import PREPROCESS, tiny_images, tiny_model, tiny_splits
from torch import nn
from torch.utils._python_dispatch import TorchDispatchMode

from course_utils.data.augment import Augment
from course_utils.errors import CheckpointError, CourseError, RunStopped
from course_utils.models.freezing import freeze_backbone, unfreeze
from course_utils.training.checkpoint import MemoryCheckpoint
from course_utils.training.fitting import fit
from course_utils.training.loop import Stepper, train_epoch
from course_utils.training.recipe import Phase, Recipe, rate_factor

PHASES = (Phase(1, 0.01, prepare=freeze_backbone), Phase(3, 0.01, backbone_lr=0.003))
RECIPE = Recipe(PHASES, batch_size=16, augment=Augment(pad=1))


def run(seed=0, recipe=RECIPE, **options):
    model = tiny_model()
    history = fit(model, tiny_splits(), recipe, PREPROCESS, seed=seed, progress=False, **options)
    return model, history


def same(a: nn.Module, b: nn.Module) -> bool:
    return all(torch.equal(x, y) for x, y in zip(a.state_dict().values(), b.state_dict().values()))


def test_in_16_bits_on_a_cpu_it_learns_as_in_32():
    recipe = replace(RECIPE, phases=(Phase(6, 0.03),))
    _, usual = run(recipe=recipe)
    seen = []
    with torch.autocast("cpu", torch.bfloat16):
        model = tiny_model()
        model[0].register_forward_hook(lambda *parts: seen.append(parts[-1].dtype))
        history = fit(model, tiny_splits(), recipe, PREPROCESS, progress=False)
    assert set(seen) == {torch.bfloat16}
    assert all(t.dtype == torch.float32 for t in model.parameters())
    assert history.iteration_loss == pytest.approx(usual.iteration_loss, abs=0.05)
    assert [e.val_loss for e in history.records] == pytest.approx(
        [e.val_loss for e in usual.records], abs=0.05
    )


@pytest.mark.parametrize("optimizer", ["adamw", "sgd"])
def test_it_learns(optimizer):
    _, history = run(recipe=replace(RECIPE, optimizer=optimizer, phases=(Phase(15, 0.03),)))
    assert history.best_val_accuracy > 0.8
    assert history.records[-1].train_loss < history.records[0].train_loss
    assert len(history.iteration_loss) == 15 * 4


def test_same_seed_same_numbers_and_the_callers_random_state_is_left_alone():
    torch.manual_seed(5)
    before = torch.get_rng_state()
    (a, first), (b, second), (c, _) = run(), run(), run(seed=1)
    assert torch.equal(before, torch.get_rng_state())
    assert same(a, b) and not same(a, c)
    assert first.iteration_loss == second.iteration_loss


def test_the_frozen_phase_leaves_the_backbone_alone():
    recipe = replace(RECIPE, phases=(Phase(2, 0.01, prepare=freeze_backbone),))
    model, _ = run(recipe=recipe)
    fresh = tiny_model()
    assert same(model[:6], fresh[:6]) and not same(model, fresh)


def test_the_model_ends_with_its_best_epoch_on_validation():
    weights = []
    model = tiny_model()
    splits = tiny_splits()
    recipe = replace(RECIPE, phases=(Phase(6, 0.2),), schedule="constant")

    def remember(module, *_):
        if not module.training:
            weights.append(module[0].weight.clone())

    model.register_forward_hook(remember)
    history = fit(model, splits, recipe, PREPROCESS, progress=False)
    accuracies = [e.val_accuracy for e in history.records]
    assert history.best_epoch == accuracies.index(max(accuracies)) + 1
    assert torch.equal(model[0].weight, weights[history.best_epoch - 1])


def test_unfreezing_is_recorded():
    _, history = run()
    assert history.unfreeze_epochs == [2]
    assert [e.epoch for e in history.records] == [1, 2, 3, 4]


def test_without_augmentation_it_is_the_plain_loop():
    """The same weights as the loop that everybody writes, on the same batches."""
    splits, recipe = (
        tiny_splits(48),
        Recipe((Phase(2, 0.05),), 16, "sgd", 0.0, augment=None, schedule="constant"),
    )
    fitted, plain = tiny_model(), tiny_model()
    for model in (fitted, plain):
        model[3].p = 0.0
    history = fit(fitted, splits, recipe, PREPROCESS, progress=False)
    optimizer = torch.optim.SGD(plain.parameters(), 0.05, momentum=0.9, nesterov=True)
    x, y, states = PREPROCESS(splits.train.images), splits.train.labels, []
    for epoch in range(2):
        order = torch.randperm(48, generator=torch.Generator().manual_seed(epoch))
        plain.train()
        for index in order.split(16):
            optimizer.zero_grad()
            nn.functional.cross_entropy(plain(x[index]), y[index]).backward()
            optimizer.step()
        states.append({n: t.clone() for n, t in plain.state_dict().items()})
    expected = states[history.best_epoch - 1]
    assert all(torch.allclose(t, expected[n], atol=1e-6) for n, t in fitted.state_dict().items())


class Crowded(nn.Module):
    """A model that finds no memory for more than ``limit`` images at once."""

    def __init__(self, limit: int):
        super().__init__()
        self.body, self.limit, self.seen = tiny_model(), limit, []

    def forward(self, x):
        if self.training:
            self.seen.append(len(x))
            if len(x) > self.limit:
                raise torch.OutOfMemoryError("CUDA out of memory.")
        return self.body(x)


def test_out_of_memory_halves_the_batch_and_says_so(capsys):
    model, recipe = Crowded(20), Recipe((Phase(2, 0.01),), batch_size=64)
    history = fit(model, tiny_splits(64), recipe, PREPROCESS, progress=False)
    assert model.seen == [64, 32] + 2 * [16, 16, 16, 16]
    assert history.batch_size == 16 and len(history.records) == 2
    assert history.notes == [
        "out of memory at batch size 64, continuing with 32",
        "out of memory at batch size 32, continuing with 16",
    ]
    assert capsys.readouterr().out.splitlines() == history.notes


def test_out_of_memory_with_one_image_is_an_error():
    with pytest.raises(torch.OutOfMemoryError):
        fit(Crowded(0), tiny_splits(4), replace(RECIPE, phases=(Phase(1, 0.01),)), PREPROCESS, progress=False)


def test_a_halved_batch_stays_halved_when_a_run_goes_on(tmp_path):
    recipe, path = Recipe((Phase(2, 0.01),), batch_size=32), tmp_path / "run.pt"
    calls = iter(range(100))
    fit(
        Crowded(16),
        tiny_splits(32),
        recipe,
        PREPROCESS,
        progress=False,
        checkpoint=path,
        should_stop=lambda: next(calls) >= 4,
    )
    again = Crowded(16)
    history = fit(again, tiny_splits(32), recipe, PREPROCESS, progress=False, checkpoint=path)
    assert again.seen == [16, 16] and len(history.records) == 2


class Waits(Exception):
    """The CPU would wait for the device."""


class NoWaiting(TorchDispatchMode):
    """Refuses to read a number from a device, and blocking copies from or to one."""

    def __torch_dispatch__(self, function, types, args=(), kwargs=None):
        kwargs = kwargs or {}
        if "_local_scalar_dense" in function.name():
            raise Waits("for a number")
        if "_to_copy" in function.name():
            moved = kwargs.get("device", args[0].device) != args[0].device
            if moved and not kwargs.get("non_blocking") and len(args[0]) != N_META:
                raise Waits(f"for {list(args[0].shape)}")
        return function(*args, **kwargs)


N_META = 40  # images; the order of an epoch is the one thing that is copied with waiting, at its start


class MetaImages:
    """On the meta device, where nothing is computed; an ImageSet would look at its labels."""

    images, labels = tiny_images(N_META).images.to("meta"), tiny_images(N_META).labels.to("meta")

    def __len__(self):
        return N_META


class OnlyBackward:
    def step(self, loss, factor):
        loss.backward()


def first_wait(recipe, preprocess=PREPROCESS) -> tuple[str, int]:
    """What an epoch of three batches waits for first, and in which batch."""
    model, batches, generator = tiny_model().to("meta"), [], torch.Generator().manual_seed(0)
    with NoWaiting(), pytest.raises(Waits) as waited:
        train_epoch(
            model,
            MetaImages(),
            recipe,
            preprocess,
            OnlyBackward(),
            generator,
            before_batch=lambda losses: batches.append(len(losses)),
        )
    return str(waited.value), len(batches)


@pytest.mark.parametrize("augment", [None, Augment(pad=1, jitter=0.2)])
def test_an_epoch_waits_for_the_device_at_its_end_alone(augment):
    assert first_wait(replace(RECIPE, augment=augment)) == ("for [3]", 3)  # the losses


def test_a_wait_at_every_step_would_be_noticed():
    def blocking(images):
        return PREPROCESS(images) * torch.ones(7).to(images.device)[0]

    assert first_wait(replace(RECIPE, augment=None), blocking) == ("for [7]", 1)


@pytest.fixture
def scaled():
    """A maker of steppers that scale the loss, as on a GPU without bfloat16."""

    def make(model, optimizer):
        stepper = Stepper(model, Phase(1, 0.01), replace(RECIPE, optimizer=optimizer))
        stepper.scaler = torch.amp.GradScaler("cpu")
        return stepper

    return make


@pytest.mark.parametrize("optimizer", ["adamw", "sgd"])
def test_a_first_step_that_overflows_leaves_no_trace(scaled, optimizer):
    def go(steps):
        model = tiny_model()
        stepper = scaled(model, optimizer)
        for factor in steps:
            loss = nn.functional.cross_entropy(model.eval()(torch.ones(4, 3, 8, 8)), torch.arange(4) % 3)
            stepper.step(loss * factor, 1.0)
        return model

    assert same(go([torch.inf]), go([])) and same(go([torch.inf, 1.0, 1.0]), go([1.0, 1.0]))
    assert not same(go([1.0]), go([]))


def test_a_run_without_loss_scaling_goes_on_with_it_and_the_other_way_round(scaled):
    plain = Stepper(tiny_model(), Phase(1, 0.01), RECIPE)
    assert plain.state_dict()["scaler"] == {}
    scaling = scaled(tiny_model(), "adamw")
    scaling.load_state_dict(plain.state_dict())
    assert scaling.scaler.get_scale() == 65536.0
    plain.load_state_dict(scaling.state_dict())


def test_no_gradients_are_kept_after_training():
    model, _ = run()
    assert all(p.grad is None for p in model.parameters())


def test_interrupt_gives_the_history_so_far_and_resume_goes_on_bit_for_bit(tmp_path):
    whole, complete = run()
    calls = iter(range(100))
    path = tmp_path / "run.pt"
    _, cut = run(checkpoint=path, should_stop=lambda: next(calls) >= 6)
    assert cut.interrupted and len(cut.records) == 1
    with pytest.raises(RunStopped, match="stopped after 1 whole epoch"):
        cut.completed()
    resumed, history = run(checkpoint=path)
    assert same(whole, resumed)
    assert history.iteration_loss == complete.iteration_loss and history.completed() is history


def test_a_stop_in_the_first_epoch_leaves_the_model_as_it_was(tmp_path):
    model, cut = run(should_stop=iter([False, False, True]).__next__)
    assert same(model, tiny_model()) and cut.interrupted and cut.records == cut.iteration_loss == []
    assert all(p.grad is None for p in model.parameters())


def test_the_users_own_interrupt_gives_the_history_so_far():
    batches = iter(range(100))

    def press_stop(losses):
        if next(batches) == 6:
            raise KeyboardInterrupt

    _, cut = run(on_batch=press_stop)
    assert cut.interrupted and len(cut.records) == 1


class StopPressed(MemoryCheckpoint):
    """The stop button is pressed just before the first epoch is kept."""

    def save(self, state):
        if not self._state:
            signal.raise_signal(signal.SIGINT)
        super().save(state)


def test_an_interrupt_while_an_epoch_is_saved_waits_until_it_is():
    (whole, complete), kept = run(), StopPressed()
    model, cut = run(checkpoint=kept)
    assert cut.interrupted and len(cut.records) == 1
    history = fit(model, tiny_splits(), RECIPE, PREPROCESS, checkpoint=kept, progress=False)
    assert history.iteration_loss == complete.iteration_loss and same(model, whole)


def test_a_finished_run_is_taken_from_its_checkpoint(tmp_path):
    first, _ = run(checkpoint=tmp_path / "run.pt")
    again, history = run(checkpoint=tmp_path / "run.pt", should_stop=lambda: pytest.fail("it trains"))
    assert same(first, again) and len(history.records) == 4


def test_a_checkpoint_of_other_settings_or_damaged_is_refused(tmp_path):
    path = tmp_path / "run.pt"
    run(checkpoint=path)
    with pytest.raises(CheckpointError, match="other settings"):
        run(checkpoint=path, seed=3)
    path.write_bytes(path.read_bytes()[:-50])
    with pytest.raises(CheckpointError, match="damaged"):
        run(checkpoint=path)


def test_another_start_of_the_same_network_is_not_gone_on_from(tmp_path):
    run(checkpoint=tmp_path / "run.pt")
    with pytest.raises(CheckpointError, match="started from other weights"):
        fit(
            tiny_model(seed=1),
            tiny_splits(),
            RECIPE,
            PREPROCESS,
            checkpoint=tmp_path / "run.pt",
            progress=False,
        )


def test_a_model_that_the_run_has_left_continues_it(tmp_path):
    """As in a notebook, where the cell is run again, and the model is not built anew."""
    model, calls, path = tiny_model(), iter(range(100)), tmp_path / "run.pt"
    settings = {"checkpoint": path, "progress": False}
    fit(model, tiny_splits(), RECIPE, PREPROCESS, should_stop=lambda: next(calls) >= 6, **settings)
    fit(model, tiny_splits(), RECIPE, PREPROCESS, **settings)
    assert same(model, run()[0])


def test_layers_that_are_called_new_take_the_rate_of_the_head():
    stepper = Stepper(tiny_model(), PHASES[1], replace(RECIPE, new=("0",)))
    rates = {group["name"]: group["lr"] for group in stepper.optimizer.param_groups}
    assert rates == {"backbone-0": 0.003, "new": 0.01}
    assert sum(
        p.numel() for g in stepper.optimizer.param_groups if g["name"] == "new" for p in g["params"]
    ) == (8 * 27 + 33 * 3)


def test_resuming_in_a_later_phase_prepares_the_earlier_ones_first(tmp_path):
    prepared = []

    def note(name):
        return lambda model: prepared.append(name) or unfreeze(model)

    recipe = replace(RECIPE, phases=(Phase(1, 0.01, prepare=note("a")), Phase(2, 0.01, prepare=note("b"))))
    calls = iter(range(100))
    run(recipe=recipe, checkpoint=tmp_path / "run.pt", should_stop=lambda: next(calls) >= 9)
    prepared.clear()
    run(recipe=recipe, checkpoint=tmp_path / "run.pt")
    assert prepared == ["a", "b"]


def test_a_phase_without_epochs_is_never_prepared(tmp_path):
    def refused(model):
        pytest.fail("it has no epochs")

    recipe = replace(RECIPE, phases=(Phase(1, 0.01), Phase(0, 0.01, prepare=refused), Phase(2, 0.01)))
    settings, calls = {"recipe": recipe, "checkpoint": tmp_path / "run.pt"}, iter(range(100))
    run(should_stop=lambda: next(calls) >= 9, **settings)
    assert len(run(**settings)[1].records) == 3


def test_a_run_goes_on_with_the_same_images_and_the_same_functions_alone(tmp_path):
    path, splits = tmp_path / "run.pt", tiny_splits()
    settings = {"checkpoint": path, "progress": False}
    recipe = replace(RECIPE, augment=lambda x, generator: x)
    fit(tiny_model(), splits, recipe, PREPROCESS, **settings)
    corrected = replace(splits.val, labels=splits.val.labels.flip(0))
    with pytest.raises(CheckpointError, match="other settings"):
        fit(tiny_model(), replace(splits, val=corrected), recipe, PREPROCESS, **settings)
    with pytest.raises(CheckpointError, match="other settings"):
        other = replace(RECIPE, augment=lambda x, generator: x.flip(3))
        fit(tiny_model(), splits, other, PREPROCESS, **settings)
    assert len(fit(tiny_model(), splits, recipe, PREPROCESS, **settings).records) == 4


def test_an_object_without_words_of_its_own_is_known_by_what_it_holds(tmp_path):
    class Brighter:
        def __init__(self, by):
            self.by = by

        def __call__(self, x, generator):
            return x

    path = tmp_path / "run.pt"
    run(recipe=replace(RECIPE, augment=Brighter(1)), checkpoint=path)
    run(recipe=replace(RECIPE, augment=Brighter(1)), checkpoint=path)
    with pytest.raises(CheckpointError, match="other settings"):
        run(recipe=replace(RECIPE, augment=Brighter(2)), checkpoint=path)


def test_a_partial_function_is_known_by_what_it_calls(tmp_path):
    """Its text holds an address, which is another one in the next kernel."""

    def freeze(new):
        return partial(lambda model, new: unfreeze(model), new=new)

    recipe = replace(RECIPE, phases=(Phase(3, 0.01, prepare=freeze(("a",))),))
    run(recipe=recipe, checkpoint=tmp_path / "run.pt")
    again = replace(RECIPE, phases=(Phase(3, 0.01, prepare=freeze(("a",))),))
    run(recipe=again, checkpoint=tmp_path / "run.pt", should_stop=lambda: pytest.fail("it trains"))
    with pytest.raises(CheckpointError, match="other settings"):
        run(
            recipe=replace(again, phases=(Phase(3, 0.01, prepare=freeze(())),)),
            checkpoint=tmp_path / "run.pt",
        )


KILLED = """
import itertools, sys, time
sys.path.insert(0, {tests!r})
from training.test_train import run
batches = itertools.count(1)
def wait_to_be_killed():
    if next(batches) == 6:  # four are an epoch
        print("in the second epoch", flush=True)
        time.sleep(600)
run(checkpoint={path!r}, should_stop=wait_to_be_killed)
"""


@pytest.mark.slow
def test_sigkill_in_the_middle_of_an_epoch_loses_nothing(tmp_path):
    path = tmp_path / "run.pt"
    script = KILLED.format(tests=str(Path(__file__).parents[1]), path=str(path))
    process = subprocess.Popen([sys.executable, "-c", script], stdout=subprocess.PIPE)
    assert process.stdout.readline() == b"in the second epoch\n"
    process.kill()
    assert process.wait() == -signal.SIGKILL
    assert len(torch.load(path)["history"]["records"]) == 1
    assert same(run(checkpoint=path)[0], run()[0])


def test_cosine_plateau_and_constant_are_functions_of_step_and_history():
    assert [round(rate_factor("cosine", d, []), 3) for d in (0, 0.5, 1)] == [1, 0.5, 0]
    assert rate_factor("plateau", 0.5, [3, 2, 1]) == 1
    assert rate_factor("plateau", 0.5, [1, 2, 2, 2]) == 0.5
    assert rate_factor("plateau", 0.5, [1, 2, 2]) == 1
    assert rate_factor("plateau", 0.5, [1, 2, 2, 2, 2, 2, 2]) == 0.25
    assert rate_factor("constant", 0.7, [1]) == 1


def test_bad_settings_are_refused():
    with pytest.raises(CourseError, match="unknown optimizer"):
        replace(RECIPE, optimizer="lion")
    with pytest.raises(CourseError, match="unknown schedule"):
        replace(RECIPE, schedule="step")
    with pytest.raises(CourseError, match="at least one epoch"):
        replace(RECIPE, phases=())
    splits = tiny_splits()
    with pytest.raises(CourseError, match="no validation images"):
        fit(tiny_model(), replace(splits, val=splits.val.subset([])), RECIPE, PREPROCESS)


@pytest.mark.parametrize(
    "wrong",
    [
        {"batch_size": 0},
        {"batch_size": -5},
        {"batch_size": "16"},
        *({"phases": (Phase(1, lr),)} for lr in (0.0, -1.0, float("nan"), float("inf"))),
        *({"phases": (Phase(1, 0.1, backbone_lr=lr),)} for lr in (0.0, -1.0, float("nan"))),
        *({"phases": (Phase(n, 0.1), Phase(2, 0.1))} for n in (-1, 0.5)),
        {"phases": (Phase("1", 0.1),)},
        *({"phases": (Phase(1, "0.1"),)}, {"phases": (Phase(1, 0.1, backbone_lr="0.1"),)}),
        *({"weight_decay": decay} for decay in (-1, "0.1", None, float("nan"), float("inf"))),
        *({"label_smoothing": smoothing} for smoothing in (-0.1, 2, "0.1")),
        *({"layer_decay": decay} for decay in (-1, "0.65")),
    ],
)
def test_a_recipe_that_cannot_train_is_refused(wrong):
    names = "batch size|learning rate|number of epochs|weight decay|layer decay|label smoothing"
    with pytest.raises(CourseError, match=f"this is no ({names})"):
        replace(RECIPE, **wrong)


@pytest.mark.parametrize("phases", [Phase(1, 0.1), (1, 0.1), "one", None])
def test_the_comma_of_a_single_phase_is_asked_for(phases):
    with pytest.raises(CourseError, match=r"no phases of a recipe(.|\n)*Recipe\(\(Phase\(1, 0.1\),\)\)"):
        Recipe(phases)


def test_resuming_a_finished_run_freezes_what_it_froze(tmp_path):
    recipe = replace(RECIPE, phases=(Phase(1, 0.01, prepare=freeze_backbone),))
    trainable = []
    for _ in range(2):
        model, _ = run(recipe=recipe, checkpoint=tmp_path / "run.pt")
        trainable.append([name for name, p in model.named_parameters() if p.requires_grad])
    assert trainable[0] == trainable[1] and 0 < len(trainable[0]) < 5


def shrunk_to_a_point() -> nn.Module:
    return nn.Sequential(nn.Conv2d(3, 4, 8), nn.BatchNorm2d(4), nn.Flatten(), nn.Linear(4, 3))


@pytest.mark.parametrize("n, batch_size", [(21, 2), (4, 1), (1, 64)])
def test_an_image_alone_in_its_batch_is_told_where_batch_norm_needs_two(n, batch_size):
    recipe = replace(RECIPE, phases=(Phase(1, 0.01),), batch_size=batch_size)
    with pytest.raises(CourseError, match="a batch_size of 3 or more"):
        fit(shrunk_to_a_point(), tiny_splits(n), recipe, PREPROCESS, progress=False)


def test_batches_of_up_to_three_leave_no_image_alone():
    recipe = replace(RECIPE, phases=(Phase(1, 0.01),), batch_size=3)
    for n in range(2, 12):
        fit(shrunk_to_a_point(), tiny_splits(n), recipe, PREPROCESS, progress=False)


def test_no_training_images_are_told():
    splits = tiny_splits()
    with pytest.raises(CourseError, match="no images to train on"):
        fit(tiny_model(), replace(splits, train=splits.train.subset([])), RECIPE, PREPROCESS)
