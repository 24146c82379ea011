"""Where the files that ship with the program lie: inside the wheel, the bundle, or the checkout."""

from __future__ import annotations

from functools import cache
from pathlib import Path


@cache
def root() -> Path:
    """The folder that holds ``ui`` and ``resources``."""
    package = Path(__file__).resolve().parent
    installed = package / "_assets"
    return installed if installed.is_dir() else package.parent


def ui(name: str) -> Path:
    """The path of a form, for example ``pages/today.ui``."""
    return root() / "ui" / name


def resource(*parts: str) -> Path:
    """The path below ``resources``, for example ``resource("fonts", "x.ttf")``."""
    return root().joinpath("resources", *parts)
