"""What every page of the main window is."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QEvent
from PySide6.QtWidgets import QWidget

from vaxdesk.gui import forms
from vaxdesk.gui.focus import LeadsFocus

if TYPE_CHECKING:
    from vaxdesk.gui.desk import Desk


class Page(LeadsFocus, QWidget):
    """A page of the stack. It is made when it is first shown and lives on; it asks queries and calls services.

    A subclass sets ``form`` and annotates the children of its form; it fills itself in :meth:`entered` and
    :meth:`refresh`, and writes texts that are not in the form in :meth:`translate`.
    """

    #: The form below ``ui/``.
    form = ""
    #: Areas of change notices that this page shows.
    areas: frozenset[str] = frozenset()

    def __init__(self, desk: Desk, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.desk = desk
        if self.form:
            forms.load(self, self.form)

    def entered(self, target: object = None) -> None:
        """The page comes to the front; ``target`` says what to show, for example a person's id."""

    def left(self) -> None:
        """Another page comes to the front."""

    def may_leave(self) -> bool:
        """Whether nothing would be lost by leaving; a page with open input asks the user here."""
        return True

    def may_close(self) -> bool:
        """Whether the window may close; asked of every page that was made. A page with open input asks the user."""
        return True

    def refresh(self, areas: frozenset[str]) -> None:
        """Something in these areas has changed; called for the page in front, and on entering for missed notices."""

    def translate(self) -> None:
        """Write every text that does not stand in the form."""

    def take_scan(self, scan: object) -> bool:
        """A code was scanned while this page was in front; ``True`` when it is dealt with here."""
        return False

    def take_camera(self) -> bool:
        """A code is to be read with the camera while this page is in front; ``True`` when it is done here."""
        return False

    def search(self, text: str) -> None:
        """The search box says ``text`` (only the people page is asked)."""

    def event(self, event: QEvent) -> bool:
        """Follow the language: after the form, which would write its own texts over ours."""
        done = super().event(event)
        if event.type() == QEvent.Type.LanguageChange:
            self.translate()
        return done
