"""The screening step: the pack's form, measurements, and the judgement as it is filled."""

from __future__ import annotations

from functools import partial
from typing import Any

from PySide6.QtCore import QEvent, Qt, Signal
from PySide6.QtGui import QKeySequence, QShortcut
from PySide6.QtWidgets import QFrame, QGridLayout, QLabel, QLineEdit, QWidget

from vaxdesk import i18n
from vaxdesk.domain import screening as rules
from vaxdesk.domain.dates import PartialDate
from vaxdesk.domain.screening import NextList, ScreeningForm, ScreeningResult
from vaxdesk.errors import InputError, KnownError
from vaxdesk.gui import forms, person_words, style
from vaxdesk.gui.desk import Desk
from vaxdesk.gui.dialogs.decide import decide
from vaxdesk.gui.widgets.buttons import KeyButton
from vaxdesk.gui.widgets.question_rows import QuestionRows
from vaxdesk.gui.widgets.states import ErrorState
from vaxdesk.gui.widgets.vital_fields import VitalFields
from vaxdesk.i18n import N_, _
from vaxdesk.queries.desk_view import VisitFacts
from vaxdesk.services import screenings
from vaxdesk.services.screenings import RecordScreening

#: Where a person stands after an outcome, in words.
NEXT_WORDS = {
    NextList.INJECT: N_("Next: injection"),
    NextList.RECALL: N_("Next: called again later"),
    NextList.REFER_HOSPITAL: N_("Next: sent to a hospital"),
    NextList.CONTRAINDICATED: N_("Next: no more of this vaccine"),
    NextList.PHYSICIAN: N_("Next: the physician decides"),
}


class ScreeningPanel(QWidget):
    """A form of the campaign pack. ``concluded`` carries the command."""

    form_title: QLabel
    form_source: QLabel
    rows: QWidget
    vitals: QWidget
    vitals_card: QFrame
    history: QLabel
    next_dose: QLabel
    result_card: QFrame
    outcome: QLabel
    details: QLabel
    reason_label: QLabel
    reason: QLineEdit
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
        self.conclude.clicked.connect(self._conclude)
        self.choose.clicked.connect(self._choose)
        self.nothing.clicked.connect(self._nothing_found)

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
        self.history.setText(
            "\n".join(person_words.dose_line(campaign, dose) for dose in facts.doses) or _("No earlier dose is known.")
        )
        self.next_dose.setText(person_words.next_dose(campaign, facts.evaluation, today))
        self.setEnabled(self._form is not None)
        if self._form is None:
            self.form_title.setText(_("The campaign has no screening form for this age."))
            return
        self.form_title.setText(self._form.title.text(i18n.language()))
        self.form_source.setText(self._form.source.text.reference)
        earlier = facts.screening
        same = earlier is not None and earlier.form == self._form.id
        answers: dict[str, Any] = dict(earlier.answers) if same and earlier else {}
        self.questions.show_form(self._form, product, details.sex, answers)
        self.measured.show_form(self._form, dict(earlier.vitals) if same and earlier else {}, age)
        if same and earlier:
            self.reason.setText(earlier.reason)
        self._judge()
        self.measured.focus_first()

    def _command(self, **more: Any) -> RecordScreening:
        assert self._facts is not None
        assert self._form is not None
        return RecordScreening(
            visit_id=self._facts.visit.visit_id,
            form_id=self._form.id,
            product_code=self._product,
            answers=self.questions.answers(),
            vitals=self.measured.values(),
            decisions=self.questions.decisions(),
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
                self._command(),
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
        if result is None:
            return
        language = i18n.language()
        self.questions.mark_triggered({item.item for item in result.triggered})
        lines = [f"{item.question.number}. {item.question.text.text(language)}" for item in result.triggered]
        lines += [f"• {outcome.label.text(language)}" for outcome in result.outcomes[1:]]
        lines += [_("To: {place}").format(place=place.label.text(language)) for place in result.elsewhere]
        lines += [_("Paper: {paper}").format(paper=paper.label.text(language)) for paper in result.papers]
        lines += [warning.words() for warning in result.warnings]
        if result.missing:
            names = ", ".join(item.number or item.label.text(language) for item in result.missing)
            lines.insert(0, _("Still missing: {names}").format(names=names))
        leading = result.leading
        if leading is None:
            self.outcome.setText(_("Not finished yet"))
        else:
            self.outcome.setText(leading.label.text(language))
        if result.next is not None:
            lines.append(_(NEXT_WORDS[result.next]))
        self.details.setText("\n".join(lines))
        needed = result.reason_required
        self.reason.setVisible(needed)
        self.reason_label.setVisible(needed)
        tone = "true"
        if leading is not None and not leading.eligible:
            tone = "warn" if leading.injectable and not result.elsewhere else "bad"
        style.mark(self.result_card, "card", tone)

    def _clear_error(self) -> None:
        self.error.tell(None)

    # concluding

    def _conclude(self) -> None:
        if self._facts is not None and self._form is not None:
            self.concluded.emit(self._command())

    def _choose(self) -> None:
        """Another outcome than the rules say, with its reason."""
        result = self._result()
        if result is None or self._form is None or self._facts is None:
            return
        chosen = decide(self, self._form, result, self._facts.visit.full_name, self.reason.text())
        if chosen is not None:
            outcome, reason = chosen
            self.reason.setText(reason)
            self.concluded.emit(self._command(outcome=outcome, despite_missing=bool(result.missing)))

    def refuse(self, error: KnownError) -> None:
        """The service did not take it: say why and go to the place."""
        self.error.tell(error)
        field = getattr(error, "field", "")
        if field == "reason":
            self.reason.setVisible(True)
            self.reason_label.setVisible(True)
            self.reason.setFocus(Qt.FocusReason.OtherFocusReason)
        elif not self.measured.focus(field):
            self.questions.focus(field)

    def changeEvent(self, event: QEvent) -> None:
        """Follow the language."""
        if event.type() == QEvent.Type.LanguageChange and self._facts is not None and self._form is not None:
            answers, vitals, reason = self.questions.answers(), self.measured.texts(), self.reason.text()
            self.show_visit(self._facts, self._product)
            self.questions.show_form(self._form, self._product, self._facts.card.details.sex, answers)
            self.measured.put(vitals)
            self.reason.setText(reason)
            self._judge()
        super().changeEvent(event)
