"""For data and weights: fetch them, measure them."""

from __future__ import annotations

from typing import Annotated, Literal

import typer


def fetch(
    names: Annotated[list[str], typer.Argument(help="cifar10, hotdog, resnet18, alexnet, ...")],
) -> None:
    """Download data sets and pretrained weights.

    Checksums are verified; an interrupted download continues where it stopped.

    Example: `course fetch cifar10 resnet18`
    """
    from course_utils import catalogue

    for name in names:
        if name not in catalogue.CATALOGUE:
            raise typer.BadParameter(f"{name!r} is none of {', '.join(catalogue.CATALOGUE)}")
    for name in names:
        print(f"{name}: {catalogue.fetch(name)}")


def data(
    name: Annotated[Literal["cartoons"], typer.Argument(help="The data set to measure.")],
) -> None:
    """Measure how hard a data set is.

    Simple baselines, linear probe, fine-tuning and training from scratch, three seeds each.

    Example: `course data cartoons` trains for some minutes and prints a table.
    """
    from course_utils.analysis import difficulty

    difficulty.measure()
