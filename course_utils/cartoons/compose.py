"""One picture: an object placed into its scene, shaded, with its shadow, seen through a camera."""

from __future__ import annotations

import numpy as np
from PIL import Image, ImageDraw, ImageFilter

from course_utils.cartoons.canvas import noise
from course_utils.cartoons.colors import chance
from course_utils.cartoons.scenes import Scene
from course_utils.cartoons.sketch import Sketch, rotation

Rng = np.random.Generator


def _span(rng: Rng, stance: str) -> float:
    """Largest extent of the object as a fraction of the picture."""
    low, high = {
        "close": (0.75, 1.15),
        "bust": (0.9, 1.25),
        "air": (0.72, 1.1),
        "water": (0.75, 1.1),
        "ground": (0.75, 1.1),
    }[stance]
    return rng.uniform(low, high)


def place(sketch: Sketch, rng: Rng, horizon: float, size: int) -> tuple[np.ndarray, np.ndarray]:
    """Matrix ``[2, 2]`` and offset ``[2]`` from sketch to pixels, feet on the ground."""
    matrix = rotation(rng.uniform(-sketch.tilt, sketch.tilt))
    if chance(rng, 0.5):
        matrix = np.diag([-1.0, 1.0]) @ matrix
    low, high = sketch.bounds(matrix)
    span = _span(rng, sketch.stance) * size
    scale = span / max(high - low)
    wide, tall = (high - low) * scale
    center_x = size / 2 + rng.uniform(-0.5, 0.5) * max(size - wide, 0.08 * size)
    bottom = _bottom(sketch.stance, rng, horizon, tall / size) * size
    middle = np.array([center_x, bottom - tall / 2])
    return matrix * scale, middle - (low + high) / 2 * scale


def _bottom(stance: str, rng: Rng, horizon: float, tall: float) -> float:
    """Height of the object's lower edge, as a fraction of the picture."""
    if stance == "bust":
        return max(rng.uniform(1.02, 1.1), 1.0 + 0.25 * (tall - 1))
    if stance in ("ground", "water") and horizon < 1:
        lowest = max(horizon + 0.08, min(tall, 0.96))
        return rng.uniform(min(lowest, 0.98), 1.0)
    center = 0.5 + rng.uniform(-0.5, 0.5) * max(1 - tall, 0.12)
    return center + tall / 2


def add_object(scene: Scene, sketch: Sketch, rng: Rng) -> Image.Image:
    """The scene with the object, its shading and its shadow."""
    size = scene.image.width
    matrix, offset = place(sketch, rng, scene.horizon, size)
    layer = sketch.paint(size, matrix, offset)
    mask = Image.fromarray(np.where(np.asarray(layer.getchannel("A")) > 0, 255, 0).astype(np.uint8))
    picture = _cast_shadow(scene, sketch.stance, mask, rng)
    picture.paste(_shaded(layer, mask, scene.light, sketch.fuzz, rng), (0, 0), mask)
    return picture


def _cast_shadow(scene: Scene, stance: str, mask: Image.Image, rng: Rng) -> Image.Image:
    """The scene, darker beside the object (``close``) or on the ground beneath it."""
    picture, size = scene.image.copy(), scene.image.width
    strength = rng.uniform(0.2, 0.6)
    box = mask.getbbox()
    if stance == "air" or box is None:
        return picture
    left, _, right, bottom = box
    shadow = Image.new("L", (size, size))
    if stance in ("close", "bust"):
        dx, dy = int(-scene.light[0] * size * 0.05), int(size * 0.03)
        shadow.paste(255, (dx, dy), mask)
        strength *= 0.6
    else:
        half, tall = (right - left) * 0.5, max(size * 0.02, (right - left) * 0.07)
        middle = (left + right) / 2 - scene.light[0] * half * 0.5
        oval = (middle - half, bottom - tall, middle + half, bottom + tall)
        ImageDraw.Draw(shadow).ellipse(oval, fill=255)
    fading = [int(value * strength) for value in range(256)]
    shadow = shadow.filter(ImageFilter.BoxBlur(size * 0.02)).point(fading)
    picture.paste((16, 18, 30), (0, 0), shadow)
    return picture


def _shaded(
    layer: Image.Image, mask: Image.Image, light: tuple[float, float], fuzz: float, rng: Rng
) -> Image.Image:
    """Light from one side over a surface that bulges: the slope of the blurred depth decides."""
    size = layer.width
    fine = np.asarray(layer.getchannel("A").filter(ImageFilter.BoxBlur(size * 0.012)), dtype=np.float32)
    relief, outline = rng.uniform(0.5, 1.2), rng.uniform(0.1, 0.8)
    fx, fy = _gradient(fine * (size / 128))
    lit = _slope(fx, fy, light) * 0.012 + _bulge(mask, light)
    edge = np.clip((np.abs(fx) + np.abs(fy)) / 26 - 0.12, 0, 1)
    texture = rng.uniform(0.02, 0.12) * noise(rng, size, 24)
    texture += rng.uniform(0.0, 0.2) * noise(rng, size, 4)
    tone = (1 + relief * np.clip(lit, -0.4, 0.5)) * (1 - outline * edge) * (1 + fuzz * texture)
    colors = np.asarray(layer, dtype=np.float32)[..., :3] * tone[..., None]
    return Image.fromarray(np.clip(colors, 0, 255).astype(np.uint8))


def _gradient(field: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Change per pixel to the right and down."""
    dx, dy = np.zeros_like(field), np.zeros_like(field)
    dx[:, 1:-1] = (field[:, 2:] - field[:, :-2]) / 2
    dy[1:-1] = (field[2:] - field[:-2]) / 2
    return dx, dy


def _slope(dx: np.ndarray, dy: np.ndarray, light: tuple[float, float]) -> np.ndarray:
    return -(dx * light[0] + dy * light[1])


def _bulge(mask: Image.Image, light: tuple[float, float]) -> np.ndarray:
    """Light on the silhouette as if inflated; smooth, so that low resolution will do."""
    small = mask.resize((32, 32), Image.Resampling.BOX).filter(ImageFilter.GaussianBlur(1.6))
    dx, dy = _gradient(np.asarray(small, dtype=np.float32))
    lit = Image.fromarray(_slope(dx, dy, light) * 0.016)
    return np.asarray(lit.resize(mask.size, Image.Resampling.BICUBIC))


def develop(picture: Image.Image, rng: Rng, size: int) -> np.ndarray:
    """The photograph, uint8 ``[size, size, 3]``: focus, exposure, contrast, colour, noise."""
    focus, exposure, contrast = rng.uniform(0.0, 0.35), rng.normal(0, 12), rng.uniform(0.8, 1.2)
    balance, saturation = rng.normal(1, 0.05, 3), rng.uniform(0.65, 1.2)
    grain = rng.uniform(1.0, 5.0)
    if focus > 0.2:
        picture = picture.filter(ImageFilter.BoxBlur(picture.width / 32 * focus))
    pixels = np.asarray(picture.resize((size, size), Image.Resampling.BOX), dtype=np.float32)
    grey = pixels.mean(axis=2, keepdims=True)
    pixels = (grey + (pixels - grey) * saturation - 118) * contrast + 118 + exposure
    pixels = pixels * balance + rng.normal(0, grain, pixels.shape)
    return np.clip(np.round(pixels), 0, 255).astype(np.uint8)
