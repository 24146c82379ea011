"""What the window shows while the practice station is made: nothing is asked."""

from __future__ import annotations

from PySide6.QtWidgets import QLabel, QProgressBar, QWidget

from vaxdesk.gui import forms


class PreparingPage(QWidget):
    """A sentence and a bar."""

    words: QLabel
    bar: QProgressBar

    def __init__(self) -> None:
        super().__init__()
        forms.load(self, "dialogs/preparing.ui")

    def show_progress(self, done: int, total: int) -> None:
        """How far it is."""
        self.bar.setRange(0, total)
        self.bar.setValue(done)
