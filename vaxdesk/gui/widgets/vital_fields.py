"""The measurements of a screening form: typed without a comma (``366`` is 36,6), checked against the form's limits."""

from __future__ import annotations

from collections.abc import Mapping

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QGridLayout, QLabel, QLineEdit, QWidget

from vaxdesk import i18n
from vaxdesk.domain.screening import ScreeningForm, Vital
from vaxdesk.gui import style
from vaxdesk.i18n import _


class VitalEdit(QLineEdit):
    """A number of one measurement."""

    def __init__(self, vital: Vital, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.vital = vital
        self.setAccessibleName(vital.label.text(i18n.language()))


def number_of(text: str, vital: Vital) -> float | str | None:
    """The number that was typed: ``366``, ``36,6`` and ``36.6`` are 36.6 where one decimal is usual; None for nothing.

    What is no number is given back as it stands, for the rules to refuse in words.
    """
    plain = text.strip().replace(",", ".")
    if not plain:
        return None
    try:
        value = float(plain)
    except ValueError:
        return text.strip()
    low, high = vital.plausible
    if "." not in plain and not low <= value <= high and vital.decimals:
        shifted = value / 10**vital.decimals
        if low <= shifted <= high:
            value = shifted
    return int(value) if value.is_integer() and not vital.decimals else value


class VitalFields(QWidget):
    """One field a measurement; blood pressure takes two fields."""

    changed = Signal()

    def __init__(self, parent: QWidget, grid: QGridLayout) -> None:
        super().__init__(parent)
        self.hide()
        self._host = parent
        self._grid = grid
        self._fields: dict[str, VitalEdit] = {}

    def show_form(self, form: ScreeningForm, values: Mapping[str, object], age: int) -> None:
        """Draw the form's measurements; those asked of everybody come first."""
        while self._grid.count():
            widget = self._grid.takeAt(0).widget()
            if widget is not None:
                widget.hide()
                widget.deleteLater()
        self._fields.clear()
        for line, vital in enumerate(form.vitals):
            label = QLabel(vital.label.text(i18n.language()), self._host)
            label.setProperty("type", "label")
            edit = VitalEdit(vital, self._host)
            edit.setText(_shown(values.get(vital.id)))
            edit.textEdited.connect(self._typed)
            label.setBuddy(edit)
            needed = vital.asked.always
            edit.setPlaceholderText(vital.unit if needed else f"{vital.unit} · " + _("optional"))
            row, column = 2 * (line // 2), line % 2
            self._grid.addWidget(label, row, column)
            self._grid.addWidget(edit, row + 1, column)
            self._fields[vital.id] = edit
        self._mark()

    def _typed(self, _text: str) -> None:
        self._mark()
        self.changed.emit()

    def _mark(self) -> None:
        """An abnormal value stands on amber."""
        for edit in self._fields.values():
            value = number_of(edit.text(), edit.vital)
            vital = edit.vital
            odd = isinstance(value, str) or (
                value is not None
                and ((vital.low is not None and value < vital.low) or (vital.high is not None and value > vital.high))
            )
            style.mark(edit, "state", "warn" if odd else "")

    def values(self) -> dict[str, float | str]:
        """Measurement id to number; empty fields are left out."""
        found = {ident: number_of(edit.text(), edit.vital) for ident, edit in self._fields.items()}
        return {ident: value for ident, value in found.items() if value is not None}

    def texts(self) -> dict[str, str]:
        """What stands in the fields."""
        return {ident: edit.text() for ident, edit in self._fields.items()}

    def put(self, texts: Mapping[str, str]) -> None:
        """Write texts back, after the form was drawn anew."""
        for ident, text in texts.items():
            if ident in self._fields:
                self._fields[ident].setText(text)
        self._mark()

    def focus_first(self) -> None:
        """Go to the first field."""
        for edit in self._fields.values():
            edit.setFocus()
            return

    def focus(self, ident: str) -> bool:
        """Go to a measurement."""
        if ident not in self._fields:
            return False
        self._fields[ident].setFocus()
        self._fields[ident].selectAll()
        return True


def _shown(value: object) -> str:
    if value is None:
        return ""
    text = str(value)
    return text.replace(".", ",") if i18n.language() == "vi" else text
