"""The benchmark of training: every row against the tutorial loop; writes a page of results."""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

import networks
import report
import starting
import torch
from measure import in_turn, matrix_product_limit, seconds_of

from course_utils.data.loading import load_data
from course_utils.errors import CourseError, EnvironmentProblem
from course_utils.models.weights import find_weights
from course_utils.storage import write_text
from course_utils.training.device import best_device

ROWS = {
    "resnet18": "ResNet-18, stock stem, 32x32, all layers trained",
    "alexnet": "AlexNet adapted to 32x32, all layers trained",
    "stem": "ResNet-18, 3x3 stem, 32x32, all layers trained",
    "probe": "Linear probe of 5 epochs, ResNet-18, stock stem, no augmentation",
    "evaluate": "Evaluation, ResNet-18, stock stem",
    "decode": "Decoding PNG files",
    "import": "Importing",
    "first_batch": "From the start of Python to the first trained batch of 64",
    "scaling": "Cost against number of images, ours",
}


@dataclass(frozen=True)
class Size:
    """How much a preset does; see :class:`networks.Plan` for images, slow, probe and repeats."""

    images: int
    slow: int
    probe: int
    repeats: int
    files: int
    counts: tuple[int, ...]
    matrix: int


SIZES = {
    "cpu": Size(2048, 512, 10_240, 3, 2000, (1_000, 5_000, 20_000, 50_000), 2048),
    "gpu": Size(45_000, 10_000, 45_000, 3, 20_000, (1_000, 5_000, 20_000, 50_000), 8192),
    "quick": Size(128, 64, 128, 1, 60, (64, 128), 256),
}


def main(words: list[str]) -> None:
    options = parse(words)
    device = best_device()
    if options.gpu:
        insist_on_gpu(device)
    name = "quick" if options.quick else "gpu" if device.type == "cuda" else "cpu"
    size = SIZES[name]
    images, repeats = options.images or size.images, options.repeats or size.repeats
    starts = {start: find_weights(start) for start in options.starts} if options.gpu else {}
    splits = load_data(options.data, val=200 if options.quick else None)
    plan = networks.Plan(
        splits,
        device,
        images,
        min(images, size.slow),
        options.images or size.probe,
        repeats,
        options.seed,
        compile=not options.quick,
    )
    started = time.perf_counter()
    limit = matrix_product_limit(device, size.matrix)
    command = " ".join(["course bench", *report.without_folders(words)])
    whole = not options.quick and options.rows == list(ROWS)
    out = options.out or (report.page_of(device) if whole else None)
    wanted = len(options.rows) + options.gpu
    sections = []

    def add(section: str) -> None:
        """To the page as it stands so far: a failure later on loses nothing of it."""
        sections.append(section)
        minutes = (time.perf_counter() - started) / 60
        limits = limit, matrix_product_limit(device, size.matrix)
        finished = len(sections) == wanted
        if out:
            write_text(out, report.page(sections, splits, device, limits, command, minutes, name, finished))
        print(section, flush=True)

    for row in options.rows:
        print(f"{ROWS[row]} ...", flush=True)
        add(run_row(row, plan, size, limit))
    if options.gpu:
        import recipes

        add(recipes.section(splits, starts, options.quick))
    print(
        f"{(time.perf_counter() - started) / 60:.1f} minutes; "
        + (f"written to {out}" if out else "some rows, written nowhere: --out")
    )


def insist_on_gpu(device: torch.device) -> None:
    if device.type != "cuda":
        raise EnvironmentProblem(
            "no CUDA device on this machine.",
            expected="an NVIDIA card that torch can use",
            found=str(device),
            do="leave out --gpu: the same rows run on the CPU",
        )


def run_row(row: str, plan: networks.Plan, size: Size, limit: float) -> str:
    """Measure one row of ``ROWS``; returns its section of the page."""
    title, n = ROWS[row], plan.images
    if row == "scaling":
        costs = []
        for count, train, probe in networks.scaling(plan, size.counts):
            train.warm_up()
            costs.append((count, seconds_of(train.work), seconds_of(probe)))
        return report.scaling_section(title, costs)
    if row in ("decode", "first_batch"):
        with tempfile.TemporaryDirectory() as scratch:
            pictures = plan.training_images(max(size.files, 120)).to("cpu")
            folder = starting.write_pictures(pictures, Path(scratch))
            arms = (
                starting.decode_arms(folder, len(pictures))
                if row == "decode"
                else starting.first_batch_arms(folder)
            )
            return report.section(title, in_turn(arms, plan.repeats), limit, plan.repeats)
    make = {
        "resnet18": networks.resnet18_arms,
        "alexnet": networks.alexnet_arms,
        "stem": networks.stem_arms,
        "probe": networks.probe_arms,
        "evaluate": networks.evaluation_arms,
        "import": lambda plan: starting.import_arms(),
    }[row]
    seen = {"resnet18": n, "alexnet": plan.slow, "stem": plan.slow, "probe": plan.probe, "evaluate": n}.get(
        row
    )
    title += f", {seen:,} images" if seen else ""
    return report.section(title, in_turn(make(plan), plan.repeats), limit, plan.repeats)


def parse(words: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="course bench")
    parser.add_argument("--gpu", action="store_true", help="insist on a GPU, and run the recipes too")
    parser.add_argument("--quick", action="store_true", help="tiny sizes, nothing compiled: does it run?")
    parser.add_argument("--rows", type=_rows, default=list(ROWS), help=f"some of {','.join(ROWS)}")
    parser.add_argument("--data", help="cartoons, cifar10 (what --gpu takes by itself), or a folder or zip")
    parser.add_argument(
        "--starts",
        type=lambda text: tuple(text.split(",")),
        default=("none", "small"),
        help="weights that the recipes start from: none, small, imagenet, or a file",
    )
    parser.add_argument("--images", type=int, help="training images of the fast rows")
    parser.add_argument("--repeats", type=int, help="rounds of each row")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--out", type=Path, help="default, for all rows: RESULTS.md, on a GPU RESULTS-GPU.md")
    options = parser.parse_args(words)
    options.data = options.data or ("cifar10" if options.gpu else "cartoons")
    return options


def _rows(text: str) -> list[str]:
    names = text.split(",")
    for name in names:
        if name not in ROWS:
            raise argparse.ArgumentTypeError(f"{name!r} is none of {', '.join(ROWS)}")
    return names


if __name__ == "__main__":
    try:
        main(sys.argv[1:])
    except CourseError as problem:
        print(f"{type(problem).__name__}: {problem}", file=sys.stderr)
        sys.exit(3 if isinstance(problem, EnvironmentProblem) else 1)
