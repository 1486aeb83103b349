"""Experiments by name: what has been done is kept, what is missing is done, and a record is written."""

from __future__ import annotations

import json
import os
import platform
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date
from functools import partial
from importlib.metadata import version
from pathlib import Path

from course_utils.course.recorded import write_json
from course_utils.data.images import Splits
from course_utils.data.loading import load_data, refuse_cartoons
from course_utils.errors import CourseError
from course_utils.machine import describe_machine
from course_utils.tables import table

PACKAGES = ("torch", "torchvision", "timm")
MADE = "made"  # of an arm: machine, versions, date and command, where they are not the record's
QUICK_IMAGES = 60  # of each split, with --quick


@dataclass(frozen=True)
class Lab:
    """Where an experiment works.

    Attributes:
        source: of the images, as for :func:`course_utils.data.loading.load_data`.
        folder: holds checkpoints and what is finished, so that a stopped run goes on.
        quick: a few images and epochs, to see that it runs; such results are never recorded.
    """

    source: str
    folder: Path
    quick: bool = False

    def splits(self, train: int, val: int, seed: int = 0) -> Splits:
        """``train`` and ``val`` images cut from the training set, and the whole test set."""
        if self.quick:
            few = min(train, QUICK_IMAGES)
            return load_data(self.source, train=few, val=40, test=40, seed=seed)
        return load_data(self.source, train=train, val=val, seed=seed)

    def few(self, amount: int, quick: int = 1) -> int:
        """``amount`` of epochs or the like, or ``quick`` of them in a quick run."""
        return quick if self.quick else amount

    def inside(self, name: str) -> Lab:
        """The same with a folder of its own below this one."""
        return Lab(self.source, self.folder / name, self.quick)

    def beside(self, arm: str) -> dict | None:
        """The finished result of another arm of the same experiment, or ``None``."""
        file = self.folder.parent / folder_name(arm) / "arm.json"
        return json.loads(file.read_text(encoding="utf-8"))["result"] if file.exists() else None

    def kept(self, name: str, settings: object, compute: Callable[[], dict]) -> dict:
        """What ``compute`` gives: computed once, then read from the folder.

        Args:
            name: of the file, without ending.
            settings: all that the result depends on; its ``repr`` is stored beside the result.

        Raises:
            CourseError: if the result there was computed with other settings.
        """
        file = self.folder / f"{name}.json"
        if not file.exists():
            write_json(file, {"settings": repr(settings), "result": compute()})
        stored = json.loads(file.read_text(encoding="utf-8"))
        if stored["settings"] != repr(settings):
            raise CourseError(
                f"{file.name} was computed with other settings.",
                expected=repr(settings),
                found=stored["settings"],
                do=f"delete {file} to compute it anew",
            )
        return stored["result"]


@dataclass(frozen=True)
class Experiment:
    """A question and the arms that answer it.

    Attributes:
        name: what the command calls it.
        question: one sentence.
        minutes: expected on two cores of a desktop CPU.
        data: what it takes by itself.
        arms: each arm's name and the function that measures it; they run in this order.
        terms: what all arms have in common, for the record.
    """

    name: str
    question: str
    minutes: int
    arms: dict[str, Callable[[Lab], dict]]
    data: str = "cifar10"
    terms: dict[str, object] = field(default_factory=dict)


def run(
    experiment: Experiment,
    lab: Lab,
    command: str,
    *,
    note: str = "",
    only: tuple[str, ...] = (),
    record: Path | None = None,
    report: Callable[[str], None] = print,
) -> dict:
    """Run the arms that are missing and write the record after each one.

    Args:
        command: gives this record again; stored in it.
        note: on the circumstances, such as other work on the machine; stored in it.
        only: the names of the arms to run; empty for all.
        record: a second place for the record, such as :data:`~course_utils.evidence.reading.RECORDS`;
            the arms that it holds stand, so that another machine can go on.

    Returns:
        The record: question, terms, data, machine, versions, and a result for each arm that stands.

    Raises:
        CourseError: for an arm that the experiment does not have, or a record of other data or terms.
        DataError: if the record is to be kept and the images are the drawn cartoons.
    """
    _know(experiment, only)
    if record:
        refuse_cartoons(lab.source)
    _refuse_other_data(lab)
    facts = _facts(command, note)
    if record:
        _take_over(experiment, lab, record / f"{experiment.name}.json", facts)
    labs = {name: lab.inside(folder_name(name)) for name in experiment.arms}
    standing = [name for name in labs if (labs[name].folder / "arm.json").exists()]
    missing = [name for name in labs if name not in standing and (not only or name in only)]
    arms: dict[str, dict] = {}
    content: dict = {}
    for name in (*standing, *missing):
        report(f"{experiment.name}: {name} ...")
        measure = partial(_measured, experiment.arms[name], labs[name], facts)
        arms[name] = labs[name].kept("arm", experiment.terms, measure)
        report(f"{experiment.name}: {name}: {summary(arms[name])}")
        if len(arms) >= len(standing):  # before that the record would lose arms that stand
            content = _record(experiment, lab, arms[name].get(MADE, facts), arms)
            for folder in filter(None, (lab.folder, record)):
                write_json(folder / f"{experiment.name}.json", content)
    return content


