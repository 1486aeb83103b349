"""Figures made of images: samples, augmentation, guesses, predictions, mistakes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np
import torch
from matplotlib.axes import Axes
from torch import Tensor

from course_utils.errors import DataError
from course_utils.plots.frame import (
    INK,
    RIGHT,
    WRONG,
    CourseFigure,
    display_names,
    house_style,
    legible,
    new_figure,
    write_alt_text,
)
from course_utils.plots.mosaic import SHOW_PIXELS, Mosaic, grid
from course_utils.tables import count

if TYPE_CHECKING:
    from course_utils.data.images import ImageSet

MOST_ROWS = 12  # classes shown; a data set may have hundreds


@house_style()
def image_grid(
    images: Tensor,
    titles: Sequence[str] | None = None,
    *,
    row_names: Sequence[str] = (),
    columns: int = 10,
    title: str,
    data: str,
) -> CourseFigure:
    """Images in rows, each under a title of its own if given.

    Args:
        images: uint8 ``[N, 3, H, W]``.
        titles: N short texts.
        row_names: what each row holds, to the left of it.
        data: name of the data set, for the caption.
    """
    pixels = _pixels(images)
    mosaic = Mosaic(
        *grid(len(pixels), columns),
        title=title,
        caption=(data, count(len(pixels), "image")),
        ratio=_ratio(pixels),
        lines=0 if titles is None else 1,
        row_names=[name.replace(" ", "\n", 1) for name in row_names],
    )
    for i, image in enumerate(pixels):
        mosaic.place(mosaic.cell(i), image)
        if titles is not None:
            mosaic.write(mosaic.cell(i), legible(titles[i]))
    named = "" if titles is None else f"Above them: {', '.join(map(str, titles))}"
    rows = f"The rows: {', '.join(row_names)}" if row_names else ""
    return write_alt_text(mosaic.figure, named, rows)


@house_style()
def class_samples(
    image_set: ImageSet, per_class: int = 8, *, seed: int = 0, title: str | None = None
) -> CourseFigure:
    """A row of images for each class (the first 12 classes), drawn at random by ``seed``."""
    names = display_names(image_set.classes[:MOST_ROWS])
    order = torch.randperm(len(image_set), generator=torch.Generator().manual_seed(seed))
    labels = image_set.labels.cpu()[order]
    picks = [order[labels == c][:per_class] for c in range(len(names))]
    columns = max(len(row) for row in picks)
    pixels = _pixels(image_set.images[torch.cat(picks)])
    total = len(image_set.classes)
    source = legible(image_set.name, "The data set")
    at_most = "up to " if min(map(len, picks)) < columns else ""
    title = title or f"{source}: {at_most}{count(columns, 'image')} of each class"
    some = f"{len(names)} of {total} classes" if len(names) < total else ""
    caption = (image_set.name, f"drawn at random from {count(len(image_set), 'image')}", some)
    largest = 0.62 if len(names) > 4 else 0.95
    mosaic = Mosaic(
        len(names),
        columns,
        title=title,
        caption=caption,
        ratio=_ratio(pixels),
        row_names=names,
        largest=largest,
    )
    cells = [(row, column) for row, pick in enumerate(picks) for column in range(len(pick))]
    for cell, image in zip(cells, pixels):
        mosaic.place(cell, image)
    return write_alt_text(mosaic.figure, f"One row for each class: {', '.join(names)}")


@house_style()
def augmentation_grid(
    original: Tensor, augmented: Tensor, *, data: str, title: str | None = None
) -> CourseFigure:
    """One image, framed, before several augmented versions of it.

    Args:
        original: uint8 ``[3, H, W]``.
        augmented: uint8 or float ``[K, 3, H, W]`` in 0..255.
        data: name of the data set, for the caption.
    """
    versions = augmented.round().clamp(0, 255).to(torch.uint8)
    pixels = _pixels(torch.cat([original[None], versions]))
    title = title or f"{count(len(versions), 'random version')} of one image"
    caption = (data, "framed: the image as it is")
    mosaic = Mosaic(*grid(len(pixels), 9), title=title, caption=caption, ratio=_ratio(pixels))
    for i, image in enumerate(pixels):
        mosaic.place(mosaic.cell(i), image, frame=None if i else INK)
    return write_alt_text(mosaic.figure, f"An image, then {count(len(versions), 'augmented version')} of it")


@house_style()
def augmentation_rows(
    original: Tensor, versions: Mapping[str, Tensor], *, data: str, title: str
) -> CourseFigure:
    """One image, framed, before augmented versions of it: a row for each kind of change.

    Args:
        original: uint8 ``[3, H, W]``.
        versions: for each kind uint8 or float ``[K, 3, H, W]`` in 0..255.
        data: name of the data set, for the caption.
    """
    columns = 1 + max(map(len, versions.values()))
    first = original.permute(1, 2, 0).cpu().numpy()
    mosaic = Mosaic(
        len(versions),
        columns,
        title=title,
        caption=(data, "framed: the image as it is"),
        ratio=original.shape[1] / original.shape[2],
        row_names=list(versions),
    )
    for row, images in enumerate(versions.values()):
        mosaic.place((row, 0), first, frame=INK)
        for column, image in enumerate(_pixels(images.round().clamp(0, 255).to(torch.uint8)), 1):
            mosaic.place((row, column), image)
    kinds = ", ".join(" ".join(name.split()) for name in versions)
    return write_alt_text(mosaic.figure, f"One image and {columns - 1} versions of it in each row: {kinds}")


@house_style()
def photo_and_guesses(
    photo: Tensor,
    guesses: Sequence[tuple[str, float]],
    *,
    title: str,
    data: str = "",
    bars: str = "The most probable classes",
) -> CourseFigure:
    """A photograph beside the classes that a network finds most probable, as bars.

    Args:
        photo: uint8 ``[3, H, W]``.
        guesses: class names and their probabilities, the most probable first.
        data: what the photograph is, for the caption.
        bars: what the bars are, for the alternative text.
    """
    image = _pixels(photo[None])[0]
    fig = new_figure(title, (data, _size_of_photo(image)), height=2.6)
    left, right = fig.subplots(1, 2, width_ratios=(1, 1.6))
    _photo(left, image)
    return write_alt_text(fig, f"{bars}: {_guesses(right, guesses)}")


@house_style()
def photos_and_guesses(
    photos: Mapping[str, tuple[Tensor, Sequence[tuple[str, float]]]], *, title: str, data: str
) -> CourseFigure:
    """Photographs below each other, each beside the classes that a network finds most probable, as bars.

    Args:
        photos: by what a person sees: uint8 ``[3, H, W]``; class names and probabilities, the most
            probable first.
        data: what they are, for the caption.
    """
    fig = new_figure(title, (data, count(len(photos), "photograph")), height=max(2.1, 1.45 * len(photos)))
    axes = fig.subplots(len(photos), 2, width_ratios=(1, 2.6), squeeze=False)
    words, most = [], max(chance for _, guesses in photos.values() for _, chance in guesses)
    for (left, right), (shows, (photo, guesses)) in zip(axes, photos.items()):
        _photo(left, _pixels(photo[None])[0])
        right.set_title(f"a person sees: {legible(shows)}", loc="left", size=9)
        words.append(f"{shows}: {_guesses(right, guesses, most)}")
        if right is not axes[-1, 1]:
            right.set_xlabel("")
            right.tick_params(axis="x", labelbottom=False)
    return write_alt_text(fig, f"The most probable classes. {'; '.join(words)}")


@house_style()
def photo_by_networks(
    photo: Tensor, guesses: Mapping[str, Sequence[tuple[str, float]]], *, title: str, data: str = ""
) -> CourseFigure:
    """A photograph beside what each of several networks finds most probable, as bars.

    Args:
        photo: uint8 ``[3, H, W]``.
        guesses: for each network class names and their probabilities, the most probable first.
        data: what the photograph is, for the caption.
    """
    image = _pixels(photo[None])[0]
    fig = new_figure(title, (data, _size_of_photo(image)), height=2.1 * len(guesses))
    axes = fig.add_gridspec(len(guesses), 2, width_ratios=(1, 1.6))
    _photo(fig.add_subplot(axes[:, 0]), image)
    words = []
    for row, (network, its) in enumerate(guesses.items()):
        ax = fig.add_subplot(axes[row, 1])
        ax.set_title(legible(network), loc="left", size=10)
        words.append(f"{network}: {_guesses(ax, its)}")
    return write_alt_text(fig, f"The most probable classes, {'; '.join(words)}")


def _photo(ax: Axes, image: np.ndarray) -> None:
    ax.imshow(image, interpolation="nearest" if len(image) <= SHOW_PIXELS else "antialiased")
    ax.axis("off")


def _size_of_photo(image: np.ndarray) -> str:
    return f"photograph of {image.shape[1]} × {image.shape[0]} pixels"


def _guesses(ax: Axes, guesses: Sequence[tuple[str, float]], most: float = 0.9) -> str:
    """Draw the guesses as bars, with room up to ``most`` and a little more; returns them in words."""
    names = display_names([name for name, _ in guesses], length=30)
    chances = [100 * float(chance) for _, chance in guesses]
    bars = ax.barh(range(len(names)), chances, color=RIGHT, height=0.6)
    ax.bar_label(bars, [f"{chance:.1f} %" for chance in chances], padding=4)
    ax.set_yticks(range(len(names)), names)
    ax.set(xlabel="probability (%)", xlim=(0, 100 * most + 10), ylim=(len(names) - 0.5, -0.5))
    ax.tick_params(axis="y", length=0)
    ax.grid(axis="y", visible=False)
    return ", ".join(f"{name} {chance:.1f} %" for name, chance in zip(names, chances))


@house_style()
def predictions(
    images: Tensor,
    true: Tensor,
    predicted: Tensor,
    classes: Sequence[str],
    confidence: Tensor | None = None,
    *,
    data: str,
    title: str | None = None,
    columns: int = 6,
) -> CourseFigure:
    """Images with their predicted and true classes; a tick or a cross tells right from wrong.

    Args:
        images: uint8 ``[N, 3, H, W]``.
        true, predicted: class numbers, int64 ``[N]``.
        confidence: probability of the predicted class, float ``[N]`` in 0..1.
        data: name of the data set, for the caption.
    """
    right = int((true == predicted).sum())
    title = title or f"{right} of {count(len(images), 'image')} recognised"
    caption = (data, count(len(images), "image"), "✓ right, ✗ wrong", _probability_note(confidence))
    return _judged(images, true, predicted, classes, confidence, title, caption, columns)


@house_style()
def worst_mistakes(
    image_set: ImageSet, logits: Tensor, n: int = 12, *, title: str | None = None, columns: int = 6
) -> CourseFigure:
    """The ``n`` wrong predictions that the network was surest of, the surest first.

    Args:
        logits: float ``[N, C]`` for the images of ``image_set``, in their order.
    """
    logits, labels = logits.detach().float().cpu(), image_set.labels.cpu()
    if len(logits) != len(labels):
        raise DataError(
            "logits and images do not belong together.",
            expected=f"one row of logits for each of {count(len(labels), 'image')}",
            found=count(len(logits), "row"),
        )
    confidence, predicted = logits.softmax(dim=1).max(dim=1)
    wrong = (predicted != labels).nonzero().flatten()
    worst = wrong[confidence[wrong].argsort(descending=True, stable=True)][:n]
    title = title or _mistakes_title(len(worst), len(wrong))
    caption: tuple[str, ...] = (image_set.name, f"{len(wrong):,} of {count(len(labels), 'image')} mistaken")
    if len(worst) == 0:
        mosaic = Mosaic(1, 1, title=title, caption=caption)
        return write_alt_text(mosaic.figure)
    caption += (_probability_note(confidence),)
    images = image_set.images[worst.to(image_set.images.device)]
    picked = (labels[worst], predicted[worst], image_set.classes, confidence[worst])
    return _judged(images, *picked, title, caption, columns)


def _judged(images, true, predicted, classes, confidence, title, caption, columns) -> CourseFigure:
    pixels, names = _pixels(images), display_names(classes)
    mosaic = Mosaic(
        *grid(len(pixels), columns),
        title=title,
        caption=caption,
        ratio=_ratio(pixels),
        lines=2,
        largest=1.2,
    )
    words = []
    for i, (image, t, p) in enumerate(zip(pixels, true.tolist(), predicted.tolist())):
        sure = "" if confidence is None else f" {100 * float(confidence[i]):.0f} %"
        mark, colour = ("✓", RIGHT) if t == p else ("✗", WRONG)
        mosaic.place(mosaic.cell(i), image, frame=colour)
        mosaic.write(mosaic.cell(i), f"{mark} {names[p]}{sure}", f"true: {names[t]}")
        verdict = "recognised" if t == p else f"taken for {names[p]}"
        words.append(f"{names[t]} {verdict}{sure}")
    return write_alt_text(mosaic.figure, "; ".join(words))


def _mistakes_title(shown: int, mistakes: int) -> str:
    if mistakes == 0:
        return "No mistakes"
    if mistakes == 1:
        return "The only mistake"
    if shown == mistakes:
        return f"All {mistakes:,} mistakes, the surest first"
    return f"The {shown} surest of {count(mistakes, 'mistake')}"


def _probability_note(confidence: Tensor | None) -> str:
    return "" if confidence is None else "per cent: probability of the predicted class"


def _pixels(images: Tensor) -> np.ndarray:
    """uint8 ``[N, 3, H, W]`` as an array ``[N, H, W, 3]``; anything else is refused."""
    if images.ndim != 4 or images.shape[1] != 3 or images.dtype != torch.uint8 or len(images) == 0:
        raise DataError(
            "these are not images that can be drawn.",
            expected="at least one image, uint8 [N, 3, H, W]",
            found=f"{str(images.dtype).removeprefix('torch.')} {list(images.shape)}",
            do="pass the stored pixels (uint8), before Preprocess; add a batch dimension with x[None]",
        )
    return images.permute(0, 2, 3, 1).cpu().numpy()


def _ratio(pixels: np.ndarray) -> float:
    return pixels.shape[1] / pixels.shape[2]
