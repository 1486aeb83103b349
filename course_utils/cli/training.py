"""For long trainings: upstream weights, experiments on real data, benchmarks."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Annotated, Literal

import typer

from course_utils.cli.preconditions import absolute, course_folder

CHECKPOINTS = 200_000_000  # bytes: ResNet-18's weights, four times


def pretrain(
    data: Annotated[str, typer.Option(help="Folder or zip of images, 64x64 or larger, <split>/<class>/*.")],
    arch: Annotated[Literal["resnet18", "alexnet"], typer.Option(help="What to train.")] = "resnet18",
    out: Annotated[Path, typer.Option(help="Receives weights, classes, card, checkpoint.")] = Path(
        "pretrained"
    ),
    epochs: Annotated[int | None, typer.Option(min=1, help="Instead of the setting's own number.")] = None,
    name: Annotated[str | None, typer.Option(help="Of the data, for files and the card.")] = None,
    terms: Annotated[str, typer.Option(help="On which the images may be used, for the card.")] = "not stated",
    start: Annotated[Path | None, typer.Option(help="Weights to continue from.")] = None,
    size: Annotated[
        int | None, typer.Option(min=64, help="Cut squares of so many pixels from images of any size.")
    ] = None,
    seed: Annotated[int, typer.Option(min=0, help="Of the training.")] = 0,
) -> None:
    """Train upstream weights on an image folder.

    Hours on a CPU; an interrupted training continues after its last complete epoch. Writes a model card.

    Example: `course pretrain --data images.zip --arch resnet18 --out pretrained`
    """
    from course_utils.models.weights import from_file
    from course_utils.storage import require_room
    from course_utils.training import pretraining

    require_room(out, CHECKPOINTS)
    begin = from_file(start, arch) if start else None
    report = pretraining.pretrain(
        data, arch, out, epochs=epochs, start=begin, name=name, terms=terms, size=size, seed=seed
    )
    sizes = ", ".join(f"{top1:.1%} at {size} px" for size, top1 in report.by_size.items())
    print(f"{report.file}: top-1 {sizes} on {report.n_held_out:,} held-out images")


def experiment(
    name: Annotated[str | None, typer.Argument(help="Which one; without it: the list.")] = None,
    data: Annotated[
        str | None,
        typer.Option(help="A folder or zip of images. Default: what was fetched, cifar10 (hotdog: hotdog)."),
    ] = None,
    arms: Annotated[
        list[str] | None, typer.Option("--arm", help="Only this one; may be given several times.")
    ] = None,
    out: Annotated[Path, typer.Option(help="Checkpoints and results; a stopped run continues.")] = Path(
        "runs/evidence"
    ),
    quick: Annotated[bool, typer.Option("--quick", help="Tiny sizes: does it run?")] = False,
    record: Annotated[
        bool, typer.Option("--record", help="Add to the record in the package; real data only.")
    ] = False,
    note: Annotated[str, typer.Option(help="On the circumstances, for the record.")] = "",
) -> None:
    """Run a named experiment on real data, or list them.

    Minutes to hours; a stopped run continues with the epoch and the arms that are missing. Writes
    `<out>/<name>/<name>.json` after each arm. With `--record` the arms that the package's record holds
    stand already.

    Example: `course experiment start --data cifar10.zip`
    """
    from course_utils.evidence import reading, running
    from course_utils.evidence.catalogue import EXPERIMENTS
    from course_utils.storage import require_room

    if name is None:
        print(running.listing(EXPERIMENTS))
        return
    if name not in EXPERIMENTS:
        raise typer.BadParameter(f"{name!r} is none of {', '.join(EXPERIMENTS)}")
    if quick and record:
        raise typer.BadParameter("--quick and --record: quick results are not recorded")
    source = data or EXPERIMENTS[name].data
    command = f"course experiment {name} --data {Path(source).name}"
    lab = running.Lab(absolute(source), out / ("quick" if quick else "") / name, quick)
    require_room(lab.folder, CHECKPOINTS)
    target = reading.RECORDS if record else None
    running.run(EXPERIMENTS[name], lab, command, note=note, only=tuple(arms or ()), record=target)
    print(f"\nrecord: {lab.folder / name}.json")


def bench(
    gpu: Annotated[bool, typer.Option("--gpu", help="Insist on a GPU; the recipes run too.")] = False,
    quick: Annotated[bool, typer.Option("--quick", help="Tiny sizes: does it run?")] = False,
    rows: Annotated[str | None, typer.Option(help="resnet18,probe,... Default: all.")] = None,
    data: Annotated[
        str | None, typer.Option(help="cartoons, cifar10 (what --gpu takes by itself), or a folder or zip.")
    ] = None,
    starts: Annotated[str | None, typer.Option(help="none,small,imagenet or files: of the recipes.")] = None,
    images: Annotated[int | None, typer.Option(min=1, help="Training images of the fast rows.")] = None,
    repeats: Annotated[int | None, typer.Option(min=1, help="Rounds of each row.")] = None,
    out: Annotated[
        Path | None,
        typer.Option(help="Default, for all rows: benchmarks/RESULTS.md, on a GPU RESULTS-GPU.md."),
    ] = None,
) -> None:
    """Measure training against the usual loop.

    Both in turn in one run, then a page of tables. Twelve minutes on two quiet cores.

    Example: `course bench --rows resnet18,probe`
    """
    script = course_folder() / "benchmarks" / "training.py"
    given = {
        "--rows": rows, "--data": data and absolute(data), "--starts": starts,
        "--images": images, "--repeats": repeats, "--out": out,
    }  # fmt: skip
    words = [str(w) for pair in given.items() if pair[1] is not None for w in pair]
    words += ["--gpu"] * gpu + ["--quick"] * quick
    code = subprocess.run([sys.executable, str(script), *words], check=False).returncode
    if code:
        raise typer.Exit(code)
