"""The recovery sheet: shown and printed from memory, confirmed by typing two of its groups back."""

from __future__ import annotations

import secrets

from PySide6.QtCore import QEvent, Qt
from PySide6.QtWidgets import QLabel, QLineEdit, QWidget

from vaxdesk.gui import forms, printing, style
from vaxdesk.gui.focus import LeadsFocus
from vaxdesk.gui.widgets.buttons import KeyButton
from vaxdesk.i18n import _

SHEET_WIDTH = 340


class RecoverySheetPanel(LeadsFocus, QWidget):
    """Holds the code and the sheet only as long as it is shown; :meth:`forget` lets them go."""

    sheet: QLabel
    print_sheet: KeyButton
    printed: QLabel
    first_label: QLabel
    first: QLineEdit
    second_label: QLabel
    second: QLineEdit
    below: QLabel

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        forms.load(self, "dialogs/recovery_sheet.ui")
        self._code = ""
        self._pdf = b""
        self._asked = (1, 2)
        self.print_sheet.clicked.connect(self._print)
        self.setFocusProxy(self.print_sheet)
        self._translate()

    def show_code(self, code: str, pdf: bytes) -> None:
        """Show a code and its sheet; two groups, chosen anew, are asked back."""
        self._code, self._pdf = code, pdf
        first, second = sorted(secrets.SystemRandom().sample(range(1, len(code.split("-")) + 1), 2))
        self._asked = (first, second)
        self.sheet.setPixmap(printing.preview(pdf, SHEET_WIDTH, self.devicePixelRatio()))
        for field in (self.first, self.second):
            field.clear()
        self.printed.clear()
        self._translate()

    def asked(self) -> tuple[int, int]:
        """The numbers of the two groups that are asked for."""
        return self._asked

    def confirmed(self) -> bool:
        """Whether both groups were typed right; says what to do where not."""
        right = all(
            self._same(field.text(), group) for field, group in zip((self.first, self.second), self._asked, strict=True)
        )
        self.below.setText("" if right else _("A group does not fit the sheet: compare it letter by letter."))
        style.mark(self.below, "tone", "" if right else "bad")
        if not right:
            wrong = self.second if self._same(self.first.text(), self._asked[0]) else self.first
            wrong.setFocus(Qt.FocusReason.OtherFocusReason)
            wrong.selectAll()
        return right

    def forget(self) -> None:
        """Let code and sheet go."""
        self._code, self._pdf = "", b""
        self.sheet.clear()

    def _same(self, typed: str, group: int) -> bool:
        tidy = typed.strip().upper().translate(str.maketrans("OIL", "011"))
        return bool(self._code) and tidy == self._code.split("-")[group - 1]

    def _print(self) -> None:
        if self._pdf and printing.print_from_memory(self._pdf, self.window()):
            self.printed.setText(_("Sent to the printer."))
            self.first.setFocus(Qt.FocusReason.OtherFocusReason)

    def _translate(self) -> None:
        first, second = self._asked
        self.first_label.setText(_("Group {number}").format(number=first))
        self.second_label.setText(_("Group {number}").format(number=second))

    def event(self, event: QEvent) -> bool:
        """Follow the language: after the form, which would write its own texts over ours."""
        done = super().event(event)
        if event.type() == QEvent.Type.LanguageChange and hasattr(self, "_asked"):
            self._translate()
        return done
