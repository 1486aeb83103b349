"""One picture: an object placed into its scene, shaded, with its shadow, seen through a camera."""

from __future__ import annotations

import numpy as np
from PIL import Image, ImageDraw, ImageFilter

from course_utils.drawing.colors import chance, rgb
from course_utils.drawing.scenes import Scene, noise
from course_utils.drawing.sketch import Sketch, rotation

Rng = np.random.Generator


def _span(rng: Rng, stance: str) -> float:
    """Largest extent of the object as a fraction of the picture."""
    low, high = {"close": (0.75, 1.15), "bust": (0.9, 1.25), "air": (0.72, 1.1),
                 "water": (0.75, 1.1), "ground": (0.75, 1.1)}[stance]
    return rng.uniform(low, high)


def place(sketch: Sketch, rng: Rng, horizon: float, size: int) -> tuple[np.ndarray, np.ndarray]:
    """Matrix ``[2, 2]`` and offset ``[2]`` that take the sketch to pixels: feet on the ground, hull in the water."""
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
    picture = _cast_shadow(scene, sketch.stance, layer, rng)
    mask = layer.getchannel("A").point([0] + [255] * 255)
    picture.paste(_shaded(layer, mask, scene.light, sketch.fuzz, rng), (0, 0), mask)
    return picture


def _cast_shadow(scene: Scene, stance: str, layer: Image.Image, rng: Rng) -> Image.Image:
    picture, size = scene.image.copy(), scene.image.width
    strength = rng.uniform(0.2, 0.6)
    box = layer.getbbox()
    if stance == "air" or box is None:
        return picture
    left, _, right, bottom = box
    shadow = Image.new("L", (size, size))
    if stance in ("close", "bust"):
        dx, dy = int(-scene.light[0] * size * 0.05), int(size * 0.03)
        shadow.paste(255, (dx, dy), layer.getchannel("A").point([0] + [255] * 255))
        strength *= 0.6
    else:
        shift, tall = -scene.light[0] * (right - left) * 0.25, max(size * 0.02,
                                                                   (right - left) * 0.07)
        middle, half = (left + right) / 2 + shift, (right - left) * 0.5
        ImageDraw.Draw(shadow).ellipse((middle - half, bottom - tall, middle + half, bottom + tall),
                                       fill=255)
    shadow = shadow.filter(ImageFilter.BoxBlur(size * 0.02)).point([int(v * strength)
                                                                    for v in range(256)])
    picture.paste((16, 18, 30), (0, 0), shadow)
    return picture


def _shaded(layer: Image.Image, mask: Image.Image, light: tuple[float, float], fuzz: float,
            rng: Rng) -> Image.Image:
    """Light from one side over a surface that bulges: the slope of the blurred depth decides."""
    size = layer.width
    fine = np.asarray(layer.getchannel("A").filter(ImageFilter.BoxBlur(size * 0.012)),
                      dtype=np.float32)
    relief, outline = rng.uniform(0.5, 1.2), rng.uniform(0.1, 0.8)
    fy, fx = np.gradient(fine * (size / 128))
    lit = _slope(fx, fy, light) * 0.012 + _bulge(mask, light)
    edge = np.clip((np.abs(fx) + np.abs(fy)) / 26 - 0.12, 0, 1)
    texture = rng.uniform(0.02, 0.12) * noise(rng, size,
                                              24) + rng.uniform(0.0, 0.2) * noise(rng, size, 4)
    tone = (1 + relief * np.clip(lit, -0.4, 0.5)) * (1 - outline * edge) * (1 + fuzz * texture)
    colors = np.asarray(layer, dtype=np.float32)[..., :3] * tone[..., None]
    return Image.fromarray(np.clip(colors, 0, 255).astype(np.uint8))


def _slope(dx: np.ndarray, dy: np.ndarray, light: tuple[float, float]) -> np.ndarray:
    return -(dx * light[0] + dy * light[1])


def _bulge(mask: Image.Image, light: tuple[float, float]) -> np.ndarray:
    """Light on the silhouette as if it were inflated; smooth, so an eighth of the resolution will do."""
    small = mask.resize((32, 32), Image.Resampling.BOX).filter(ImageFilter.GaussianBlur(1.6))
    dy, dx = np.gradient(np.asarray(small, dtype=np.float32))
    lit = Image.fromarray(_slope(dx, dy, light) * 0.016)
    return np.asarray(lit.resize(mask.size, Image.Resampling.BICUBIC))


def add_front(picture: Image.Image, front: Sketch) -> None:
    """Paint what stands before the object."""
    draw = ImageDraw.Draw(picture)
    for points, fill, _, _ in front.shapes:
        draw.polygon(np.round(points * picture.width, 2).ravel().tolist(), fill=rgb(fill))


def develop(picture: Image.Image, rng: Rng, size: int) -> np.ndarray:
    """The photograph, uint8 ``[size, size, 3]``: focus, exposure, contrast, white balance, noise."""
    focus, exposure, contrast = rng.uniform(0.0, 0.35), rng.normal(0, 12), rng.uniform(0.8, 1.2)
    balance, saturation = rng.normal(1, 0.05, 3), rng.uniform(0.65, 1.2)
    grain = rng.uniform(1.0, 5.0)
    if focus > 0.2:
        picture = picture.filter(ImageFilter.GaussianBlur(picture.width / 32 * focus))
    pixels = np.asarray(picture.resize((size, size), Image.Resampling.BOX), dtype=np.float32)
    grey = pixels.mean(axis=2, keepdims=True)
    pixels = (grey + (pixels - grey) * saturation - 118) * contrast + 118 + exposure
    pixels = pixels * balance + rng.normal(0, grain, pixels.shape)
    return np.clip(np.round(pixels), 0, 255).astype(np.uint8)
