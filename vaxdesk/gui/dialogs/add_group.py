"""Adds a priority group by a decision of the minister or the province: code, words, decision, first day, turn."""

from __future__ import annotations

from datetime import timedelta
from functools import partial
from typing import TYPE_CHECKING

from PySide6.QtWidgets import QComboBox, QDialog, QLabel, QLineEdit, QWidget

from vaxdesk import i18n
from vaxdesk.domain.dates import parse_day
from vaxdesk.errors import FieldError, KnownError
from vaxdesk.gui import forms
from vaxdesk.gui.form_fields import FormField, FormFields
from vaxdesk.gui.widgets.buttons import KeyButton
from vaxdesk.gui.widgets.states import ErrorState
from vaxdesk.i18n import _
from vaxdesk.services import added_groups
from vaxdesk.services.group_book import AddedGroup

if TYPE_CHECKING:
    from vaxdesk.gui.desk import Desk
    from vaxdesk.services.context import Context

_FIELDS = ("code", "label", "source", "decided", "start", "beside")
#: A decision may name a day to come; one further away than this is a slip of the pen.
_AHEAD = timedelta(days=366)


class AddGroupDialog(QDialog):
    """Closes when the group is stored."""

    title: QLabel
    about: QLabel
    error: ErrorState
    code: QLineEdit
    label: QLineEdit
    source: QLineEdit
    decided: QLineEdit
    start: QLineEdit
    beside: QComboBox
    cancel: KeyButton
    ok: KeyButton

    def __init__(self, parent: QWidget, desk: Desk) -> None:
        super().__init__(parent)
        forms.load(self, "dialogs/add_group.ui")
        self.desk = desk
        self.setWindowTitle(_("Add a priority group"))
        priority, today = desk.campaign().priority, desk.today()
        for group in priority.groups_on(today) if priority is not None else ():
            self.beside.addItem(f"{group.code} – {group.label.text(i18n.language())}", group.code)
        self.beside.setCurrentIndex(self.beside.count() - 1)
        self.beside.setMinimumContentsLength(40)
        self.beside.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
        self._fields = FormFields(
            {name: FormField(getattr(self, name), self.findChild(QLabel, f"{name}_below")) for name in _FIELDS}
        )
        self.ok.clicked.connect(self._save)
        self.cancel.clicked.connect(self.reject)
        self.setMinimumWidth(720)
        self.code.setFocus()

    def _command(self) -> AddedGroup:
        today = self.desk.today()
        return AddedGroup(
            code=self.code.text().strip(),
            label=self.label.text().strip(),
            reference=self.source.text().strip(),
            decided=parse_day(self.decided.text(), today, "decided"),
            start=parse_day(self.start.text(), today + _AHEAD, "start"),
            beside=self.beside.currentData() or "",
        )

    def _save(self) -> None:
        self.error.tell(None)
        self._fields.clear()
        try:
            command = self._command()
        except FieldError as error:
            self._fields.show([error])
            return
        self.desk.act(
            partial(_add, command), self._saved, areas={"settings", "session", "people"}, owner=self, failed=self._tell
        )

    def _saved(self, _done: object) -> None:
        self.accept()

    def _tell(self, error: KnownError) -> None:
        if not (isinstance(error, FieldError) and self._fields.show([error])):
            self.error.tell(error)


def _add(command: AddedGroup, ctx: Context) -> None:
    added_groups.add(ctx, command)
