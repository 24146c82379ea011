"""One dialog for what happens to a lot: it shows the fields that the act needs."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from PySide6.QtWidgets import QComboBox, QDialog, QLabel, QLineEdit, QSpinBox, QWidget

from vaxdesk.errors import FieldError, KnownError
from vaxdesk.gui import forms
from vaxdesk.gui.form_fields import FormField, FormFields
from vaxdesk.gui.stock_words import read_expiry
from vaxdesk.gui.widgets.buttons import KeyButton
from vaxdesk.gui.widgets.states import ErrorState
from vaxdesk.i18n import N_, _
from vaxdesk.queries.sessions import LotRow
from vaxdesk.services import stock_book
from vaxdesk.services.stock_book import WASTE_REASONS, WasteDoses

if TYPE_CHECKING:
    from vaxdesk.gui.desk import Desk
    from vaxdesk.services.context import Context


@dataclass(frozen=True)
class Act:
    """What an act asks: its title, the labels of the fields it needs (empty: not asked), and what is said after it."""

    title: str
    done: str
    doses: str = ""
    reason: bool = False
    day: bool = False
    reference: str = ""
    note: str = N_("Reason")
    danger: bool = False


ACTS = {
    "waste": Act(
        title=N_("Destroy doses"),
        done=N_("The destroyed doses are booked out."),
        doses=N_("Doses destroyed"),
        reason=True,
        note=N_("Note (optional)"),
    ),
    "count": Act(
        title=N_("Count the stock"),
        done=N_("The count is booked."),
        doses=N_("Doses counted in the fridge"),
        note=N_("Why the book differs"),
    ),
    "give_back": Act(
        title=N_("Send doses back"),
        done=N_("The doses are booked out."),
        doses=N_("Doses sent"),
        reference=N_("Number of the delivery paper"),
        note="",
    ),
    "change_expiry": Act(
        title=N_("Change the expiry"),
        done=N_("The new expiry holds from now on."),
        day=True,
        reference=N_("Number of the decision"),
    ),
    "block": Act(N_("Take the lot out of use"), N_("The lot is out of use."), danger=True),
    "release": Act(N_("Take the lot into use again"), N_("The lot is in use again.")),
    "take_back": Act(N_("Take the entry back"), N_("The entry is taken back; it stays visible in the card.")),
}


class StockChangeDialog(QDialog):
    """F12 saves; every error stands at its field."""

    title: QLabel
    about: QLabel
    doses_part: QWidget
    doses_label: QLabel
    doses: QSpinBox
    doses_below: QLabel
    reason_part: QWidget
    reason: QComboBox
    reason_below: QLabel
    day_part: QWidget
    day: QLineEdit
    day_below: QLabel
    reference_part: QWidget
    reference_label: QLabel
    reference: QLineEdit
    reference_below: QLabel
    note_part: QWidget
    note_label: QLabel
    note: QLineEdit
    note_below: QLabel
    error: ErrorState
    cancel: KeyButton
    save: KeyButton

    def __init__(self, parent: QWidget, desk: Desk, kind: str, lot: LotRow, about: str, record_id: str = "") -> None:
        super().__init__(parent)
        forms.load(self, "dialogs/stock_change.ui")
        self.desk, self.kind, self.lot, self.record_id = desk, kind, lot, record_id
        self.act = ACTS[kind]
        self.title.setText(_(self.act.title))
        self.setWindowTitle(self.title.text())
        self.about.setText(about)
        for code, words in WASTE_REASONS.items():
            self.reason.addItem(_(words), code)
        self._show_parts()
        self.fields = FormFields(
            {
                "doses": FormField(self.doses, self.doses_below),
                "reason": FormField(self.reason, self.reason_below),
                "day": FormField(self.day, self.day_below, N_("Day/month/year, or month/year")),
                "reference": FormField(self.reference, self.reference_below),
                "note": FormField(self.note, self.note_below),
            }
        )
        if self.act.danger:
            self.save.setProperty("variant", "danger")
        if kind == "count":
            self.doses.setValue(max(0, lot.balance))
        if lot.expired(desk.today()):
            self.reason.setCurrentIndex(self.reason.findData("expired"))
        elif lot.blocked:
            self.reason.setCurrentIndex(self.reason.findData("withdrawn"))
        self.save.clicked.connect(self._save)
        self.cancel.clicked.connect(self.reject)
        first = self.doses if self.act.doses else self.day if self.act.day else self.note
        first.setFocus()
        self.doses.selectAll()
        self.adjustSize()

    def _show_parts(self) -> None:
        act = self.act
        self.doses_part.setVisible(bool(act.doses))
        self.doses_label.setText(_(act.doses) if act.doses else "")
        self.reason_part.setVisible(act.reason)
        self.day_part.setVisible(act.day)
        self.reference_part.setVisible(bool(act.reference))
        self.reference_label.setText(_(act.reference) if act.reference else "")
        self.note_part.setVisible(bool(act.note))
        self.note_label.setText(_(act.note) if act.note else "")

    def _save(self) -> None:
        self.error.tell(None)
        self.fields.clear()
        try:
            work = self._work()
        except FieldError as error:
            self.fields.show([error])
            return
        self.desk.act(work, self._saved, areas={"stock"}, owner=self, failed=self._refused)

    def _work(self) -> Callable[[Context], object]:
        lot, doses, note, reference = self.lot.id, self.doses.value(), self.note.text(), self.reference.text()
        if self.kind == "waste":
            command = WasteDoses(lot, doses, self.reason.currentData(), note)
            return lambda ctx: stock_book.waste(ctx, command)
        if self.kind == "count":
            return lambda ctx: stock_book.count(ctx, lot, doses, note)
        if self.kind == "give_back":
            return lambda ctx: stock_book.give_back(ctx, lot, doses, reference)
        if self.kind == "change_expiry":
            day = read_expiry(self.day.text(), "day")
            return lambda ctx: stock_book.change_expiry(ctx, lot, day, reference, note)
        if self.kind == "take_back":
            record = self.record_id
            return lambda ctx: stock_book.take_back(ctx, record, note)
        change = stock_book.block if self.kind == "block" else stock_book.release
        return lambda ctx: change(ctx, lot, note)

    def _saved(self, _result: object) -> None:
        self.desk.toast(_(self.act.done))
        self.accept()

    def _refused(self, error: KnownError) -> None:
        if not (isinstance(error, FieldError) and self.fields.show([error])):
            self.error.tell(error)
