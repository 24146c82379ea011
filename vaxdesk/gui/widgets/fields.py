"""Fields of our own: the search box of the top bar, the passphrase field."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QPoint, QRect, QSize, Qt, Signal
from PySide6.QtGui import QKeyEvent, QKeySequence, QPainter, QPaintEvent, QResizeEvent, QShortcut
from PySide6.QtWidgets import QLineEdit, QSizePolicy, QToolButton, QWidget

from vaxdesk.gui import icons, style
from vaxdesk.gui.widgets.buttons import CAP_HEIGHT, cap_width, draw_cap, key_words
from vaxdesk.i18n import _

#: Room for the icon at the left of a field, and for the eye at the right.
ICON_ROOM = 24
EYE = 28


class SearchBox(QLineEdit):
    """One box that finds a person by any piece of data. Ctrl+K comes here, Esc empties it, Down goes to the results."""

    opened = Signal(str)
    go_down = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._keys = "Ctrl+K"
        self.setProperty("enterOpens", True)
        self.setTextMargins(ICON_ROOM, 0, cap_width(key_words(self._keys)) + 8, 0)
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Fixed)
        self._shortcut = QShortcut(QKeySequence(self._keys), self)
        self._shortcut.activated.connect(self.come_here)
        self.returnPressed.connect(self._open)

    def sizeHint(self) -> QSize:
        """470 pixels wide where there is room."""
        return QSize(470, super().sizeHint().height())

    def come_here(self) -> None:
        """Take the focus with the whole text selected."""
        self.setFocus(Qt.FocusReason.ShortcutFocusReason)
        self.selectAll()

    def _open(self) -> None:
        self.opened.emit(self.text())

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Esc empties, Down leaves for the results."""
        if event.key() == Qt.Key.Key_Escape and self.text():
            self.clear()
            self.textEdited.emit("")
        elif event.key() == Qt.Key.Key_Down:
            self.go_down.emit()
        else:
            super().keyPressEvent(event)

    def paintEvent(self, event: QPaintEvent) -> None:
        """The field with its icon, and its key at the right edge while it is empty."""
        super().paintEvent(event)
        painter = QPainter(self)
        painter.drawPixmap(12, (self.height() - 16) // 2, icons.pixmap("search", "muted", 16))
        if self.text():
            painter.end()
            return
        words = key_words(self._keys)
        width = cap_width(words)
        corner = QPoint(self.width() - width - 12, (self.height() - CAP_HEIGHT) // 2)
        cap = QRect(corner.x(), corner.y(), width, CAP_HEIGHT)
        painter.fillRect(cap.adjusted(-6, 0, 6, 0), style.color("surface_soft"))
        draw_cap(painter, cap, words, style.color("control"), style.color("muted"))
        painter.end()


class PassphraseEdit(QLineEdit):
    """A hidden text with an eye to look at it; never completed, never learned by an input method."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setEchoMode(QLineEdit.EchoMode.Password)
        self.setInputMethodHints(
            Qt.InputMethodHint.ImhHiddenText
            | Qt.InputMethodHint.ImhSensitiveData
            | Qt.InputMethodHint.ImhNoPredictiveText
            | Qt.InputMethodHint.ImhNoAutoUppercase
        )
        self._eye = QToolButton(self)
        self._eye.setObjectName("eye")
        self._eye.setIcon(icons.icon("eye", "muted", 16))
        self._eye.setCheckable(True)
        self._eye.setFixedSize(EYE, EYE)
        self._eye.setCursor(Qt.CursorShape.ArrowCursor)
        self._eye.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.setTextMargins(0, 0, EYE, 0)
        self._eye.toggled.connect(self.show_plainly)
        self._translate()

    def show_plainly(self, plainly: bool) -> None:
        """Show or hide the text."""
        self.setEchoMode(QLineEdit.EchoMode.Normal if plainly else QLineEdit.EchoMode.Password)
        self._eye.setIcon(icons.icon("eye-off" if plainly else "eye", "muted", 16))
        self._translate()

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Keep the eye at the right edge."""
        super().resizeEvent(event)
        self._eye.move(self.width() - EYE - 4, (self.height() - EYE) // 2)

    def _translate(self) -> None:
        words = _("Hide what was typed") if self._eye.isChecked() else _("Show what was typed")
        self._eye.setToolTip(words)
        self._eye.setAccessibleName(words)

    def changeEvent(self, event: QEvent) -> None:
        """Follow the language."""
        if event.type() == QEvent.Type.LanguageChange and hasattr(self, "_eye"):
            self._translate()
        super().changeEvent(event)
