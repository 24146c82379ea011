"""Opens a station with the recovery sheet: a new passphrase for a manager, a new key, a new sheet."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import TYPE_CHECKING

from PySide6.QtCore import QEvent, Qt, Signal
from PySide6.QtWidgets import QComboBox, QLabel, QLineEdit, QStackedWidget, QWidget

from vaxdesk.clock import Clock
from vaxdesk.errors import FieldError, KnownError
from vaxdesk.gui import forms
from vaxdesk.gui.dialogs.passphrase_fields import PassphrasePair
from vaxdesk.gui.dialogs.recovery_sheet import RecoverySheetPanel
from vaxdesk.gui.focus import LeadsFocus
from vaxdesk.gui.form_fields import FormField, FormFields
from vaxdesk.gui.tasks import Tasks
from vaxdesk.gui.widgets.buttons import KeyButton
from vaxdesk.gui.widgets.fields import PassphraseEdit
from vaxdesk.gui.widgets.gate_panel import GatePanel
from vaxdesk.gui.widgets.states import ErrorState
from vaxdesk.i18n import N_, _
from vaxdesk.paths import StationPaths

if TYPE_CHECKING:
    from vaxdesk.services.context import Context

_STEPS = (N_("The code of the sheet"), N_("The new sheet"))


class RecoveryPage(LeadsFocus, QWidget):
    """Two steps: the code with a new passphrase, then the new sheet."""

    panel: GatePanel
    title: QLabel
    subtitle: QLabel
    error: ErrorState
    steps: QStackedWidget
    code: QLineEdit
    code_below: QLabel
    user: QComboBox
    user_below: QLabel
    passphrase: PassphraseEdit
    passphrase_below: QLabel
    again: PassphraseEdit
    again_below: QLabel
    four_words: KeyButton
    words: QLabel
    back: KeyButton
    go_on: KeyButton

    #: The station is open and the new sheet confirmed.
    finished = Signal(object)
    given_up = Signal()

    def __init__(
        self,
        tasks: Tasks,
        paths: StationPaths,
        *,
        clock: Clock,
        practice: bool = False,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        forms.load(self, "dialogs/recovery.ui")
        self._tasks, self._paths, self._clock, self._practice = tasks, paths, clock, practice
        self._ctx: Context | None = None
        self.sheet_panel = RecoverySheetPanel(self)
        self.steps.addWidget(self.sheet_panel)
        self.fields = FormFields(
            {
                "code": FormField(self.code, self.code_below, N_("Seven groups of four letters and digits.")),
                "user": FormField(self.user, self.user_below),
                "passphrase": FormField(
                    self.passphrase, self.passphrase_below, N_("At least 12 characters, or four words dealt here.")
                ),
                "again": FormField(self.again, self.again_below),
            }
        )
        self._pair = PassphrasePair(self.passphrase, self.again, self.four_words, self.words)
        self.go_on.clicked.connect(self._go_on)
        self.back.clicked.connect(self.given_up)
        self.setFocusProxy(self.code)
        self._translate()

    def show_users(self, users: Sequence[str]) -> None:
        """The names to choose from."""
        self.user.clear()
        self.user.addItems(list(users))

    def _go_on(self) -> None:
        if self._ctx is not None:
            if self.sheet_panel.confirmed():
                self.sheet_panel.forget()
                self.finished.emit(self._ctx)
            return
        self.error.tell(None)
        self.fields.clear()
        try:
            passphrase = self._pair.value()
        except FieldError as error:
            self.fields.show([error])
            return
        self.go_on.setEnabled(False)
        work = partial(
            _recover,
            self._paths,
            self.code.text(),
            self.user.currentText(),
            passphrase,
            self._clock,
            self._practice,
        )
        self._tasks.write(work, self._opened, failed=self._refused, owner=self)

    def _refused(self, error: KnownError) -> None:
        self.go_on.setEnabled(True)
        if error.message_id.startswith("The passphrase"):
            self.fields.show([FieldError("passphrase", error.message_id, **error.values)])
        else:
            self.error.tell(error)
            self.code.setFocus(Qt.FocusReason.OtherFocusReason)

    def _opened(self, made: tuple[Context, str, bytes]) -> None:
        self._ctx, code, pdf = made
        self._pair.clear()
        self.code.clear()
        self.back.hide()
        self.go_on.setEnabled(True)
        self.sheet_panel.show_code(code, pdf)
        self.steps.setCurrentIndex(1)
        self.sheet_panel.setFocus()
        self._translate()

    def _translate(self) -> None:
        step = self.steps.currentIndex()
        self.panel.say(_("Open with the recovery sheet"))
        self.panel.show_steps(_STEPS, step)
        self.go_on.setText(_("I have the sheet") if step else _("Open and make a new sheet"))

    def event(self, event: QEvent) -> bool:
        """Follow the language: after the form, which would write its own texts over ours."""
        done = super().event(event)
        if event.type() == QEvent.Type.LanguageChange and hasattr(self, "fields"):
            self.fields.translate()
            self._translate()
        return done


def _recover(
    paths: StationPaths, code: str, name: str, passphrase: str, clock: Clock, practice: bool
) -> tuple[Context, str, bytes]:
    from vaxdesk.services import accounts, packs, sheets

    load = packs.loader(paths.campaigns)
    ctx, fresh = accounts.recover(paths, code, name, passphrase, load, clock, practice)
    return ctx, fresh, sheets.recovery_sheet(ctx, fresh)
