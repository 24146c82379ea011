"""Asked at registration: no dose yet, doses given elsewhere, another vaccine within the last days (R-09, R-11)."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING

from PySide6.QtCore import QEvent, Signal
from PySide6.QtWidgets import QLabel, QLineEdit, QWidget

from vaxdesk.domain.dates import parse_day
from vaxdesk.errors import FieldError
from vaxdesk.gui import forms, person_words
from vaxdesk.gui.dialogs.earlier_doses import EarlierDosesDialog
from vaxdesk.gui.widgets.marks import Chip
from vaxdesk.i18n import N_, _
from vaxdesk.services.doses import REACTIONS, EarlierDose

if TYPE_CHECKING:
    from vaxdesk.gui.desk import Desk

#: Chip, its key, its words.
_CHIPS = (
    ("none", "Alt+7", N_("No dose yet")),
    ("elsewhere", "Alt+8", N_("Vaccinated elsewhere…")),
    ("other", "Alt+9", N_("Another vaccine within 14 days")),
)


class HistoryPanel(QWidget):
    """Three chips; ``opened`` when the day of the other vaccine is asked for."""

    none: Chip
    elsewhere: Chip
    other: Chip
    words: QLabel
    other_box: QWidget
    other_on: QLineEdit
    other_on_below: QLabel

    opened = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        forms.load(self, "widgets/history_panel.ui")
        self._desk: Desk | None = None
        self.earlier: tuple[EarlierDose, ...] = ()
        self.touched = False
        self.none.clicked.connect(self._no_dose)
        self.elsewhere.clicked.connect(self._elsewhere)
        self.other.clicked.connect(self._other_vaccine)
        self.other_on.textEdited.connect(self._typed)
        self.clear()

    def begin(self, desk: Desk) -> None:
        """The desk whose campaign and day hold."""
        self._desk = desk

    def clear(self) -> None:
        """Nothing was asked yet."""
        self.earlier = ()
        self.touched = False
        for chip in (self.none, self.elsewhere, self.other):
            chip.setChecked(False)
        self.other_on.clear()
        self.other_box.hide()
        self.other_on_below.hide()
        self._translate()

    @property
    def no_dose_yet(self) -> bool:
        """The person was asked and had none."""
        return self.none.isChecked()

    def other_day(self) -> tuple[date | None, FieldError | None]:
        """The day of the other vaccine, or what is wrong with it, which is then said below."""
        if self._desk is None or not self.other.isChecked():
            return None, None
        try:
            return parse_day(self.other_on.text(), self._desk.today(), "other_on"), None
        except FieldError as error:
            self.other_on_below.setText(error.words())
            self.other_on_below.show()
            return None, error

    def _no_dose(self, checked: bool) -> None:
        self.touched = True
        if checked:
            self.elsewhere.setChecked(False)
            self.earlier = ()
        self._translate()

    def _elsewhere(self) -> None:
        if self._desk is None:
            return
        dialog = EarlierDosesDialog(self, self._desk.campaign(), self._desk.today(), self.earlier)
        if dialog.exec():
            self.earlier = dialog.doses()
            self.touched = True
        self.elsewhere.setChecked(bool(self.earlier))
        if self.earlier:
            self.none.setChecked(False)
        self._translate()

    def _other_vaccine(self, checked: bool) -> None:
        self.touched = True
        self.other_box.setVisible(checked)
        if checked:
            self.other_on.setFocus()
            self.opened.emit()

    def _typed(self) -> None:
        self.touched = True
        self.other_on_below.hide()

    def _translate(self) -> None:
        for name, key, words in _CHIPS:
            chip: Chip = getattr(self, name)
            chip.setText(f"{_(words)}   {key.replace('+', ' ')}")
            chip.setShortcut(key)
        self.words.setText("\n".join(self._line(dose) for dose in self.earlier))
        self.words.setVisible(bool(self.earlier))

    def _line(self, dose: EarlierDose) -> str:
        product = person_words.product_name(self._desk.campaign(), dose.product_code) if self._desk else ""
        known = _(person_words.EVIDENCE[dose.evidence])
        reaction = (
            ": ".join(part for part in (_(REACTIONS[dose.reaction]), dose.reaction_note) if part)
            if dose.reaction
            else ""
        )
        return " · ".join(part for part in (dose.occurred.vietnamese(), product, known, reaction) if part)

    def event(self, event: QEvent) -> bool:
        """Follow the language, after the form."""
        done = super().event(event)
        if event.type() == QEvent.Type.LanguageChange:
            self._translate()
        return done
