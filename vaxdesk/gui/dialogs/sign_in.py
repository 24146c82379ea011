"""Sign-in, and the lock of a running window: who, and with what."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QEvent, Qt, Signal
from PySide6.QtWidgets import QComboBox, QLabel, QWidget

from vaxdesk.errors import KnownError
from vaxdesk.gui import forms
from vaxdesk.gui.focus import LeadsFocus
from vaxdesk.gui.widgets.buttons import KeyButton
from vaxdesk.gui.widgets.fields import PassphraseEdit
from vaxdesk.gui.widgets.gate_panel import GatePanel
from vaxdesk.gui.widgets.states import ErrorState
from vaxdesk.i18n import _


class SignInPage(LeadsFocus, QWidget):
    """Name and passphrase. With ``locked_for`` it is the lock: the PIN does as well, and work goes on behind it."""

    panel: GatePanel
    title: QLabel
    who_was_last: QLabel
    error: ErrorState
    user: QComboBox
    secret_label: QLabel
    secret: PassphraseEdit
    secret_hint: QLabel
    sign_in: KeyButton
    recover: KeyButton

    #: The user's name and the passphrase or PIN.
    asked = Signal(str, str)
    recovery_asked = Signal()

    def __init__(self, *, locked: bool = False, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        forms.load(self, "dialogs/sign_in.ui")
        self._locked = locked
        self._last = ""
        self._pin_allowed = locked
        self.sign_in.clicked.connect(self._ask)
        self.secret.returnPressed.connect(self._ask)
        self.recover.clicked.connect(self.recovery_asked)
        self.recover.setVisible(not locked)
        self.error.hide()
        self.setFocusProxy(self.secret)
        self._translate()

    def show_users(self, names: Sequence[str], last: str = "", station: str = "") -> None:
        """The names to choose from; ``last`` was here last and is chosen."""
        self._last = last if last in names else ""
        self.panel.say(station)
        chosen = self.user.currentText() or last
        self.user.clear()
        self.user.addItems(list(names))
        if chosen in names:
            self.user.setCurrentText(chosen)
        self._translate()

    def allow_pin(self, allowed: bool) -> None:
        """After five wrong PINs only the passphrase opens."""
        self._pin_allowed = allowed
        self._translate()

    def refuse(self, error: KnownError) -> None:
        """It did not fit: say so, empty the field, and let the user try again."""
        self.set_busy(False)
        self.error.tell(error)
        self.secret.clear()
        self.secret.setFocus(Qt.FocusReason.OtherFocusReason)

    def set_busy(self, busy: bool) -> None:
        """While the passphrase is tried."""
        for widget in (self.user, self.secret, self.sign_in, self.recover):
            widget.setEnabled(not busy)
        if busy:
            self.error.tell(None)
        self._translate_button(busy)

    def _ask(self) -> None:
        if self.secret.text() and self.user.currentText() and self.sign_in.isEnabled():
            name, secret = self.user.currentText(), self.secret.text()
            self.set_busy(True)
            self.asked.emit(name, secret)

    def _translate_button(self, busy: bool) -> None:
        if busy:
            self.sign_in.setText(_("Opening…"))
        else:
            self.sign_in.setText(_("Unlock") if self._locked else _("Sign in"))

    def _translate(self) -> None:
        self._translate_button(not self.sign_in.isEnabled())
        self.title.setText(_("Locked") if self._locked else _("Sign in"))
        words = _("Last here: {name}").format(name=self._last) if self._last else ""
        if self._locked:
            words = _("Sending and backup go on.")
        self.who_was_last.setText(words)
        self.secret_label.setText(_("PIN or passphrase") if self._pin_allowed else _("Passphrase"))
        self.secret_hint.setText(
            _("Another user may sign in here as well.")
            if self._locked
            else _("At least 12 characters, or your four words.")
        )

    def event(self, event: QEvent) -> bool:
        """Follow the language: after the form, which would write its own texts over ours."""
        done = super().event(event)
        if event.type() == QEvent.Type.LanguageChange and hasattr(self, "_locked"):
            self._translate()
        return done
