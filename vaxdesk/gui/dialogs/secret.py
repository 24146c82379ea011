"""The acting user changes her own passphrase or PIN."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from PySide6.QtWidgets import QDialog, QLabel, QWidget

from vaxdesk.errors import FieldError, KnownError
from vaxdesk.gui import forms
from vaxdesk.gui.dialogs.passphrase_fields import PassphrasePair
from vaxdesk.gui.form_fields import FormField, FormFields
from vaxdesk.gui.widgets.buttons import KeyButton
from vaxdesk.gui.widgets.fields import PassphraseEdit
from vaxdesk.gui.widgets.states import ErrorState
from vaxdesk.i18n import N_, _
from vaxdesk.services import accounts

if TYPE_CHECKING:
    from vaxdesk.gui.desk import Desk
    from vaxdesk.services.context import Context


class SecretDialog(QDialog):
    """Old and new passphrase, or a new PIN."""

    title: QLabel
    about: QLabel
    old_part: QWidget
    old: PassphraseEdit
    old_below: QLabel
    new_part: QWidget
    passphrase: PassphraseEdit
    passphrase_below: QLabel
    again: PassphraseEdit
    again_below: QLabel
    four_words: KeyButton
    words: QLabel
    pin_part: QWidget
    pin: PassphraseEdit
    pin_below: QLabel
    pin_again: PassphraseEdit
    pin_again_below: QLabel
    error: ErrorState
    cancel: KeyButton
    save: KeyButton

    def __init__(self, parent: QWidget, desk: Desk, *, pin: bool) -> None:
        super().__init__(parent)
        forms.load(self, "dialogs/secret.ui")
        self.desk, self._is_pin = desk, pin
        self.title.setText(_("Set my PIN") if pin else _("Change my passphrase"))
        self.setWindowTitle(self.title.text())
        self.about.setText(
            _("The PIN only changes the user while the file is open. After a restart the passphrase is asked.")
            if pin
            else _("The passphrase opens the station's file. Nobody can read it anywhere; keep it to yourself.")
        )
        for part in (self.old_part, self.new_part):
            part.setVisible(not pin)
        self.pin_part.setVisible(pin)
        hint = N_("At least 12 characters, or four words dealt here.")
        self.fields = FormFields(
            {
                "old": FormField(self.old, self.old_below),
                "passphrase": FormField(self.passphrase, self.passphrase_below, hint),
                "again": FormField(self.again, self.again_below),
                "pin": FormField(self.pin, self.pin_below),
                "pin_again": FormField(self.pin_again, self.pin_again_below),
            }
        )
        self._pair = PassphrasePair(self.passphrase, self.again, self.four_words, self.words)
        self.save.clicked.connect(self._save)
        self.cancel.clicked.connect(self.reject)
        (self.pin if pin else self.old).setFocus()
        self.adjustSize()

    def _save(self) -> None:
        self.error.tell(None)
        self.fields.clear()
        try:
            work = self._work()
        except FieldError as error:
            self.fields.show([error])
            return
        self.desk.act(work, self._saved, areas={"settings"}, owner=self, failed=self._refused)

    def _work(self) -> partial[None]:
        if not self._is_pin:
            return partial(_passphrase, self.old.text(), self._pair.value())
        if self.pin.text() != self.pin_again.text():
            raise FieldError("pin_again", "Type the same PIN in both fields.")
        return partial(_pin, self.pin.text())

    def _saved(self, _nothing: None) -> None:
        self.desk.toast(_("Your PIN is set.") if self._is_pin else _("Your passphrase is changed."))
        self._pair.clear()
        self.accept()

    def _refused(self, error: KnownError) -> None:
        field = "pin" if self._is_pin else "passphrase" if error.message_id.startswith("The passphrase") else "old"
        self.fields.show([FieldError(field, error.message_id, **error.values)])


def _passphrase(old: str, new: str, ctx: Context) -> None:
    accounts.change_passphrase(ctx, old, new)


def _pin(pin: str, ctx: Context) -> None:
    accounts.set_pin(ctx, pin)
