"""A printer, a photocopier and a telephone's camera, simulated: what a code must survive between two screens.

The figures of the camera follow published trials of this project: rotation, perspective, blur, noise, uneven light
and JPEG grow from light over medium to hard. Every picture is made from the PDF that would be printed.
"""

from __future__ import annotations

import io
from dataclasses import dataclass

import numpy as np
import pypdfium2
from numpy.typing import NDArray
from PIL import Image, ImageFilter

#: Printer's dots an inch.
DPI = 300
Picture = NDArray[np.uint8]


@dataclass(frozen=True)
class Camera:
    """One level of distortion. ``rotation`` in degrees, ``blur`` in pixels, ``noise`` as sigma of 255 grey levels,
    ``light`` as the fall of brightness across the picture, ``tilt`` as the share by which one side shrinks."""

    rotation: float
    tilt: float
    blur: tuple[float, float]
    noise: float
    light: float
    quality: int


CAMERAS = {
    "light": Camera(4, 0.02, (0.4, 0.7), 6, 0.15, 80),
    "medium": Camera(12, 0.05, (0.7, 1.1), 12, 0.30, 60),
    "hard": Camera(25, 0.09, (1.1, 1.6), 18, 0.45, 45),
}
_BAYER = np.array(
    [
        [0, 32, 8, 40, 2, 34, 10, 42],
        [48, 16, 56, 24, 50, 18, 58, 26],
        [12, 44, 4, 36, 14, 46, 6, 38],
        [60, 28, 52, 20, 62, 30, 54, 22],
        [3, 35, 11, 43, 1, 33, 9, 41],
        [51, 19, 59, 27, 49, 17, 57, 25],
        [15, 47, 7, 39, 13, 45, 5, 37],
        [63, 31, 55, 23, 61, 29, 53, 21],
    ]
)


def printed(pdf: bytes, box: tuple[float, float, float, float]) -> Image.Image:
    """The first page at the printer's dots, cut to ``box`` (left, top, right, bottom in millimetres)."""
    with pypdfium2.PdfDocument(pdf) as document:
        page = document[0].render(scale=DPI / 72).to_pil().convert("RGB")
    return page.crop(tuple(round(edge / 25.4 * DPI) for edge in box))  # type: ignore[arg-type]  # four numbers


def dots(picture: Image.Image, rng: np.random.Generator) -> Image.Image:
    """A colour printer: ink spreads by half a dot, and paper is not quite white."""
    spread = np.asarray(picture.filter(ImageFilter.GaussianBlur(0.55)), dtype=np.float32)
    paper = 245 + rng.normal(0, 2, spread.shape[:2])[..., None]
    return _image(spread / 255 * paper)


def black_and_white(picture: Image.Image, rng: np.random.Generator) -> Image.Image:
    """A black-and-white laser printer: ordered dither of one bit, then the spread of toner."""
    grey = np.asarray(picture.convert("L"), dtype=np.float32)
    high, wide = grey.shape
    limits = (np.tile(_BAYER, (high // 8 + 1, wide // 8 + 1))[:high, :wide] + 0.5) * 4
    return dots(_image(np.where(grey > limits, 255.0, 0.0)).convert("RGB"), rng)


def photocopied(picture: Image.Image, rng: np.random.Generator) -> Image.Image:
    """A copy of a print: a scanner's blur, hard contrast, specks of toner and lost dots, a slight turn."""
    copied = dots(picture, rng).convert("L").rotate(rng.uniform(-1.5, 1.5), Image.Resampling.BICUBIC, fillcolor=245)
    blurred = np.asarray(copied.filter(ImageFilter.GaussianBlur(0.9)), dtype=np.float32)
    contrast = 255 / (1 + np.exp(-(blurred - 130) / 14))
    contrast[rng.random(contrast.shape) < 0.0008] = 0
    contrast[rng.random(contrast.shape) < 0.0008] = 255
    return dots(_image(contrast).convert("RGB"), rng)


PRINTERS = {"colour": dots, "black and white": black_and_white, "photocopy": photocopied}


def photographed(picture: Image.Image, camera: Camera, rng: np.random.Generator) -> Picture:
    """One shot, in grey as readers take it, at 1.45 to 1.7 camera pixels a printer's dot."""
    scale = rng.uniform(1.45, 1.7)
    margin = 60
    wide, high = (round(side * scale) for side in picture.size)
    table = Image.new("L", (wide + 2 * margin, high + 2 * margin), 187)
    table.paste(picture.convert("L").resize((wide, high), Image.Resampling.BICUBIC), (margin, margin))
    turned = table.rotate(
        rng.uniform(-camera.rotation, camera.rotation), Image.Resampling.BICUBIC, expand=True, fillcolor=187
    )
    seen = _tilted(turned, camera.tilt, rng).filter(ImageFilter.GaussianBlur(rng.uniform(*camera.blur)))
    values = np.asarray(seen, dtype=np.float32)
    values = values * _light(values.shape, camera.light, rng)
    values = values + rng.normal(0, camera.noise, values.shape)
    buffer = io.BytesIO()
    _image(values).save(buffer, "JPEG", quality=camera.quality)
    return np.asarray(Image.open(buffer))


def _tilted(picture: Image.Image, tilt: float, rng: np.random.Generator) -> Image.Image:
    wide, high = picture.size
    cut = rng.uniform(0, tilt, 8) * np.array([wide, high] * 4) * np.array([1, 1, 1, -1, -1, -1, -1, 1])
    corners = np.array([0, 0, 0, high, wide, high, wide, 0]) + cut
    return picture.transform(picture.size, Image.Transform.QUAD, tuple(corners), Image.Resampling.BICUBIC)


def _light(shape: tuple[int, ...], fall: float, rng: np.random.Generator) -> NDArray[np.float32]:
    rows, columns = np.mgrid[0 : shape[0], 0 : shape[1]]
    angle = rng.uniform(0, 2 * np.pi)
    ramp = np.cos(angle) * columns / shape[1] + np.sin(angle) * rows / shape[0]
    ramp = (ramp - ramp.min()) / (ramp.max() - ramp.min())
    return np.asarray(1 - fall * ramp, dtype=np.float32)


def _image(values: NDArray[np.floating]) -> Image.Image:
    return Image.fromarray(np.clip(values, 0, 255).astype(np.uint8))
