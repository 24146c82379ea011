"""Adds a user, or changes a user's name and roles."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from PySide6.QtWidgets import QCheckBox, QDialog, QLabel, QLineEdit, QWidget

from vaxdesk.domain import names
from vaxdesk.errors import FieldError, KnownError
from vaxdesk.gui import forms, style
from vaxdesk.gui.dialogs.passphrase_fields import PassphrasePair
from vaxdesk.gui.form_fields import FormField, FormFields
from vaxdesk.gui.widgets.buttons import KeyButton
from vaxdesk.gui.widgets.fields import PassphraseEdit
from vaxdesk.gui.widgets.states import ErrorState
from vaxdesk.i18n import N_, _
from vaxdesk.queries.staff import UserRow
from vaxdesk.services import accounts, station
from vaxdesk.services.accounts import NewUser
from vaxdesk.services.context import ROLES

if TYPE_CHECKING:
    from vaxdesk.gui.desk import Desk
    from vaxdesk.services.context import Context


class UserDialog(QDialog):
    """Name, roles, and for a new user the passphrase, typed by herself."""

    title: QLabel
    full_name: QLineEdit
    full_name_below: QLabel
    short_name: QLineEdit
    short_name_below: QLabel
    roles: QWidget
    roles_below: QLabel
    secrets: QWidget
    passphrase: PassphraseEdit
    passphrase_below: QLabel
    again: PassphraseEdit
    again_below: QLabel
    four_words: KeyButton
    words: QLabel
    error: ErrorState
    cancel: KeyButton
    save: KeyButton

    def __init__(self, parent: QWidget, desk: Desk, user: UserRow | None = None) -> None:
        super().__init__(parent)
        forms.load(self, "dialogs/user.ui")
        self.desk, self.user = desk, user
        self.title.setText(_("Name and roles") if user is not None else _("Add a user"))
        self.setWindowTitle(self.title.text())
        self.boxes: dict[str, QCheckBox] = {}
        for role, label in ROLES.items():
            box = QCheckBox(_(label), self.roles)
            box.setChecked(user is not None and role in user.roles)
            self.roles.layout().addWidget(box)
            self.boxes[role] = box
        hint = N_("At least 12 characters, or four words dealt here.")
        self.fields = FormFields(
            {
                "full_name": FormField(self.full_name, self.full_name_below),
                "short_name": FormField(self.short_name, self.short_name_below),
                "passphrase": FormField(self.passphrase, self.passphrase_below, hint),
                "again": FormField(self.again, self.again_below, N_("The new user types it herself.")),
            }
        )
        self.roles_below.hide()
        self._pair = PassphrasePair(self.passphrase, self.again, self.four_words, self.words)
        if user is not None:
            self.full_name.setText(user.full_name)
            self.short_name.setText(user.name)
            self.short_name.setReadOnly(True)
            self.secrets.hide()
        else:
            self.full_name.textEdited.connect(self._suggest)
        self.save.clicked.connect(self._save)
        self.cancel.clicked.connect(self.reject)
        self.full_name.setFocus()
        self.adjustSize()

    def _suggest(self, text: str) -> None:
        if not self.short_name.isModified():
            found = names.key(text).split()
            self.short_name.setText(found[-1] if found else "")

    def _chosen(self) -> frozenset[str]:
        return frozenset(role for role, box in self.boxes.items() if box.isChecked())

    def _save(self) -> None:
        self.error.tell(None)
        self.fields.clear()
        chosen = self._chosen()
        errors = []
        if not self.full_name.text().strip():
            errors.append(FieldError("full_name", "Enter the full name."))
        if not self.short_name.text().strip():
            errors.append(FieldError("short_name", "Enter a short name for signing in."))
        self.roles_below.setText("" if chosen else _("Choose at least one role."))
        self.roles_below.setVisible(not chosen)
        style.mark(self.roles_below, "tone", "bad")
        if self.user is None:
            try:
                passphrase = self._pair.value()
            except FieldError as error:
                errors.append(error)
        if errors or not chosen:
            self.fields.show(errors)
            return
        full_name = names.tidy(self.full_name.text())
        if self.user is not None:
            work = partial(_change, self.user.id, full_name, chosen)
        else:
            work = partial(_add, NewUser(self.short_name.text().strip(), full_name, chosen, passphrase))
        self.desk.act(work, self._saved, areas={"settings"}, owner=self, failed=self._refused)

    def _saved(self, _done: object) -> None:
        self.desk.toast(_("{name} is saved.").format(name=self.full_name.text()))
        self._pair.clear()
        self.accept()

    def _refused(self, error: KnownError) -> None:
        if error.message_id.startswith("The passphrase"):
            self.fields.show([FieldError("passphrase", error.message_id, **error.values)])
        elif not (isinstance(error, FieldError) and self.fields.show([error])):
            self.error.tell(error)


def _change(user_id: str, full_name: str, roles: frozenset[str], ctx: Context) -> None:
    station.change_user(ctx, user_id, full_name, roles)


def _add(new: NewUser, ctx: Context) -> None:
    accounts.add_user(ctx, new)
