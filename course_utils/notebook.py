"""What every notebook sets up first: budget, data, weights, device, and one line on each."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import SimpleNamespace
from typing import TypeVar

import torch
from IPython import get_ipython
from IPython.display import publish_display_data

import course_utils
from course_utils import plots
from course_utils.analysis.arms import Arm
from course_utils.course import experiments, recorded
from course_utils.course.budget import choose_preset, load_plan
from course_utils.data.augment import Preprocess
from course_utils.data.images import Splits
from course_utils.data.inspection import require_usable
from course_utils.data.loading import describe_source, load_data
from course_utils.environ import is_grading
from course_utils.errors import DataError, is_stub
from course_utils.evidence import headline, reading
from course_utils.models.weights import (
    IMAGENET_MEAN,
    IMAGENET_STD,
    SOURCES,
    Weights,
    common_source,
    describe_weights,
    find_weights,
)
from course_utils.tables import html_table, percent, table, transposed
from course_utils.training.device import best_device

Answer = TypeVar("Answer")
MOST_COLUMNS = 6  # of a recorded table; with more it is shown transposed


@dataclass(frozen=True)
class Session:
    """What the cells of a notebook share."""

    notebook: str
    budget: str
    plan: SimpleNamespace
    splits: Splits
    weights: Weights | None
    seed: int
    device: torch.device
    source: str = "auto"

    def weights_of(self, arch: str) -> Weights | None:
        """Weights of another architecture from the same source; a file of ResNet-18's has none, so the
        package's small ones are taken."""
        found = find_weights(self.source if self.source in SOURCES else "small", arch)
        print(describe_weights(found, arch))
        return found

    @property
    def preprocess(self) -> Preprocess:
        """What the weights were trained with; torchvision's ImageNet constants where there are none."""
        return self.at_size(None)

    def at_size(self, size: int | None) -> Preprocess:
        """The same, with images resized to ``size`` pixels first."""
        if self.weights:
            return self.weights.at_size(size)
        return Preprocess(IMAGENET_MEAN, IMAGENET_STD, size)

    @property
    def caption(self) -> str:
        """The small print of a figure: data and number of training images."""
        return f"{self.splits.name}, {len(self.splits.train):,} training images"

    @property
    def chance(self) -> float:
        """Accuracy of guessing one of the classes, a fraction."""
        return 1 / len(self.splits.classes)

    def keep(self, name: str, value: object) -> None:
        """Hand a result to whoever runs the notebook (see :func:`course_utils.course.recorded.keep`)."""
        weights = self.weights.name if self.weights else "none"
        header = {
            "notebook": self.notebook,
            "budget": self.budget,
            "data": self.splits.name,
            "weights": weights,
            "seed": self.seed,
            "classes": len(self.splits.classes),
        }
        recorded.keep(name, value, header)

    def recorded(self, name: str, notebook: str = "") -> dict:
        """The recorded result ``name`` of this notebook or another: what its cells gave on real data.

        Raises:
            DataError: if there is none.
        """
        notebook = notebook or self.notebook
        if found := recorded.read(notebook, name):
            return found[0]
        raise DataError(
            f"nothing is recorded as {name!r} in {notebook}.",
            expected="a result that a cell of it keeps, by this name",
            do=f"record it before a cell reads it: `course run {notebook} --record --only {name} "
            "--budget cpu --data cifar10`",
        )

    def recorded_lines(self, name: str) -> dict[str, dict[str, tuple[float, ...]]]:
        """The scores of a recorded result's arms, by the parts of their names before and after the comma."""
        lines: dict[str, dict[str, tuple[float, ...]]] = {}
        for arm in self.recorded(name)["arms"]:
            line, place = arm["name"].split(", ")
            lines.setdefault(line, {})[place] = tuple(arm["scores"])
        return lines

    def recorded_from(self, name: str) -> str:
        """One line that says where a recorded result comes from."""
        found = recorded.read(self.notebook, name)
        return _where_from(*found) if found else f"No recorded {name!r}."

    def show_recorded(self, name: str) -> None:
        """Show the recorded result ``name`` as a table, and its curves as a figure."""
        found = recorded.read(self.notebook, name)
        if found is None:
            print(f"no recorded result for {name!r}")
            return
        value, facts = found
        caption = _where_from(value, facts)
        value = {key: part for key, part in value.items() if key != "weights"}  # the caption tells them
        if "rows" in value:
            wide = len(value["rows"][0]) > MOST_COLUMNS
            show_table(transposed(value["rows"]) if wide else value["rows"], caption=caption)
        elif "arms" in value:
            show_table([_arm_row(arm) for arm in value["arms"]], caption=caption)
        else:
            rows = [{"what": key, "value": _short(v)} for key, v in value.items() if not _is_long(v)]
            show_table(rows, caption=caption)
        if "curves" in value:
            _show_curves(value, facts)

    def evidence(self, name: str) -> dict[str, Arm]:
        """The arms of an experiment on all of the data (``course experiment``), by name."""
        return reading.arms(reading.read(name))

    def show_evidence(self, name: str, only: Sequence[str] | Mapping[str, str] = ()) -> None:
        """Show them as a table, or ``only`` those named; a mapping says what the table calls each."""
        record = reading.read(name)
        show_table(reading.rows(record, only), caption=reading.caption(record))

    def evidence_runs(self, arms: Mapping[str, tuple[str, str]]) -> list[dict[str, object]]:
        """Rows for a table of runs on different terms: what it calls each, its experiment and its arm."""
        return [
            reading.single_run(reading.read(name)["arms"][arm], called)
            for called, (name, arm) in arms.items()
        ]

    def evidence_by_epoch(self, name: str, arm: str) -> tuple[list[list[float]], list[int]]:
        """Of one arm of an experiment: validation accuracies, a list a run, and the epochs of each phase."""
        found = reading.read(name)["arms"][arm]
        return found["by_epoch"], [epochs for stage in found["stages"] for epochs in stage["epochs"]]

    def show_headline(self, first: bool = False) -> None:
        """Show what the source texts say, what was compared here, and a verdict of a few words.

        Args:
            first: the most important rows and columns alone.
        """
        if first:
            show_table(headline.rows(first=True), headline.FIRST_COLUMNS, caption="Recorded")
        else:
            show_table(headline.rows(), headline.COLUMNS, caption=f"Recorded. {headline.WORDS}")


