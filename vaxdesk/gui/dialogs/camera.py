"""Reads one code with the camera on any page, in place of the scanner."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import Qt
from PySide6.QtGui import QKeySequence, QShortcut, QShowEvent
from PySide6.QtWidgets import QDialog, QVBoxLayout, QWidget

from vaxdesk.gui import forms
from vaxdesk.gui.widgets.camera_view import CameraView

if TYPE_CHECKING:
    from vaxdesk.devices.camera import CameraCode
    from vaxdesk.gui.desk import Desk

SIZE = (720, 560)


class CameraDialog(QDialog):
    """Closes with the first code; ``content`` holds its bytes then."""

    column: QVBoxLayout

    def __init__(self, parent: QWidget, desk: Desk) -> None:
        super().__init__(parent)
        self.content = b""
        forms.load(self, "dialogs/camera.ui")
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.camera = CameraView(desk, self)
        self.column.addWidget(self.camera, 1)
        self.camera.found.connect(self._take)
        self.camera.closed.connect(self.reject)
        self.camera.close_camera.setFocus()
        self._again = QShortcut(QKeySequence("F4"), self)
        self._again.activated.connect(self._open)
        self.resize(*SIZE)

    def showEvent(self, event: QShowEvent) -> None:
        """Seen: now the camera may be opened."""
        super().showEvent(event)
        if not event.spontaneous():
            self._open()

    def _open(self) -> None:
        if not self.camera.running:
            self.camera.open()

    def _take(self, codes: tuple[CameraCode, ...]) -> None:
        self.content = codes[0].content
        self.accept()
