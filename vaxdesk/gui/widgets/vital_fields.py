"""The measurements of a screening form: typed without a comma (``366`` is 36,6), checked against the form's limits.

The two blood pressures stand in one field, as they are said and as the device shows them: ``120/80``, or ``12080``.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from math import isfinite

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QGridLayout, QLabel, QLineEdit, QWidget

from vaxdesk import i18n
from vaxdesk.domain.screening import ScreeningForm, Vital
from vaxdesk.gui import style
from vaxdesk.i18n import _

#: The pair that one field takes, and what the usual one is called in the judgement.
UPPER, LOWER, PAIR = "systolic", "diastolic", "blood_pressure"
_PAIR = re.compile(r"(\d{2,3})\s*[/\-., ]\s*(\d{2,3})")


class VitalEdit(QLineEdit):
    """A number of one measurement, or the two numbers of a pair. ``prefix`` is ``usual_`` for the usual pressure."""

    def __init__(
        self, vital: Vital, second: Vital | None = None, prefix: str = "", parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self.vital, self.second, self.prefix = vital, second, prefix

    @property
    def ids(self) -> tuple[str, ...]:
        """What the field answers to."""
        names = (self.vital.id,) if self.second is None else (self.vital.id, self.second.id, PAIR)
        return tuple(self.prefix + name for name in names)

    def found(self) -> dict[str, float]:
        """What was measured, by id; nothing while what stands here is no number, or not yet a pair."""
        if self.second is None:
            value = number_of(self.text(), self.vital)
            return {} if value is None else {self.vital.id: value}
        pair = pair_of(self.text())
        return {} if pair is None else {self.prefix + self.vital.id: pair[0], self.prefix + self.second.id: pair[1]}

    @property
    def unread(self) -> bool:
        """Something stands here that cannot be read."""
        return bool(self.text().strip()) and not self.found()


def pair_of(text: str) -> tuple[int, int] | None:
    """The two pressures of ``120/80``, ``120 80`` or ``12080``; None for anything else."""
    plain = text.strip()
    if plain.isdigit() and 4 <= len(plain) <= 6:
        plain = f"{plain[: -2 if len(plain) < 6 else -3]}/{plain[-2 if len(plain) < 6 else -3 :]}"
    match = _PAIR.fullmatch(plain)
    return (int(match[1]), int(match[2])) if match else None


def number_of(text: str, vital: Vital) -> float | None:
    """The number that was typed: ``366``, ``36,6`` and ``36.6`` are 36.6 where one decimal is usual; None for nothing
    and for what is no number."""
    plain = text.strip().replace(",", ".")
    try:
        value = float(plain)
    except ValueError:
        return None
    if not isfinite(value):
        return None
    low, high = vital.plausible
    if "." not in plain and not low <= value <= high and vital.decimals:
        shifted = value / 10**vital.decimals
        if low <= shifted <= high:
            value = shifted
    return int(value) if value.is_integer() and not vital.decimals else value


class VitalFields(QWidget):
    """One field a measurement; those whom a measurement is asked of are told so beside it."""

    changed = Signal()

    def __init__(self, parent: QWidget, grid: QGridLayout) -> None:
        super().__init__(parent)
        self.hide()
        self._host = parent
        self._grid = grid
        self._fields: list[VitalEdit] = []
        self._labels: dict[VitalEdit, QLabel] = {}
        self._asked: frozenset[str] = frozenset()

    def show_form(self, form: ScreeningForm, values: Mapping[str, object]) -> None:
        """Draw the form's measurements; those asked of everybody come first."""
        while self._grid.count():
            widget = self._grid.takeAt(0).widget()
            if widget is not None:
                widget.hide()
                widget.deleteLater()
        self._fields.clear()
        self._labels.clear()
        self._asked = frozenset()
        by_id = {vital.id: vital for vital in form.vitals}
        lower = by_id.get(LOWER) if UPPER in by_id else None
        for vital in form.vitals:
            if vital.id == UPPER and lower is not None:
                self._draw(VitalEdit(vital, lower, parent=self._host), _shared(vital, lower), values)
            elif vital.id != LOWER or lower is None:
                self._draw(VitalEdit(vital, parent=self._host), vital.label.text(i18n.language()), values)
        if lower is not None and by_id[UPPER].usual_excess is not None:
            label = _("{vital}, usually").format(vital=_shared(by_id[UPPER], lower))
            self._draw(VitalEdit(by_id[UPPER], lower, "usual_", self._host), label, values)
        self._mark()

    def _draw(self, edit: VitalEdit, words: str, values: Mapping[str, object]) -> None:
        label = QLabel(words, self._host)
        label.setProperty("type", "label")
        label.setBuddy(edit)
        edit.setAccessibleName(words)
        texts = [_shown(values.get(name)) for name in edit.ids[: 1 if edit.second is None else 2]]
        edit.setText("/".join(texts) if all(texts) else "")
        edit.textEdited.connect(self._typed)
        line = len(self._fields)
        self._grid.addWidget(label, 2 * (line // 2), line % 2)
        self._grid.addWidget(edit, 2 * (line // 2) + 1, line % 2)
        self._fields.append(edit)
        self._labels[edit] = label

    def ask_for(self, asked: Collection[str], usual: bool) -> None:
        """Name the measurements that this person should have had and that are empty; ``usual``: whose usual pressure
        counts as well."""
        self._asked = frozenset(asked)
        for edit in self._fields:
            if edit.prefix:
                edit.setVisible(usual or bool(edit.text()))
                self._labels[edit].setVisible(edit.isVisibleTo(self._host))
        self._mark()

    def _typed(self, _text: str) -> None:
        self._mark()
        self.changed.emit()

    def _mark(self) -> None:
        """An abnormal value stands on amber, and so does an empty field that is asked for."""
        for edit in self._fields:
            wanted = not edit.text().strip() and bool(self._asked.intersection(edit.ids))
            unit = edit.vital.unit
            if edit.vital.asked.always:
                edit.setPlaceholderText(unit)
            else:
                # What matters comes first: a narrow field cuts the unit.
                edit.setPlaceholderText(f"{_('asked for')} · {unit}" if wanted else f"{unit} · {_('optional')}")
            odd = edit.unread or (
                not edit.prefix and any(_outside(value, edit, name) for name, value in edit.found().items())
            )
            style.mark(edit, "state", "warn" if odd or (wanted and not edit.vital.asked.always) else "")

    def values(self) -> dict[str, float]:
        """Measurement id to number; empty fields are left out."""
        found: dict[str, float] = {}
        for edit in self._fields:
            if edit.isVisibleTo(self._host):
                found |= edit.found()
        return found

    def unread(self) -> tuple[str, str] | None:
        """The first field whose text cannot be read: its id and its words."""
        found = next((edit for edit in self._fields if edit.unread), None)
        return (found.ids[0], self._labels[found].text()) if found is not None else None

    def texts(self) -> list[str]:
        """What stands in the fields, in their order."""
        return [edit.text() for edit in self._fields]

    def put(self, texts: list[str]) -> None:
        """Write texts back, after the same form was drawn anew."""
        for edit, text in zip(self._fields, texts, strict=True):
            edit.setText(text)
        self._mark()

    def focus_first(self) -> None:
        """Go to the first field."""
        for edit in self._fields[:1]:
            edit.setFocus()

    def focus(self, ident: str) -> bool:
        """Go to a measurement."""
        for edit in self._fields:
            if ident in edit.ids:
                edit.setFocus()
                edit.selectAll()
                return True
        return False


def _outside(value: float, edit: VitalEdit, name: str) -> bool:
    vital = edit.second if edit.second is not None and name == edit.second.id else edit.vital
    return (vital.low is not None and value < vital.low) or (vital.high is not None and value > vital.high)


def _shared(upper: Vital, lower: Vital) -> str:
    """What both labels say: "Huyết áp" of "Huyết áp tối đa" and "Huyết áp tối thiểu"."""
    language = i18n.language()
    mine, other = upper.label.text(language).split(), lower.label.text(language).split()
    begin = [a for a, b in zip(mine, other, strict=False) if a == b]
    end = [a for a, b in zip(reversed(mine), reversed(other), strict=False) if a == b]
    words = " ".join(begin[:2]) or " ".join(reversed(end))
    return words[:1].upper() + words[1:] if words else upper.label.text(language)


def _shown(value: object) -> str:
    if value is None:
        return ""
    text = str(value)
    return text.replace(".", ",") if i18n.language() == "vi" else text