def show_arms(arms: Sequence[Arm], caption: str = "") -> None:
    """Show arms as a table: mean, range of the seeds, what they were measured on, rate."""
    show_table([_arm_row(arm.to_dict()) for arm in arms], caption=caption)


def try_yours(ask: Callable[[], object]) -> None:
    """Call ``ask``, which uses answers of yours; one line says why, where they cannot be used yet.

    An exercise that is open, or wrong in whatever way, must not stop the notebook.
    """
    try:
        ask()
    except Exception as problem:
        if is_stub(type(problem).__name__, str(problem)):
            print("your answer is still open: nothing to show here")
            return
        print(f"your answer cannot be used yet: {type(problem).__name__}: {problem}")


def yours_or(ask: Callable[[], Answer], instead: Callable[[], Answer]) -> Answer:
    """What ``ask``, which uses an answer of yours, gives; where it cannot be used, what ``instead`` does."""
    try:
        return ask()
    except Exception as problem:
        why = f"cannot be used yet ({type(problem).__name__}: {problem})"
        if is_stub(type(problem).__name__, str(problem)):
            why = "is still open"
        print(f"your answer {why}: the package's takes its place")
        return instead()


def answer_of(ask: Callable[[], object], otherwise: str = "still open") -> str:
    """What ``ask``, which uses answers of yours, gives, as text; ``otherwise`` while they are open."""
    try:
        return str(ask())
    except Exception as problem:
        if is_stub(type(problem).__name__, str(problem)):
            return otherwise
        return f"cannot be used yet: {type(problem).__name__}"


def _where_from(value: dict, facts: dict) -> str:
    """The line under a recorded result; where it has weights of its own, not those of the run."""
    weights = value.get("weights", facts["weights"])
    return recorded.describe(facts | {"weights": weights}, value.get("n_train"))


