"""What every part of the administration is."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QEvent
from PySide6.QtWidgets import QWidget

from vaxdesk.gui import forms
from vaxdesk.gui.focus import LeadsFocus

if TYPE_CHECKING:
    from vaxdesk.gui.desk import Desk


class AdminPanel(LeadsFocus, QWidget):
    """One part: it reads when it comes to the front and writes its own texts after the form's."""

    form = ""

    def __init__(self, desk: Desk, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.desk = desk
        forms.load(self, self.form)
        self.ready = False

    @property
    def manages(self) -> bool:
        """Whether the user in front may change anything here."""
        return "manage" in self.desk.ctx.user.roles

    def read(self) -> None:
        """Read what is shown."""

    def may_leave(self) -> bool:
        """Whether nothing would be lost."""
        return True

    def translate(self) -> None:
        """Write the texts that do not stand in the form."""

    def event(self, event: QEvent) -> bool:
        """Follow the language, after the form."""
        done = super().event(event)
        if event.type() == QEvent.Type.LanguageChange and getattr(self, "ready", False):
            self.translate()
        return done
