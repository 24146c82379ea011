"""Icons: Tabler outlines (``resources/icons``) drawn in a token colour."""

from __future__ import annotations

from functools import cache

from PySide6.QtCore import QByteArray, QRectF, QSize, Qt
from PySide6.QtGui import QIcon, QPainter, QPixmap
from PySide6.QtSvg import QSvgRenderer
from PySide6.QtWidgets import QApplication

from vaxdesk import assets
from vaxdesk.errors import BugError
from vaxdesk.gui import style


def _ratio() -> float:
    screen = QApplication.primaryScreen()
    return screen.devicePixelRatio() if screen else 1.0


@cache
def _source(name: str) -> str:
    path = assets.resource("icons", f"{name}.svg")
    if not path.is_file():
        raise BugError(f"no such icon: {name}")
    return path.read_text(encoding="utf-8")


@cache
def _drawn(name: str, rgb: str, size: int, ratio: float) -> QPixmap:
    renderer = QSvgRenderer(QByteArray(_source(name).replace("currentColor", rgb).encode()))
    pixmap = QPixmap(QSize(round(size * ratio), round(size * ratio)))
    pixmap.fill(Qt.GlobalColor.transparent)
    painter = QPainter(pixmap)
    renderer.render(painter, QRectF(pixmap.rect()))
    painter.end()
    pixmap.setDevicePixelRatio(ratio)
    return pixmap


def pixmap(name: str, color: str = "text", size: int = 18) -> QPixmap:
    """The icon in a token colour, ``size`` logical pixels square."""
    return _drawn(name, style.color(color).name(), size, _ratio())


def icon(name: str, color: str = "text", size: int = 18) -> QIcon:
    """The same as a ``QIcon``."""
    return QIcon(pixmap(name, color, size))


def logo(size: int = 22) -> QPixmap:
    """The program's sign: a white cross on a rounded square."""
    ratio = _ratio()
    made = QPixmap(QSize(round(size * ratio), round(size * ratio)))
    made.setDevicePixelRatio(ratio)
    made.fill(Qt.GlobalColor.transparent)
    painter = QPainter(made)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(style.color("logo"))
    painter.drawRoundedRect(QRectF(0, 0, size, size), size * 0.27, size * 0.27)
    painter.setBrush(style.color("on_rail"))
    arm, reach = size * 0.2, size * 0.6
    painter.drawRoundedRect(QRectF((size - reach) / 2, (size - arm) / 2, reach, arm), 1, 1)
    painter.drawRoundedRect(QRectF((size - arm) / 2, (size - reach) / 2, arm, reach), 1, 1)
    painter.end()
    return made
