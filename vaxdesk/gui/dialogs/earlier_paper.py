"""Notes a paper certificate of another issuer that the person brought."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from PySide6.QtWidgets import QDialog, QLabel, QLineEdit, QSpinBox, QWidget

from vaxdesk.errors import FieldError, KnownError
from vaxdesk.gui import forms
from vaxdesk.gui.form_fields import FormField, FormFields
from vaxdesk.gui.widgets.buttons import KeyButton
from vaxdesk.gui.widgets.states import ErrorState
from vaxdesk.i18n import N_, _
from vaxdesk.services import certificates

if TYPE_CHECKING:
    from vaxdesk.gui.desk import Desk
    from vaxdesk.services.context import Context


class EarlierPaperDialog(QDialog):
    """Issuer, number, doses stated, note; F12 saves."""

    about: QLabel
    issuer: QLineEdit
    issuer_below: QLabel
    number: QLineEdit
    doses: QSpinBox
    note: QLineEdit
    error: ErrorState
    save: KeyButton
    cancel: KeyButton

    def __init__(self, parent: QWidget, desk: Desk, person_id: str, name: str) -> None:
        super().__init__(parent)
        forms.load(self, "dialogs/earlier_paper.ui")
        self.desk, self.person_id = desk, person_id
        self.about.setText(name)
        self.setWindowTitle(_("Earlier paper certificate"))
        hint = N_("For example the station or hospital named on the paper.")
        self.fields = FormFields({"issuer": FormField(self.issuer, self.issuer_below, hint)})
        self.save.clicked.connect(self._save)
        self.cancel.clicked.connect(self.reject)
        self.issuer.setFocus()

    def _save(self) -> None:
        work = partial(
            _note,
            self.person_id,
            self.issuer.text(),
            self.number.text(),
            self.doses.value(),
            self.note.text(),
        )
        self.desk.act(work, self._saved, areas={"certificates"}, owner=self, failed=self._refused)

    def _saved(self, _paper_id: str) -> None:
        self.desk.toast(_("The earlier paper is noted."))
        self.accept()

    def _refused(self, error: KnownError) -> None:
        if not (isinstance(error, FieldError) and self.fields.show([error])):
            self.error.tell(error)


def _note(person_id: str, issuer: str, number: str, doses: int, note: str, ctx: Context) -> str:
    return certificates.note_earlier_paper(ctx, person_id, issuer, number, doses, note)
