"""Buttons that show their key: the main act of a page, the entries of the rail."""

from __future__ import annotations

from PySide6.QtCore import Property, QRect, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QFont, QFontMetrics, QIcon, QKeySequence, QPainter, QPaintEvent, QPen, QShortcut
from PySide6.QtWidgets import QPushButton, QStyle, QStyleOptionButton, QStylePainter, QWidget

from vaxdesk.gui import icons, style

GAP = 8
CAP_PADDING = 6
CAP_HEIGHT = 18


def key_words(keys: str) -> str:
    """A key sequence as it stands on a key cap: ``Ctrl+K`` is ``Ctrl K``."""
    return keys.replace("+", " ").replace("Return", "Enter")


def draw_cap(painter: QPainter, box: QRect, words: str, line: QColor, text: QColor) -> None:
    """A key cap: a rounded outline with the key's name."""
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.setPen(QPen(line, 1))
    painter.setBrush(Qt.BrushStyle.NoBrush)
    painter.drawRoundedRect(QRectF(box).adjusted(0.5, 0.5, -0.5, -0.5), 4, 4)
    painter.setPen(text)
    painter.setFont(cap_font())
    painter.drawText(box, Qt.AlignmentFlag.AlignCenter, words)


def cap_font() -> QFont:
    """The font of key caps."""
    made = style.font("caption", QFont.Weight.Medium)
    made.setPixelSize(11)
    return made


def cap_width(words: str) -> int:
    """How wide the cap for ``words`` is."""
    return QFontMetrics(cap_font()).horizontalAdvance(words) + 2 * CAP_PADDING


