"""The training panel: what it shows, how it stops and goes on, and who does without."""

import re
from dataclasses import replace
from xml.etree import ElementTree

import pytest
import torch
from tiny import PREPROCESS, tiny_images, tiny_model, tiny_splits

from course_utils.errors import CourseError
from course_utils.plots.growing import MOST_POINTS, growing_curves
from course_utils.training.fitting import fit
from course_utils.training.history import EpochRecord, History
from course_utils.training.recipe import Phase, Recipe
from course_utils.widgets import live, training_panel
from course_utils.widgets.training_panel import INTERRUPT, TrainingPanel, fit_with_panel

RECIPE = Recipe((Phase(3, 0.01),), batch_size=10, augment=None)


@pytest.fixture
def published(monkeypatch):
    """A person who looks on; every output as ``(data, view)``, its figure told but not drawn."""
    found = []
    told = lambda figure: ({"image/png": "", "text/plain": figure.alt_text}, {})  # noqa: E731
    monkeypatch.setattr(training_panel, "mimebundle", told)
    monkeypatch.setattr(live, "is_interactive", lambda: True)
    monkeypatch.setattr(live, "publish", lambda twin, view=None, **how: found.append((twin[0], view)))
    return found


@pytest.fixture
def panels(monkeypatch):
    """Every panel that is made."""
    found, make = [], TrainingPanel.__init__

    def remember(panel, *given):
        make(panel, *given)
        found.append(panel)

    monkeypatch.setattr(TrainingPanel, "__init__", remember)
    return found


def stop_before(monkeypatch, batch: int) -> None:
    """Have somebody click Stop while this batch is computed (counted from 1, once)."""
    look, batches = TrainingPanel.on_batch, []

    def on_batch(panel, losses):
        look(panel, losses)
        batches.append(1)
        if len(batches) == batch:
            panel.stop_button.click()

    monkeypatch.setattr(TrainingPanel, "on_batch", on_batch)


def watched(model=None, **settings):
    model = model or tiny_model()
    return model, fit_with_panel(model, tiny_splits(), RECIPE, PREPROCESS, **settings)


def plain():
    model = tiny_model()
    return model, fit(model, tiny_splits(), RECIPE, PREPROCESS, progress=False)


def assert_same(a, b) -> None:
    (model, history), (other, expected) = a, b
    assert history.iteration_loss == expected.iteration_loss
    assert [e.val_accuracy for e in history.records] == [e.val_accuracy for e in expected.records]
    assert all(torch.equal(t, other.state_dict()[name]) for name, t in model.state_dict().items())


def is_shown(widget) -> bool:
    return widget.layout.display != "none"


def test_without_anybody_it_is_fit_and_a_figure(monkeypatch):
    shown = []
    monkeypatch.setattr(training_panel.plots, "show", shown.append)
    monkeypatch.setattr(training_panel, "TrainingPanel", None)
    assert_same(watched(), plain())
    assert [figure.get_suptitle()[:4] for figure in shown] == ["Best"]


def test_another_figure_may_show_the_end(published):
    watched(figure=training_panel.plots.iteration_loss)
    assert "Line chart of" in published[-1][0]["text/plain"]


def test_with_somebody_the_numbers_are_those_of_fit(published, panels):
    run = watched()
    assert_same(run, plain())
    (panel,) = panels
    assert panel.state.value.startswith("finished 3 of 3 epochs, best on validation: epoch ")
    assert not is_shown(panel.stop_button) and not is_shown(panel.resume_button)
    assert panel.epoch_bar.value == panel.epoch_bar.max == 3
    assert panel.batch_bar.value == panel.batch_bar.max == 5
    (first, view), (last, again) = published
    assert view is again is panel.view and set(first) == {"text/plain"}
    assert "image/png" in last and "Two line charts" in last["text/plain"]


def test_stop_ends_after_the_batch_and_leaves_model_and_history(published, panels, monkeypatch):
    stop_before(monkeypatch, batch=7)
    model, history = watched()
    (panel,) = panels
    assert history.interrupted and len(history.records) == 1 and len(history.iteration_loss) == 5
    assert panel.state.value.startswith("stopped after 1 of 3 epochs")
    assert is_shown(panel.resume_button) and not is_shown(panel.stop_button)
    once = tiny_model()
    fit(
        once,
        tiny_splits(),
        Recipe((Phase(3, 0.01),), 10, augment=None),
        PREPROCESS,
        progress=False,
        should_stop=iter([False] * 5 + [True]).__next__,
    )
    assert all(torch.equal(t, once.state_dict()[name]) for name, t in model.state_dict().items())


@pytest.mark.parametrize("batch", [3, 7, 13])
def test_resume_completes_the_same_model_and_history_bit_for_bit(published, panels, monkeypatch, batch):
    stop_before(monkeypatch, batch)
    model, history = watched()
    assert history.interrupted
    panels[0].resume_button.click()
    assert not history.interrupted and not is_shown(panels[0].resume_button)
    assert_same((model, history), plain())
    assert all(view is panels[0].view for _, view in published)


