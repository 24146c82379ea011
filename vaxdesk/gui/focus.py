"""Where the focus goes when a page or a panel as a whole is asked to take it."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QWidget


class LeadsFocus:
    """Beside ``QWidget`` in a class: :meth:`setFocus` goes on to the part named with :meth:`setFocusProxy`.

    Qt's own focus proxy would take every part that stands before it out of the round of the Tab key.
    """

    _leads_to: QWidget | None = None

    def setFocusProxy(self, widget: QWidget | None) -> None:
        """Name the part that is worked in first."""
        self._leads_to = widget

    def focusProxy(self) -> QWidget | None:
        """The part that is worked in first."""
        return self._leads_to

    def setFocus(self, reason: Qt.FocusReason = Qt.FocusReason.OtherFocusReason) -> None:
        """Give the focus to that part, or to the widget itself where none is named."""
        if self._leads_to is not None:
            self._leads_to.setFocus(reason)
        else:
            super().setFocus(reason)  # type: ignore[misc]  # QWidget's, which stands beside this class