class KeyButton(QPushButton):
    """A push button with its key on it; the key works wherever the focus is in the same window."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._shortcut: QShortcut | None = None
        self._icon_name = ""
        self._cap = ""
        self.setAutoDefault(False)

    def _get_keys(self) -> str:
        return self._shortcut.key().toString(QKeySequence.SequenceFormat.PortableText) if self._shortcut else ""

    def _set_keys(self, keys: str) -> None:
        if self._shortcut is None:
            self._shortcut = QShortcut(self)
            self._shortcut.setAutoRepeat(False)
            self._shortcut.activated.connect(self._pressed_by_key)
        self._shortcut.setKey(QKeySequence(keys))
        self.updateGeometry()

    keys = Property(str, _get_keys, _set_keys)

    def _get_cap(self) -> str:
        return self._cap

    def _set_cap(self, words: str) -> None:
        self._cap = words
        self.updateGeometry()

    #: A key that is shown but handled elsewhere, for example Enter in the field before the button.
    cap = Property(str, _get_cap, _set_cap)

    def _get_icon_name(self) -> str:
        return self._icon_name

    def _set_icon_name(self, name: str) -> None:
        self._icon_name = name
        self.updateGeometry()
        self.update()

    iconName = Property(str, _get_icon_name, _set_icon_name)

    def key_sequence(self) -> QKeySequence:
        """The key itself; empty when the button has none."""
        return self._shortcut.key() if self._shortcut else QKeySequence()

    def key_words(self) -> str:
        """The key as it stands on the cap, or nothing."""
        return self._cap or key_words(self._get_keys())

    def _pressed_by_key(self) -> None:
        self.click()

    def _colors(self) -> tuple[QColor, QColor, QColor]:
        """Text, line of the cap, text of the cap."""
        if not self.isEnabled():
            return style.color("disabled"), style.color("line"), style.color("disabled")
        variant = self.property("variant")
        if variant == "toast":
            return style.color("on_rail"), style.color("key_on_accent"), style.color("on_rail")
        if variant == "main":
            return style.color("on_accent"), style.color("key_on_accent"), style.color("on_accent")
        if variant == "danger":
            return style.color("bad"), style.color("control"), style.color("muted")
        if variant == "quiet":
            return style.color("accent"), style.color("control"), style.color("muted")
        return style.color("text"), style.color("control"), style.color("muted")

    def _padding(self) -> int:
        return {"quiet": 8, "small": 12, "toast": 12}.get(str(self.property("variant")), 17)

    def sizeHint(self) -> QSize:
        """Room for icon, text and cap."""
        self.ensurePolished()
        width = self.fontMetrics().horizontalAdvance(self.text()) + 2 * self._padding()
        if self._icon_name:
            width += 18 + GAP
        if self.key_words():
            width += GAP + cap_width(self.key_words())
        height = 30 if self.property("variant") in ("small", "toast") else style.size("button_height")
        return QSize(width + 2, height)

    def minimumSizeHint(self) -> QSize:
        """The same: a button's words are never cut."""
        return self.sizeHint()

    def paintEvent(self, event: QPaintEvent) -> None:
        """Let the style draw the ground, then draw icon, text and cap."""
        painter = QStylePainter(self)
        option = QStyleOptionButton()
        self.initStyleOption(option)
        option.text = ""
        option.icon = QIcon()
        painter.drawControl(QStyle.ControlElement.CE_PushButton, option)
        text, line, cap_text = self._colors()
        words = self.key_words()
        inner = self.rect().adjusted(self._padding(), 0, -self._padding(), 0)
        used = self.fontMetrics().horizontalAdvance(self.text())
        total = used + (18 + GAP if self._icon_name else 0) + (GAP + cap_width(words) if words else 0)
        x = inner.left() + max(0, (inner.width() - total) // 2)
        if self._icon_name:
            painter.drawPixmap(x, (self.height() - 18) // 2, icons.pixmap(self._icon_name, self._icon_token()))
            x += 18 + GAP
        painter.setPen(text)
        painter.drawText(QRect(x, 0, used + 4, self.height()), Qt.AlignmentFlag.AlignVCenter, self.text())
        if words:
            cap = QRect(x + used + GAP, (self.height() - CAP_HEIGHT) // 2, cap_width(words), CAP_HEIGHT)
            draw_cap(painter, cap, words, line, cap_text)
        if self.hasFocus() and self.property("variant") == "main":
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            painter.setPen(QPen(style.color("on_accent"), 2))
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.drawRoundedRect(QRectF(self.rect()).adjusted(3, 3, -3, -3), 4, 4)
        painter.end()

    def _icon_token(self) -> str:
        if not self.isEnabled():
            return "disabled"
        return {"main": "on_accent", "danger": "bad", "quiet": "accent"}.get(str(self.property("variant")), "text")


class NavButton(KeyButton):
    """An entry of the rail: icon, words, and the key at the right edge."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setCheckable(True)
        self.setAutoExclusive(True)
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)

    def sizeHint(self) -> QSize:
        """36 pixels high, as wide as its parts."""
        self.ensurePolished()
        return QSize(10 + 18 + 10 + self.fontMetrics().horizontalAdvance(self.text()) + 8 + 44, 36)

    def paintEvent(self, event: QPaintEvent) -> None:
        """Let the style draw the ground, then icon, words and key."""
        painter = QStylePainter(self)
        option = QStyleOptionButton()
        self.initStyleOption(option)
        option.text = ""
        option.icon = QIcon()
        painter.drawControl(QStyle.ControlElement.CE_PushButton, option)
        text = "on_rail" if self.isChecked() else "rail_text"
        if not self.isEnabled():
            text = "rail_muted"
        if self._icon_name:
            painter.drawPixmap(10, (self.height() - 18) // 2, icons.pixmap(self._icon_name, text))
        painter.setPen(style.color(text))
        inner = self.rect().adjusted(38, 0, -10, 0)
        painter.drawText(inner, Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignLeft, self.text())
        painter.setPen(style.color("rail_muted"))
        painter.setFont(cap_font())
        painter.drawText(inner, Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignRight, self.key_words())
        painter.end()


class NavTool(KeyButton):
    """A small button of the rail: its icon alone; what it does stands in its tool tip and accessible name."""

    def sizeHint(self) -> QSize:
        """32 pixels square."""
        return QSize(32, 32)

    def paintEvent(self, event: QPaintEvent) -> None:
        """Let the style draw the ground, then the icon."""
        painter = QStylePainter(self)
        option = QStyleOptionButton()
        self.initStyleOption(option)
        option.text = ""
        option.icon = QIcon()
        painter.drawControl(QStyle.ControlElement.CE_PushButton, option)
        if self._icon_name:
            corner = ((self.width() - 18) // 2, (self.height() - 18) // 2)
            painter.drawPixmap(*corner, icons.pixmap(self._icon_name, "rail_text"))
        painter.end()