def test_stopped_twice_and_resumed_twice(published, panels, monkeypatch):
    stop_before(monkeypatch, 7)
    model, history = watched()
    stop_before(monkeypatch, 6)  # of what is left
    panels[0].resume_button.click()
    assert history.interrupted and len(history.records) == 2
    panels[0].resume_button.click()
    assert_same((model, history), plain())


def test_a_file_is_gone_on_from_in_another_session(published, panels, monkeypatch, tmp_path):
    stop_before(monkeypatch, 7)
    watched(checkpoint=tmp_path / "run.pt")
    run = watched(checkpoint=tmp_path / "run.pt")
    assert_same(run, plain())
    assert len(panels) == 2 and panels[1].epochs_before == 1


def test_an_error_is_told_and_raised(published, panels):
    with pytest.raises(RuntimeError):
        watched(model=torch.nn.Sequential(torch.nn.Flatten(), torch.nn.Linear(7, 3)))
    assert panels[0].state.value == "ended by an error: RuntimeError"
    assert not is_shown(panels[0].resume_button)


def test_settings_that_fit_refuses_are_told_as_fit_tells_them(published, panels):
    with pytest.raises(CourseError, match="no validation images"):
        fit_with_panel(tiny_model(), replace(tiny_splits(), val=tiny_images(0)), RECIPE, PREPROCESS)
    assert panels[0].state.value == "ended by an error: CourseError"


@pytest.mark.parametrize("arrive", [True, False])
def test_a_button_is_shown_only_where_its_clicks_arrive(published, monkeypatch, arrive):
    monkeypatch.setattr(live, "clicks_arrive_while_busy", lambda: arrive)
    panel = TrainingPanel(3)
    panel.started, panel.epochs_before = 1.0, 0
    panel.on_epoch(History(n_train=50, batch_size=10))
    panel.on_batch([])
    assert is_shown(panel.stop_button) == arrive
    assert (INTERRUPT in panel.state.value) != arrive


def test_losses_are_looked_at_seldom(monkeypatch):
    clock = [100.0]
    monkeypatch.setattr(training_panel.time, "perf_counter", lambda: clock[0])
    panel, looks = TrainingPanel(1), []
    panel.started = 0.0
    panel.on_epoch(History(n_train=1000, batch_size=10))
    monkeypatch.setattr(panel, "_draw", lambda: looks.append(list(panel.losses)))
    losses = []
    for _ in range(20):  # a batch each tenth of a second
        panel.on_batch(losses)
        losses.append(torch.tensor(float(len(losses))))
        clock[0] += 0.125
    assert [len(look) for look in looks] == [0, 4, 8, 12, 16]
    assert looks[-1] == [float(i) for i in range(16)]


@pytest.mark.parametrize(
    "done, left, text",
    [(0, 9, "time left not known yet"), (10, 10, "about 30 s left"), (10, 30, "about 1 min 30 s left")],
)
def test_time_left(done, left, text):
    assert training_panel._time_left(30.0, done, left) == text


def history_of(epochs: int, losses: list[float]) -> History:
    records = [EpochRecord(e, 0, 0.1, 1.5, 0.25 * e, 1.25, 0.2 * e, 1.0) for e in range(1, epochs + 1)]
    return History("noise", 50, 50, 0, records, losses, batch_size=10)


def test_curves_are_drawn_with_their_text():
    picture = growing_curves(history_of(2, [2.0] * 10), [1.75], epochs=4, batches=5)
    svg = ElementTree.fromstring(picture)
    assert svg.get("role") == "img" and "2 of 4 epochs" in svg.get("aria-label")
    assert "last training loss 1.75 nats" in svg.get("aria-label") and "40.0 %" in svg.get("aria-label")
    texts = [piece.text for piece in svg.iter("text")]
    for label in ("loss (nats)", "iteration", "accuracy (%)", "epoch", "train", "val"):
        assert label in texts
    lines = list(svg.iter("polyline"))
    assert [line.get("stroke-dasharray") is not None for line in lines] == [False, True, False, True]


def test_curves_of_nothing_and_of_a_diverging_run():
    empty = ElementTree.fromstring(growing_curves(History(), [], epochs=2, batches=1))
    assert not list(empty.iter("polyline"))
    broken = growing_curves(history_of(1, [1.0, float("nan"), float("inf")]), [], epochs=2, batches=3)
    assert not re.search(r"\b(nan|inf)\b", broken.split(">", 1)[1])


def test_a_long_run_is_drawn_with_few_points():
    losses = [2.0, 1.0] * 10_000
    picture = growing_curves(history_of(2, losses), [], epochs=4, batches=10_000)
    line = next(ElementTree.fromstring(picture).iter("polyline"))
    assert MOST_POINTS / 2 < len(line.get("points").split()) <= MOST_POINTS
