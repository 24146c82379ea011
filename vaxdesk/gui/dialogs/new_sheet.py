"""The new recovery sheet after a re-keying: printed from memory and confirmed before the dialog closes."""

from __future__ import annotations

from PySide6.QtWidgets import QDialog, QWidget

from vaxdesk.gui import forms
from vaxdesk.gui.dialogs.recovery_sheet import RecoverySheetPanel
from vaxdesk.gui.widgets.buttons import KeyButton
from vaxdesk.i18n import _


class NewSheetDialog(QDialog):
    """Cannot be closed before two groups of the sheet were typed back: the old sheet opens nothing any more."""

    sheet_place: QWidget
    confirm: KeyButton

    def __init__(self, parent: QWidget, code: str, pdf: bytes) -> None:
        super().__init__(parent)
        forms.load(self, "dialogs/new_sheet.ui")
        self.setWindowTitle(_("The new recovery sheet"))
        self.panel = RecoverySheetPanel(self)
        self.sheet_place.layout().addWidget(self.panel)
        self.panel.show_code(code, pdf)
        self.confirm.clicked.connect(self._confirm)
        self.panel.setFocus()

    def _confirm(self) -> None:
        if self.panel.confirmed():
            self.panel.forget()
            self.accept()

    def reject(self) -> None:
        """Esc and the window's cross do nothing here."""
        self.panel.confirmed()
