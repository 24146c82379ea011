"""Films for the camera's tests: a code held in front of a camera, written as a real video file."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import cv2
import numpy as np

from vaxdesk.documents import qr

Grey = np.ndarray[Any, np.dtype[np.uint8]]
SIZE = (1280, 720)


def held(
    text: str,
    *,
    side: int = 404,
    angle: float = 5.0,
    shift: int = 0,
    blur: float = 0.6,
    light: float = 1.0,
    noise: float = 3.0,
    seed: int = 1,
) -> Grey:
    """One grey picture: the code on white paper before a grey wall, turned, out of focus, in uneven light."""
    modules = np.where(np.pad(qr.matrix(text).array, 4), 0, 255).astype(np.uint8)
    large = cv2.resize(modules, (side * 2, side * 2), interpolation=cv2.INTER_NEAREST)
    code = np.minimum(cv2.resize(large, (side, side), interpolation=cv2.INTER_AREA), 235)
    picture = np.full((SIZE[1], SIZE[0]), 170, np.uint8)
    top, left = 150 + shift // 2, 420 + shift
    picture[top - 20 : top + side + 20, left - 20 : left + side + 20] = 235
    picture[top : top + side, left : left + side] = code
    turn = cv2.getRotationMatrix2D((left + side / 2, top + side / 2), angle, 1)
    picture = cv2.GaussianBlur(cv2.warpAffine(picture, turn, SIZE, borderValue=150), (0, 0), blur)
    shade = np.linspace(0.75, 1.0, SIZE[0])[None]
    grain = np.random.default_rng(seed).normal(0, noise, picture.shape)
    return (picture * light * shade + grain).clip(0, 255).astype(np.uint8)


def wall(level: int = 140) -> Grey:
    """A picture without a code."""
    grain = np.random.default_rng(level).normal(0, 2, (SIZE[1], SIZE[0]))
    return (np.full((SIZE[1], SIZE[0]), level) + grain).clip(0, 255).astype(np.uint8)


def moving(text: str, pictures: int, **how: Any) -> Iterator[Grey]:
    """The code comes closer to its place with each picture."""
    for number in range(pictures):
        yield held(text, shift=number * 8, angle=5 + number, seed=number, **how)


def film(path: Path, pictures: Iterator[Grey] | list[Grey]) -> Path:
    """Write the pictures as a video file, as a camera compresses them."""
    writer = cv2.VideoWriter(str(path), cv2.VideoWriter.fourcc(*"MJPG"), 12, SIZE)
    assert writer.isOpened()
    for picture in pictures:
        writer.write(cv2.cvtColor(picture, cv2.COLOR_GRAY2BGR))
    writer.release()
    return path