def _arm_row(saved: dict) -> dict:
    """An arm as a row: its mean, the range of its seeds, what it was measured on, its rate."""
    cost = {"ms an image": f"{saved['ms_per_image']:.1f}"} if "ms_per_image" in saved else {}
    arm = Arm.from_dict(saved)
    return {
        "arm": arm.name,
        "accuracy": percent(arm.mean),
        "seeds": len(arm.scores),
        "lowest to highest": arm.range_text,
        "measured on": f"{arm.n_images:,} images",
        "rate": f"{arm.lr:g}" if arm.lr else "–",
        **cost,
    }


def start(
    notebook: str,
    course_version: str,
    *,
    budget: str = "auto",
    data: str | Path = "auto",
    weights: str | Path = "auto",
    seed: int = 0,
    overrides: dict | None = None,
    archs: Sequence[str] = ("resnet18",),
) -> Session:
    """Set up a notebook and say in a few lines what it will use.

    While nbgrader runs, data and weights are always the embedded ones, the budget is ``grade``, and
    experiments rest (:mod:`course_utils.course.experiments`).

    Args:
        course_version: the version of the course that this notebook belongs to.
        archs: the architectures that the notebook compares; ``weights`` "auto" takes ImageNet's if they
            are there for all of them. The session holds those of the first, see
            :meth:`Session.weights_of`.
    """
    if is_grading():
        budget, data, weights, overrides = "grade", "cartoons", "small", None
        experiments.rest(notebook)
    torch.manual_seed(seed)
    preset = choose_preset(budget, torch.cuda.is_available())
    plan = load_plan(notebook, preset, overrides)
    amounts = vars(plan.data)
    splits = load_data(data, seed=seed, **amounts)
    require_usable(splits)
    source = common_source(weights, archs)
    found = find_weights(source, archs[0])
    session = Session(notebook, preset, plan, splits, found, seed, best_device(), source)
    print(_version_line(course_version))
    print(f"budget:  {preset} on {session.device.type}")
    print(describe_source(splits))
    print(describe_weights(found, archs[0]))
    session.keep("start", {"seed": seed})
    return session


def show_table(rows: Sequence[dict], columns: Sequence[str] | None = None, caption: str = "") -> None:
    """Show rows of equal keys: as HTML in a notebook, as aligned text where there is none."""
    text = f"{caption}\n{table(rows, columns)}" if caption else table(rows, columns)
    if get_ipython() is None:
        print(text)
        return
    publish_display_data({"text/html": html_table(rows, columns, caption), "text/plain": text})


def _show_curves(value: dict, facts: dict) -> None:
    order = [arm["name"] for arm in value["arms"]]  # the colours of curves go by the order of the arms
    curves = dict(sorted(value["curves"].items(), key=lambda item: order.index(item[0])))
    measured = value.get("measured", "validation accuracy")
    right = 1 / facts["classes"]
    figure = plots.learning_curves(
        curves,
        title=value["message"] if "measured" in value else f"Recorded: {measured} by epoch",
        measured=measured,
        chance=right if measured.endswith("accuracy") else 1 - right,
        data=f"recorded on {facts['data']}, {value['n_train']:,} training images",
        n_images=value.get("n_val"),
    )
    plots.show(figure)


def _is_long(value: object) -> bool:
    """Whether it is for a figure: more numbers than a line of a table holds."""
    return isinstance(value, list) and len(value) > 20


def _short(value: object) -> str:
    if isinstance(value, list):
        step = max(1, len(value) // 8)
        return " ".join(_short(v) for v in [*value[:-1:step], value[-1]])
    return f"{value:.3f}" if isinstance(value, float) else str(value)


def _version_line(notebook_version: str) -> str:
    installed = course_utils.__version__
    if installed == notebook_version:
        return f"course:  {installed}"
    return (
        f"course:  this notebook is of version {notebook_version}, the installed package is {installed}.\n"
        "         Get both from the same hand-out, then restart the kernel."
    )
