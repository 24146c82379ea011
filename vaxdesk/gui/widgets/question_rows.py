"""The rows of a screening form: number, wording, No and Yes; number keys turn a row over."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from math import isfinite
from typing import Any

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QButtonGroup, QComboBox, QGridLayout, QLabel, QLineEdit, QPushButton, QWidget

from vaxdesk import i18n
from vaxdesk.domain.screening import Kind, Question, ScreeningForm
from vaxdesk.gui import style
from vaxdesk.i18n import _


class _Row:
    """The widgets of one row."""

    def __init__(self, question: Question) -> None:
        self.question = question
        self.no: QPushButton | None = None
        self.yes: QPushButton | None = None
        self.detail: QLineEdit | None = None
        self.decision: QComboBox | None = None
        self.words: QLabel | None = None


class QuestionRows(QWidget):
    """All rows. A form has at most some twenty of them, so each has its own widgets."""

    changed = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._grid = QGridLayout(self)
        self._grid.setContentsMargins(0, 0, 0, 0)
        self._grid.setHorizontalSpacing(8)
        self._grid.setVerticalSpacing(5)
        self._grid.setColumnStretch(1, 1)
        self._rows: dict[str, _Row] = {}
        self._form: ScreeningForm | None = None

    def show_form(self, form: ScreeningForm, product: str, sex: str, answers: Mapping[str, Any]) -> None:
        """Draw a form with its answers."""
        while self._grid.count():
            widget = self._grid.takeAt(0).widget()
            if widget is not None:
                widget.hide()
                widget.deleteLater()
        self._rows.clear()
        self._form = form
        for line, question in enumerate(form.questions):
            if question.kind is Kind.HEADING:
                below = [row for row in form.questions if row.parent == question.id]
                if below and not any(row.asked_for(product, sex) for row in below):
                    continue
            elif not question.asked_for(product, sex):
                continue
            self._draw(line, question, answers.get(question.id))

    def _draw(self, line: int, question: Question, value: Any) -> None:
        language = i18n.language()
        row = _Row(question)
        number = QLabel(question.number, self)
        number.setProperty("type", "strong")
        number.setFixedWidth(24)
        row.words = QLabel(question.text.text(language), self)
        row.words.setWordWrap(True)
        self._grid.addWidget(number, 2 * line, 0, Qt.AlignmentFlag.AlignTop)
        self._grid.addWidget(row.words, 2 * line, 1)
        if question.kind is Kind.HEADING:
            row.words.setProperty("type", "muted")
            return
        self._rows[question.id] = row
        if question.kind is Kind.BOOL:
            self._draw_choice(line, row, value)
        if question.kind is not Kind.BOOL or question.detail is not None:
            row.detail = QLineEdit(self)
            row.detail.setPlaceholderText(question.detail.text(language) if question.detail else "")
            row.detail.setAccessibleName(question.text.text(language))
            number = isinstance(value, int | float) and not isinstance(value, bool)
            row.detail.setText(_shown(value) if number else value if isinstance(value, str) else "")
            row.detail.textEdited.connect(self._tell)
            self._grid.addWidget(row.detail, 2 * line + 1, 1)
        if question.decision:
            row.decision = QComboBox(self)
            row.decision.addItem(_("The screener decides…"), "")
            assert self._form is not None
            for code in question.decision:
                outcome = self._form.outcomes[code]
                row.decision.addItem(outcome.label.text(language), code)
            row.decision.currentIndexChanged.connect(self._tell)
            self._grid.addWidget(row.decision, 2 * line + 1, 2, 1, 2)
        self._show_extras(row)

    def _draw_choice(self, line: int, row: _Row, value: Any) -> None:
        group = QButtonGroup(self)
        for column, words, yes in ((2, _("No"), False), (3, _("Yes"), True)):
            button = QPushButton(words, self)
            button.setCheckable(True)
            button.setAutoDefault(False)
            button.setProperty("variant", "small")
            button.setProperty("answer", "yes" if yes else "no")
            button.setAccessibleName(f"{row.question.number} {row.question.text.text(i18n.language())}: {words}")
            button.setFocusPolicy(Qt.FocusPolicy.TabFocus if yes else Qt.FocusPolicy.ClickFocus)
            group.addButton(button)
            self._grid.addWidget(button, 2 * line, column, Qt.AlignmentFlag.AlignTop)
            if yes:
                row.yes = button
            else:
                row.no = button
        assert row.yes is not None
        assert row.no is not None
        found = value is True or (isinstance(value, str) and value != "")
        row.yes.setChecked(found)
        row.no.setChecked(value is False)
        for button in (row.yes, row.no):
            button.clicked.connect(partial(self._chosen, row))

    def _chosen(self, row: _Row, _checked: bool = False) -> None:
        self._show_extras(row)
        self._tell()

    def _show_extras(self, row: _Row) -> None:
        on = row.yes is None or row.yes.isChecked()
        if row.detail is not None:
            row.detail.setVisible(on)
        if row.decision is not None:
            row.decision.setVisible(on)

    def _tell(self, *_values: object) -> None:
        self.changed.emit()

    def answer_rest(self, answers: Mapping[str, Any]) -> None:
        """Put these answers on the rows that have none."""
        for ident, value in answers.items():
            row = self._rows.get(ident)
            if row is None or row.yes is None or row.no is None or row.yes.isChecked() or row.no.isChecked():
                continue
            (row.yes if value else row.no).setChecked(True)
            self._show_extras(row)

    def put_answer(self, ident: str, answer: bool | None) -> None:
        """Answer a row without telling anybody; None takes its answer away."""
        row = self._rows.get(ident)
        if row is None or row.yes is None or row.no is None:
            return
        group = row.yes.group()
        group.setExclusive(False)
        row.yes.setChecked(answer is True)
        row.no.setChecked(answer is False)
        group.setExclusive(True)
        self._show_extras(row)

    def toggle_number(self, digits: str) -> None:
        """Turn the row with this number over, as if its other button were pressed."""
        for row in self._rows.values():
            if row.question.number == digits and row.yes is None and row.detail is not None:
                row.detail.setFocus()
                return
            if row.question.number == digits and row.yes is not None and row.no is not None:
                # Whoever presses a row's number has found something; pressed again, it was nothing.
                (row.no if row.yes.isChecked() else row.yes).setChecked(True)
                self._chosen(row)
                if row.yes.isChecked() and row.detail is not None:
                    row.detail.setFocus()
                return

    def answers(self) -> dict[str, Any]:
        """Question id to True, False, or the text written beside a yes; unanswered rows are left out."""
        found: dict[str, Any] = {}
        for ident, row in self._rows.items():
            text = row.detail.text().strip() if row.detail is not None else ""
            if row.question.kind is Kind.NUMBER:
                number = _number(text)
                if number is not None:
                    found[ident] = number
            elif row.yes is None:
                if text:
                    found[ident] = text
            elif row.yes.isChecked():
                found[ident] = text or True
            elif row.no is not None and row.no.isChecked():
                found[ident] = False
        return found

    def decisions(self) -> dict[str, str]:
        """What the screener decided where the form fixes no outcome."""
        return {
            ident: row.decision.currentData()
            for ident, row in self._rows.items()
            if row.decision is not None and row.yes is not None and row.yes.isChecked() and row.decision.currentData()
        }

    def unread(self) -> tuple[str, str] | None:
        """The first row whose text is to be a number and is none: its id and its words."""
        for ident, row in self._rows.items():
            text = row.detail.text().strip() if row.detail is not None else ""
            if row.question.kind is Kind.NUMBER and text and _number(text) is None:
                return ident, row.question.text.text(i18n.language())
        return None

    def mark_triggered(self, items: set[str]) -> None:
        """Show which rows count."""
        for ident, row in self._rows.items():
            if row.words is not None:
                style.mark(row.words, "type", "strong" if ident in items else "")

    def focus(self, ident: str) -> bool:
        """Go to a row."""
        row = self._rows.get(ident)
        if row is None:
            return False
        target = row.yes or row.detail
        if target is not None:
            target.setFocus()
        return target is not None


def _number(text: str) -> float | None:
    """What was typed with a comma or a point, a whole number as one; None for what is no number."""
    try:
        value = float(text.replace(",", "."))
    except ValueError:
        return None
    if not isfinite(value):
        return None
    return int(value) if value.is_integer() else value


def _shown(value: float) -> str:
    text = f"{value:g}"
    return text.replace(".", ",") if i18n.language() == "vi" else text
