"""F1: the keys of the page in front, read from its own buttons, and those that hold everywhere."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QObject, Qt
from PySide6.QtGui import QColor, QKeyEvent, QPainter, QPaintEvent
from PySide6.QtWidgets import QFrame, QGridLayout, QLabel, QVBoxLayout, QWidget

from vaxdesk.gui import style
from vaxdesk.gui.widgets.buttons import KeyButton, NavButton, key_words
from vaxdesk.i18n import N_, _

EVERYWHERE = (
    ("Ctrl+K", N_("Search for a person")),
    ("F4", N_("Read a code with the camera")),
    ("Enter", N_("Go to the next field; open the selected row")),
    ("Ctrl+1…9", N_("Change the page")),
    ("Ctrl+L", N_("Lock, or change the user")),
    ("Ctrl+Z", N_("Undo what was just done, for ten seconds")),
    ("F1", N_("Show or hide the keys")),
)


def keys_of(page: QWidget) -> list[tuple[str, str]]:
    """The keys and words of the visible buttons of a page, in their order on the page."""
    found: list[tuple[str, str]] = []
    for button in page.findChildren(KeyButton):
        words = button.key_words()
        if words and button.isVisibleTo(page) and not isinstance(button, NavButton):
            found.append((words, button.text() or button.toolTip()))
    return found


class KeyOverlay(QWidget):
    """Covers the window; Esc, F1 or a click puts it away."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self._back_to: QWidget | None = None
        self._card = QFrame(self)
        self._card.setProperty("card", "true")
        outer = QVBoxLayout(self)
        outer.addStretch(1)
        outer.addWidget(self._card, 0, Qt.AlignmentFlag.AlignHCenter)
        outer.addStretch(2)
        self._grid = QGridLayout(self._card)
        self._grid.setContentsMargins(32, 24, 32, 24)
        self._grid.setHorizontalSpacing(16)
        self._grid.setVerticalSpacing(8)
        parent.installEventFilter(self)
        self.hide()

    def toggle(self, page: QWidget) -> None:
        """Show the keys of ``page``, or put the overlay away."""
        if self.isVisible():
            self.put_away()
            return
        self._fill(page)
        parent = self.parentWidget()
        if parent is not None:
            self._back_to = parent.window().focusWidget()
            self.setGeometry(parent.rect())
        self.show()
        self.raise_()
        self.setFocus()

    def put_away(self) -> None:
        """Hide and give the focus back."""
        self.hide()
        if self._back_to is not None:
            self._back_to.setFocus()
            self._back_to = None

    def _fill(self, page: QWidget) -> None:
        while (item := self._grid.takeAt(0)) is not None:
            widget = item.widget()
            if widget is not None:
                widget.hide()
                widget.deleteLater()
        row = self._section(0, _("Keys of this page"), keys_of(page))
        self._section(row, _("Everywhere"), [(key_words(keys), _(words)) for keys, words in EVERYWHERE])

    def _section(self, row: int, title: str, keys: list[tuple[str, str]]) -> int:
        if not keys:
            return row
        head = QLabel(title, self._card)
        head.setProperty("type", "head")
        self._grid.addWidget(head, row, 0, 1, 2)
        for words, text in keys:
            row += 1
            cap = QLabel(words, self._card)
            cap.setProperty("keycap", "true")
            self._grid.addWidget(cap, row, 0, Qt.AlignmentFlag.AlignRight)
            self._grid.addWidget(QLabel(text, self._card), row, 1)
        return row + 1

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Esc puts the overlay away; other keys do nothing here."""
        if event.key() == Qt.Key.Key_Escape:
            self.put_away()

    def mousePressEvent(self, event: QEvent) -> None:
        """A click puts it away."""
        self.put_away()

    def paintEvent(self, event: QPaintEvent) -> None:
        """A veil over the window."""
        veil = QColor(style.color("shade"))
        veil.setAlpha(140)
        painter = QPainter(self)
        painter.fillRect(self.rect(), veil)
        painter.end()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Cover the parent whatever its size."""
        if event.type() == QEvent.Type.Resize and self.isVisible():
            parent = self.parentWidget()
            if parent is not None:
                self.setGeometry(parent.rect())
        return False
