"""The screening step: the pack's form, measurements, and the judgement as it is filled."""

from __future__ import annotations

from functools import partial
from typing import Any

from PySide6.QtCore import QEvent, Qt, Signal
from PySide6.QtGui import QKeySequence, QShortcut
from PySide6.QtWidgets import QFrame, QGridLayout, QLabel, QLineEdit, QScrollArea, QWidget

from vaxdesk import i18n
from vaxdesk.domain import screening as rules
from vaxdesk.domain.dates import PartialDate, format_date
from vaxdesk.domain.screening import NextList, ScreeningForm, ScreeningResult
from vaxdesk.errors import FieldError, InputError, KnownError
from vaxdesk.gui import forms, person_words, recall, screening_words, style
from vaxdesk.gui.desk import Desk
from vaxdesk.gui.dialogs.check_list import check_list
from vaxdesk.gui.dialogs.decide import decide
from vaxdesk.gui.widgets.buttons import KeyButton
from vaxdesk.gui.widgets.question_rows import QuestionRows
from vaxdesk.gui.widgets.states import ErrorState
from vaxdesk.gui.widgets.vital_fields import VitalFields
from vaxdesk.i18n import _
from vaxdesk.queries.desk_view import VisitFacts
from vaxdesk.services import screenings
from vaxdesk.services.screenings import RecordScreening


