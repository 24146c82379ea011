"""Doses given elsewhere, from a paper or as the person says: product and day, lot and place where they are known."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from PySide6.QtWidgets import QComboBox, QDialog, QLabel, QLineEdit, QWidget

from vaxdesk.domain.campaign import Campaign
from vaxdesk.domain.dates import parse_partial
from vaxdesk.errors import FieldError
from vaxdesk.gui import forms, person_words
from vaxdesk.gui.form_fields import FormField, FormFields
from vaxdesk.gui.models.table import Column, RowsModel
from vaxdesk.gui.widgets.buttons import KeyButton
from vaxdesk.gui.widgets.tables import RowTable
from vaxdesk.i18n import N_, _
from vaxdesk.services.doses import EVIDENCE, REACTIONS, EarlierDose

_FIELDS = ("product", "occurred", "evidence", "lot_number", "place", "reaction", "reaction_note")


class EarlierDosesDialog(QDialog):
    """A small list; F6 adds another one, F12 takes all of them, the one in the fields included."""

    title: QLabel
    about: QLabel
    rows: RowTable
    product: QComboBox
    occurred: QLineEdit
    evidence: QComboBox
    lot_number: QLineEdit
    place: QLineEdit
    reaction: QComboBox
    reaction_note: QLineEdit
    add: KeyButton
    remove: KeyButton
    cancel: KeyButton
    ok: KeyButton

    def __init__(
        self,
        parent: QWidget | None,
        campaign: Campaign,
        today: date,
        doses: Sequence[EarlierDose] = (),
        about: str = "",
    ) -> None:
        super().__init__(parent)
        forms.load(self, "dialogs/earlier_doses.ui")
        self._campaign = campaign
        self._today = today
        self._doses = list(doses)
        self.setWindowTitle(_("Doses given elsewhere"))
        self.title.setText(_("Doses given elsewhere"))
        sources = _(
            "From a certificate, a vaccination book, or as the person says. "
            "Month and year, or the year alone, are enough."
        )
        self.about.setText(f"{about}\n{sources}" if about else sources)
        columns = (
            Column[EarlierDose](N_("Day"), lambda dose: dose.occurred.vietnamese(), width=110),
            Column[EarlierDose](
                N_("Vaccine"), lambda dose: person_words.product_name(campaign, dose.product_code), bold=True
            ),
            Column[EarlierDose](N_("Lot"), lambda dose: dose.lot_number or "–", width=110),
            Column[EarlierDose](N_("How it is known"), lambda dose: _(EVIDENCE[dose.evidence]), width=140),
            Column[EarlierDose](N_("Reaction"), _reaction, width=140, tip=_reaction),
        )
        self._model = RowsModel(columns, lambda dose: (dose.occurred.iso(), dose.product_code), self)
        self.rows.use(self._model)
        for code in campaign.products:
            self.product.addItem(person_words.product_name(campaign, code), code)
        for code in ("paper", "spoken"):
            self.evidence.addItem(_(EVIDENCE[code]), code)
        self.reaction.addItem(_("None, or not known"), "")
        for code, words in REACTIONS.items():
            self.reaction.addItem(_(words), code)
        self._fields = FormFields(
            {name: FormField(getattr(self, name), self.findChild(QLabel, f"{name}_below")) for name in _FIELDS}
        )
        self.add.clicked.connect(self._add)
        self.remove.clicked.connect(self._remove)
        self.ok.clicked.connect(self._accept)
        self.cancel.clicked.connect(self.reject)
        self._show()
        self.setMinimumWidth(720)
        self.product.setFocus()

    def doses(self) -> tuple[EarlierDose, ...]:
        """All doses of the list."""
        return tuple(self._doses)

    def _show(self) -> None:
        self._model.show(sorted(self._doses, key=lambda dose: dose.occurred.iso()))
        self.rows.setVisible(bool(self._doses))
        self.remove.setVisible(bool(self._doses))

    def _take(self) -> bool:
        """The dose in the fields into the list; False when it cannot be taken."""
        self._fields.clear()
        try:
            occurred = parse_partial(self.occurred.text(), self._today, "occurred")
        except FieldError as error:
            self._fields.show([error])
            return False
        dose = EarlierDose(
            "",
            self.product.currentData(),
            occurred,
            self.evidence.currentData(),
            self.lot_number.text().strip().upper(),
            self.place.text().strip(),
            self.reaction.currentData(),
            self.reaction_note.text().strip(),
        )
        if dose.reaction == "severe" and not dose.reaction_note:
            self._fields.show([FieldError("reaction_note", "Write what the severe reaction was.")])
            return False
        if any(d.occurred == dose.occurred and d.product_code == dose.product_code for d in self._doses):
            self._fields.show([FieldError("occurred", "This dose is in the list already.")])
            return False
        self._doses.append(dose)
        self.occurred.clear()
        self.lot_number.clear()
        self.reaction.setCurrentIndex(0)
        self.reaction_note.clear()
        self._show()
        return True

    def _add(self) -> None:
        if self._take():
            self.product.setFocus()

    def _remove(self) -> None:
        chosen = self.rows.current()
        if chosen is None and len(self._doses) == 1:
            chosen = self._doses[0]
        if chosen is not None:
            self._doses.remove(chosen)
            self._show()

    def _accept(self) -> None:
        if (self.occurred.text().strip() or not self._doses) and not self._take():
            return
        self.accept()


def _reaction(dose: EarlierDose) -> str:
    """The reaction in a word, with what it was."""
    if not dose.reaction:
        return "–"
    return " · ".join(part for part in (_(REACTIONS[dose.reaction]), dose.reaction_note) if part)
