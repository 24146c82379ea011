"""The screener decides otherwise than the rules: another outcome, with its reason."""

from __future__ import annotations

from PySide6.QtWidgets import QComboBox, QDialog, QLabel, QLineEdit, QWidget

from vaxdesk import i18n
from vaxdesk.domain.screening import ScreeningForm, ScreeningResult
from vaxdesk.gui import forms
from vaxdesk.gui.widgets.buttons import KeyButton
from vaxdesk.i18n import _


class DecideDialog(QDialog):
    """Outcome and reason; F12 takes them."""

    about: QLabel
    by_rules: QLabel
    outcome: QComboBox
    reason: QLineEdit
    missing: QLabel
    ok: KeyButton
    cancel: KeyButton

    def __init__(self, parent: QWidget, form: ScreeningForm, result: ScreeningResult, name: str, reason: str) -> None:
        super().__init__(parent)
        forms.load(self, "dialogs/decide.ui")
        language = i18n.language()
        self.about.setText(name)
        leading = result.leading
        self.by_rules.setText(
            _("By the rules: {outcome}").format(outcome=leading.label.text(language) if leading else "–")
        )
        for outcome in sorted(form.outcomes.values(), key=lambda item: item.gravity):
            self.outcome.addItem(outcome.label.text(language), outcome.code)
        self.reason.setText(reason)
        self.missing.hide()
        self.ok.clicked.connect(self._accept)
        self.cancel.clicked.connect(self.reject)

    def _accept(self) -> None:
        if not self.reason.text().strip():
            self.missing.setText(_("Write the reason first."))
            self.missing.show()
            self.reason.setFocus()
            return
        self.accept()


def decide(
    parent: QWidget, form: ScreeningForm, result: ScreeningResult, name: str, reason: str
) -> tuple[str, str] | None:
    """Outcome code and reason, or None when the user went back."""
    dialog = DecideDialog(parent, form, result, name, reason)
    if dialog.exec() != QDialog.DialogCode.Accepted:
        return None
    return str(dialog.outcome.currentData()), dialog.reason.text().strip()