class ScreeningPanel(QWidget):
    """A form of the campaign pack. ``concluded`` carries the command."""

    form_title: QLabel
    rows: QWidget
    vitals: QWidget
    vitals_card: QFrame
    ask_conditions: KeyButton
    conditions: QLabel
    history: QLabel
    next_dose: QLabel
    notes_card: QFrame
    details: QLabel
    side_scroll: QScrollArea
    result_card: QFrame
    outcome: QLabel
    others: QLabel
    reason_label: QLabel
    reason: QLineEdit
    recall_row: QWidget
    recall: QLineEdit
    error: ErrorState
    conclude: KeyButton
    choose: KeyButton
    nothing: KeyButton

    concluded = Signal(object)

    def __init__(self, desk: Desk, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.desk = desk
        forms.load(self, "widgets/screening_panel.ui")
        self._facts: VisitFacts | None = None
        self._form: ScreeningForm | None = None
        self._product = ""
        self._today: frozenset[str] = frozenset()
        #: Rows that a measurement answered with *yes*, with what stood there before.
        self._by_vitals: dict[str, bool | None] = {}
        self.questions = QuestionRows(self.rows)
        self.rows.layout().addWidget(self.questions)
        self.rows.layout().addStretch(1)
        grid = self.vitals.layout()
        assert isinstance(grid, QGridLayout)
        self.measured = VitalFields(self.vitals, grid)
        self.questions.changed.connect(self._judge)
        self.measured.changed.connect(self._judge)
        for digit in "123456789":
            shortcut = QShortcut(QKeySequence(f"Alt+{digit}"), self)
            shortcut.activated.connect(partial(self.questions.toggle_number, digit))
        self.reason.textEdited.connect(self._clear_error)
        self.recall.textEdited.connect(self._clear_error)
        self.conclude.clicked.connect(self._conclude)
        self.choose.clicked.connect(self._choose)
        self.nothing.clicked.connect(self._nothing_found)
        for part in (self.reason_label, self.reason, self.recall_row, self.notes_card, self.conditions):
            part.hide()
        self.ask_conditions.clicked.connect(self._ask_conditions)

    # filling

    def show_visit(self, facts: VisitFacts, product: str) -> None:
        """Show the form in force for the person; nothing is answered before it was asked."""
        campaign = self.desk.campaign()
        today = self.desk.today()
        details = facts.card.details
        age = details.birth.age_on(today) if details.birth else 18
        self._facts, self._product = facts, product
        self._form = rules.form_for(campaign.screening_forms.values(), age, today)
        self.reason.clear()
        self.error.tell(None)
        self._show_history()
        self.setEnabled(self._form is not None)
        if self._form is None:
            self.form_title.setText(_("The campaign has no screening form for this age."))
            return
        title = self._form.title.text(i18n.language())
        self.form_title.setText(f"{title} ({self._form.source.text.reference})")
        earlier = facts.screening if facts.screening is not None and facts.screening.form == self._form.id else None
        known = {condition.id for condition in self._form.conditions}
        self._today = known.intersection(earlier.conditions) if earlier else frozenset()
        self.questions.show_form(self._form, product, details.sex, dict(earlier.answers) if earlier else {})
        self.measured.show_form(self._form, dict(earlier.vitals) if earlier else {})
        self._by_vitals = {}
        self.recall.clear()
        if earlier:
            self.reason.setText(earlier.reason)
            self.recall.setText(format_date(earlier.deferred_until) if earlier.deferred_until is not None else "")
        self._judge()
        self.measured.focus_first()

    def _show_history(self) -> None:
        """The earlier doses with source and verdict, and what comes next: in sight without a key (F4, R-09)."""
        if self._facts is None:
            return
        campaign = self.desk.campaign()
        self.history.setText(person_words.history(campaign, self._facts.doses) or _("No earlier dose is known."))
        self.next_dose.setText(person_words.next_dose(campaign, self._facts.evaluation, self.desk.today()))

    # history and signs of today

    def _holding(self) -> frozenset[str]:
        """The form's conditions that hold: those known for good and those found today."""
        if self._facts is None or self._form is None:
            return frozenset()
        known = {condition.id for condition in self._form.conditions}
        return known.intersection((*self._facts.card.conditions, *self._today))

    def _ask_conditions(self) -> None:
        """What decides which measurements are made: asked of the person, seen on her."""
        if self._facts is None or self._form is None:
            return
        language = i18n.language()
        for_good = frozenset(self._facts.card.conditions)
        choices = [(each.id, each.label.text(language)) for each in self._form.conditions if each.id not in for_good]
        chosen = check_list(self, _("History and signs of today"), self._facts.visit.full_name, choices, self._today)
        if chosen is not None:
            self._today = frozenset(chosen[0])
            self._judge()

    def _show_conditions(self) -> None:
        labels = {each.id: each.label.text(i18n.language()) for each in self._form.conditions} if self._form else {}
        self.ask_conditions.setVisible(bool(labels))
        holding = self._holding()
        self.conditions.setText(" · ".join(words for code, words in labels.items() if code in holding))
        self.conditions.setVisible(bool(holding))

    def _command(self, **more: Any) -> RecordScreening:
        assert self._facts is not None
        assert self._form is not None
        more.setdefault("answers", self.questions.answers())
        return RecordScreening(
            visit_id=self._facts.visit.visit_id,
            form_id=self._form.id,
            product_code=self._product,
            vitals=self.measured.values(),
            decisions=self.questions.decisions(),
            conditions=self._today,
            reason=self.reason.text().strip(),
            **more,
        )

    def _nothing_found(self) -> None:
        """Every row that is not answered yet on *no*: one act after all were asked."""
        if self._form is not None and self._facts is not None:
            self.questions.answer_rest(rules.nothing_found(self._form, self._product, self._facts.card.details.sex))
            self._judge()

    # judging

    def _result(self) -> ScreeningResult | None:
        if self._facts is None or self._form is None:
            return None
        details = self._facts.card.details
        try:
            _form, result = screenings.judge(
                self.desk.campaign(),
                self._command(answers=self._said()),
                details.birth or PartialDate(1990),
                details.sex,
                self.desk.today(),
                conditions=self._facts.card.conditions,
                capabilities=self._facts.capabilities,
                recent=self._facts.recent_vaccination,
            )
        except InputError as error:
            self.error.tell(error)
            return None
        return result

    def _judge(self) -> None:
        self.error.tell(None)
        result = self._result()
        if result is None or self._form is None:
            return
        self._answer_by_vitals(result)
        self.questions.mark_triggered({item.item for item in result.triggered})
        asked = {warning.subject for warning in result.warnings if warning.code == "not_measured"}
        holding = self._holding()
        usual = any(holding & vital.asked.conditions for vital in self._form.vitals if vital.usual_excess is not None)
        self.measured.ask_for(asked, usual)
        self._show_conditions()
        self._show_result(result)
        notes = screening_words.notes(
            result, self._facts.recent_vaccination if self._facts else None, self.desk.today()
        )
        self.details.setText("\n".join(notes))
        self.notes_card.setVisible(bool(notes))

    def _said(self) -> dict[str, Any]:
        """What was answered by hand: a row that a measurement answered counts as not asked while it is judged."""
        return {ident: value for ident, value in self.questions.answers().items() if ident not in self._by_vitals}

    def _answer_by_vitals(self, result: ScreeningResult) -> None:
        """A measurement outside its limits answers its row with *yes* on the form as well, and takes it back."""
        assert self._form is not None
        measured = {vital.question for vital in self._form.vitals if vital.question}
        said = self._said()
        found = {item.item for item in result.triggered if item.item in measured and not said.get(item.item)}
        for ident in set(self._by_vitals) - found:
            self.questions.put_answer(ident, self._by_vitals.pop(ident))
        for ident in found - set(self._by_vitals):
            self._by_vitals[ident] = said.get(ident)
            self.questions.put_answer(ident, True)

    def _show_result(self, result: ScreeningResult) -> None:
        """The gravest outcome leads, the others stand below it, then what follows and what is still missing."""
        language = i18n.language()
        leading = result.leading
        said = [screening_words.outcome(result, each) for each in result.outcomes]
        self.outcome.setText(said[0] if said else _("Not finished yet"))
        lines = [_("Also: {outcome}").format(outcome=words) for words in said[1:]]
        if result.missing:
            names = ", ".join(item.number or item.label.text(language) for item in result.missing)
            lines.append(_("Still missing: {names}").format(names=names))
        if result.next is not None:
            lines.append(screening_words.next_list(result.next))
        self.others.setText("\n".join(lines))
        self.reason.setVisible(result.reason_required)
        self.reason_label.setVisible(result.reason_required)
        self.recall_row.setVisible(result.next is NextList.RECALL)
        if result.recall_days and not self.recall.text():
            self.recall.setText(str(result.recall_days))
        tone = "true"
        if leading is not None and not leading.eligible:
            # Red is for what would harm the person here; waiting or watching closely is amber.
            tone = "bad" if result.next in (NextList.CONTRAINDICATED, NextList.REFER_HOSPITAL) else "warn"
        style.mark(self.result_card, "card", tone)

    def _clear_error(self) -> None:
        self.error.tell(None)

    # concluding

    def _conclude(self) -> None:
        if self._facts is None or self._form is None:
            return
        unread = self.measured.unread() or self.questions.unread()
        if unread is not None:
            self.refuse(FieldError(unread[0], "{vital}: enter a number.", vital=unread[1]))
            return
        try:
            again = recall.read(self.recall.text(), self.desk.today()) if self.recall.isVisibleTo(self) else None
        except FieldError as error:
            self.refuse(error)
            return
        self.concluded.emit(self._command(recall_on=again))

    def _choose(self) -> None:
        """Another outcome than the rules say, with its reason."""
        result = self._result()
        if result is None or self._form is None or self._facts is None:
            return
        name, reason = self._facts.visit.full_name, self.reason.text()
        chosen = decide(self, self._form, result, name, reason, self.desk.today(), self.recall.text())
        if chosen is not None:
            self.reason.setText(chosen.reason)
            command = self._command(
                outcome=chosen.outcome,
                next_list=chosen.next_list,
                recall_on=chosen.recall_on,
                despite_missing=bool(result.missing),
            )
            self.concluded.emit(command)

    def refuse(self, error: KnownError) -> None:
        """The service did not take it: say why and go to the place."""
        self.error.tell(error)
        field = getattr(error, "field", "")
        if field == "reason":
            self.reason.setVisible(True)
            self.reason_label.setVisible(True)
            self.reason.setFocus(Qt.FocusReason.OtherFocusReason)
        elif field == "recall_on":
            self.recall.setFocus()
        elif not self.measured.focus(field):
            self.questions.focus(field)

    def changeEvent(self, event: QEvent) -> None:
        """Follow the language."""
        if event.type() == QEvent.Type.LanguageChange and self._facts is not None and self._form is not None:
            answers, vitals, reason = self.questions.answers(), self.measured.texts(), self.reason.text()
            today, recalled, held = self._today, self.recall.text(), self._by_vitals
            self.show_visit(self._facts, self._product)
            self._today = today
            self.recall.setText(recalled)
            self.questions.show_form(self._form, self._product, self._facts.card.details.sex, answers)
            self._by_vitals = held
            self.measured.put(vitals)
            self.reason.setText(reason)
            self._judge()
        super().changeEvent(event)