def listing(experiments: dict[str, Experiment]) -> str:
    """Names, expected minutes, number of arms and questions, as a table."""
    rows = [
        {"name": e.name, "minutes": e.minutes, "arms": len(e.arms), "question": e.question}
        for e in experiments.values()
    ]
    return table(rows)


def summary(arm: dict) -> str:
    """One line: mean test accuracy, range of the seeds, rate."""
    scores = arm["test"]
    mean = sum(scores) / len(scores)
    spread = f" ({min(scores):.2%} to {max(scores):.2%})" if len(scores) > 1 else ""
    return f"{mean:.2%}{spread} on {arm['images']['test']:,} test images"


def _facts(command: str, note: str) -> dict:
    """How what is measured now came to be."""
    return {
        "machine": describe_machine(),
        "versions": {"python": platform.python_version(), **{p: version(p) for p in PACKAGES}},
        "threads": os.environ.get("OMP_NUM_THREADS") or os.cpu_count(),
        "date": date.today().isoformat(),
        "command": command,
        "note": note,
    }


def _measured(arm: Callable[[Lab], dict], lab: Lab, facts: dict) -> dict:
    return {**arm(lab), MADE: facts}


def _record(experiment: Experiment, lab: Lab, facts: dict, arms: dict) -> dict:
    """``facts`` are those of the last arm; one that came to be otherwise has its own."""

    def told(arm: dict) -> dict:
        return {key: value for key, value in arm.items() if key != MADE or value != facts}

    return {
        "experiment": experiment.name,
        "question": experiment.question,
        "terms": experiment.terms,
        "data": Path(lab.source).name,
        **facts,
        "missing": [name for name in experiment.arms if name not in arms],
        "arms": {name: told(arms[name]) for name in experiment.arms if name in arms},
    }


def _take_over(experiment: Experiment, lab: Lab, record: Path, facts: dict) -> None:
    """Let the recorded arms stand in the lab's folder too, each with the facts of its own run.

    Args:
        facts: of this run; those of the record have the same names.

    Raises:
        CourseError: if they are of other data, or measured on other terms.
    """
    if not record.exists():
        return
    recorded = json.loads(record.read_text(encoding="utf-8"))
    here = {"data": Path(lab.source).name, "terms": json.loads(json.dumps(experiment.terms))}
    for key, value in here.items():
        if recorded[key] != value:
            raise CourseError(
                f"{record} holds results on other {key}.",
                expected=str(recorded[key]),
                found=str(value),
                do="leave out --record, or move that file away to begin a new one",
            )
    known = {key: recorded[key] for key in facts}
    for name, result in recorded["arms"].items():
        if name in experiment.arms:
            result = {MADE: known, **result}
            lab.inside(folder_name(name)).kept("arm", experiment.terms, partial(dict, result))


def _refuse_other_data(lab: Lab) -> None:
    """What lies in the lab's folder was measured on one data set."""
    name, file = Path(lab.source).name, lab.folder / "data.json"
    if not any(path.is_file() and path != file for path in lab.folder.rglob("*")):
        file.unlink(missing_ok=True)  # of a run that came to nothing
    there = lab.kept("data", "", partial(dict, name=name))["name"]
    if there != name:
        do = f"choose another --out, or delete {lab.folder}"
        raise CourseError(f"{lab.folder} holds results on other data.", expected=there, found=name, do=do)


def _know(experiment: Experiment, names: tuple[str, ...]) -> None:
    for name in names:
        if name not in experiment.arms:
            raise CourseError(f"{experiment.name} has no arm {name!r}.", expected="; ".join(experiment.arms))


def folder_name(arm: str) -> str:
    """The name of an arm as that of a folder, on every system."""
    return "".join(c if c.isalnum() else "-" for c in arm)
