"""The look of the window: tokens from ``resources/style/tokens.toml``, one style sheet made from them."""

from __future__ import annotations

import re
import tomllib
from dataclasses import dataclass
from functools import cache

from PySide6.QtCore import QDir
from PySide6.QtGui import QColor, QFont, QFontDatabase, QPalette
from PySide6.QtWidgets import QApplication, QProxyStyle, QStyle, QStyleHintReturn, QStyleOption, QWidget

from vaxdesk import assets
from vaxdesk.errors import BugError

_PLACEHOLDER = re.compile(r"@([a-z_]+)")
_practice = False


@dataclass(frozen=True)
class Tokens:
    """Colours, sizes and fonts of one palette."""

    colors: dict[str, str]
    sizes: dict[str, int]
    family: str
    font_files: tuple[str, ...]
    contrast_pairs: tuple[tuple[str, str, float], ...]


@cache
def tokens(practice: bool = False) -> Tokens:
    """The tokens of the everyday or of the practice palette."""
    with assets.resource("style", "tokens.toml").open("rb") as file:
        data = tomllib.load(file)
    colors = dict(data["color"])
    if practice:
        colors.update(data["practice"])
    return Tokens(
        colors=colors,
        sizes=data["size"],
        family=data["font"]["family"],
        font_files=tuple(data["font"]["files"]),
        contrast_pairs=tuple((a, b, float(least)) for a, b, least in data["contrast"]["pairs"]),
    )


def stylesheet(practice: bool = False) -> str:
    """The style sheet with every ``@name`` replaced by its token."""
    palette = tokens(practice)

    def value(match: re.Match[str]) -> str:
        name = match.group(1)
        if name in palette.colors:
            return palette.colors[name]
        if name in palette.sizes:
            return f"{palette.sizes[name]}px"
        raise BugError(f"the style sheet names an unknown token: {name}")

    template = assets.resource("style", "vaxdesk.qss").read_text(encoding="utf-8")
    return _PLACEHOLDER.sub(value, template)


def practice() -> bool:
    """Whether the practice palette is in use."""
    return _practice


def color(name: str) -> QColor:
    """A token colour of the palette in use."""
    return QColor(tokens(_practice).colors[name])


def size(name: str) -> int:
    """A token size in pixels."""
    return tokens(_practice).sizes[name]


def font(size_name: str = "body", weight: QFont.Weight = QFont.Weight.Normal) -> QFont:
    """The program's font in a token size."""
    made = QFont(tokens().family)
    made.setPixelSize(size(size_name))
    made.setWeight(weight)
    return made


class _Style(QProxyStyle):
    """Fusion without the platform's own icons on the buttons of message boxes."""

    def styleHint(
        self,
        hint: QStyle.StyleHint,
        option: QStyleOption | None = None,
        widget: QWidget | None = None,
        data: QStyleHintReturn | None = None,
    ) -> int:
        if hint == QStyle.StyleHint.SH_DialogButtonBox_ButtonsHaveIcons:
            return 0
        return super().styleHint(hint, option, widget, data)


def apply(application: QApplication, practice: bool = False) -> None:
    """Load the fonts, set palette, font and style sheet of the whole program."""
    global _practice
    _practice = practice
    for name in tokens().font_files:
        if QFontDatabase.addApplicationFont(str(assets.resource("fonts", name))) < 0:
            raise BugError(f"a font of the program cannot be read: {name}")
    QDir.setSearchPaths("style", [str(assets.resource("style"))])
    application.setStyle(_Style("Fusion"))
    application.setFont(font())
    application.setPalette(_palette())
    application.setStyleSheet(stylesheet(practice))


def _palette() -> QPalette:
    palette = QPalette()
    roles = {
        QPalette.ColorRole.Window: "ground",
        QPalette.ColorRole.Base: "surface",
        QPalette.ColorRole.AlternateBase: "surface_soft",
        QPalette.ColorRole.WindowText: "text",
        QPalette.ColorRole.Text: "text",
        QPalette.ColorRole.ButtonText: "text",
        QPalette.ColorRole.Button: "surface",
        QPalette.ColorRole.PlaceholderText: "placeholder",
        QPalette.ColorRole.Highlight: "accent",
        QPalette.ColorRole.HighlightedText: "on_accent",
        QPalette.ColorRole.Link: "accent",
        QPalette.ColorRole.ToolTipBase: "text",
        QPalette.ColorRole.ToolTipText: "surface",
    }
    for role, name in roles.items():
        palette.setColor(role, color(name))
    for role in (QPalette.ColorRole.WindowText, QPalette.ColorRole.Text, QPalette.ColorRole.ButtonText):
        palette.setColor(QPalette.ColorGroup.Disabled, role, color("disabled"))
    return palette


def mark(widget: QWidget, name: str, value: object) -> None:
    """Set a property that the style sheet looks at, and have the widget drawn anew."""
    if widget.property(name) == value:
        return
    widget.setProperty(name, value)
    widget.style().unpolish(widget)
    widget.style().polish(widget)
    widget.update()


def contrast(first: str, second: str) -> float:
    """The WCAG 2.2 contrast ratio of two colours written ``#RRGGBB``."""
    lighter, darker = sorted((_luminance(first), _luminance(second)), reverse=True)
    return (lighter + 0.05) / (darker + 0.05)


def _luminance(hex_color: str) -> float:
    channels = [int(hex_color[start : start + 2], 16) / 255 for start in (1, 3, 5)]
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]
