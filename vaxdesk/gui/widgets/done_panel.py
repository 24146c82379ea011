"""A visit that has ended: how, when, and what can still be done."""

from __future__ import annotations

from functools import partial

from PySide6.QtCore import QEvent, Signal
from PySide6.QtWidgets import QLabel, QWidget

from vaxdesk import i18n
from vaxdesk.domain.dates import format_date, format_time
from vaxdesk.gui import consent_words, forms, person_words
from vaxdesk.gui.desk import Desk
from vaxdesk.gui.widgets.buttons import KeyButton
from vaxdesk.i18n import N_, _
from vaxdesk.queries.desk_view import VisitFacts

ENDS = {
    "done": N_("Vaccinated and gone home"),
    "refused": N_("Does not want the vaccine"),
    "deferred": N_("Deferred"),
    "referred": N_("Sent elsewhere"),
    "not-given": N_("No dose was given"),
}


class DonePanel(QWidget):
    """``paper`` asks for the certificate, ``undo`` to take the dose back, ``again`` for a step of the visit."""

    title: QLabel
    words: QLabel
    times: QLabel
    certificate: KeyButton
    undo_dose: KeyButton
    screen_again: KeyButton
    dose_given: KeyButton

    paper = Signal()
    undo = Signal()
    again = Signal(str)

    def __init__(self, desk: Desk, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.desk = desk
        forms.load(self, "widgets/done_panel.ui")
        self._facts: VisitFacts | None = None
        self.certificate.clicked.connect(self.paper)
        self.undo_dose.clicked.connect(self.undo)
        self.screen_again.clicked.connect(partial(self.again.emit, "screening"))
        self.dose_given.clicked.connect(partial(self.again.emit, "dose"))
        for button in (self.screen_again, self.dose_given):
            button.hide()

    def show_visit(self, facts: VisitFacts) -> None:
        """Show how the visit ended."""
        self._facts = facts
        visit = facts.visit
        self.title.setText(_(ENDS[visit.stage]))
        parts = []
        if visit.given_at is not None:
            product = person_words.product_name(self.desk.campaign(), visit.product_code)
            parts.append(
                _("Dose {number}: {product}, lot {lot}").format(
                    number=visit.dose_number, product=product, lot=visit.lot_number
                )
            )
        form = self.desk.campaign().screening_forms.get(facts.screening.form) if facts.screening else None
        if facts.screening is not None and form is not None and visit.stage in ("deferred", "referred"):
            outcome = form.outcomes.get(facts.screening.outcome)
            parts += [outcome.label.text(i18n.language()) if outcome else "", facts.screening.reason]
            until = facts.screening.deferred_until
            if until is not None:
                parts.append(_("Called again from {day} on").format(day=format_date(until)))
        if visit.stage == "refused" and facts.consent is not None:
            parts += [consent_words.state(facts.consent), consent_words.answer(self.desk.campaign(), facts.consent)]
        if visit.stage == "not-given":
            parts += [dose.row.not_done_reason for dose in facts.doses if dose.row.status == "not-done"][-1:]
        self.words.setText("\n".join(part for part in parts if part))
        times = [_("Arrived {time}").format(time=format_time(visit.checked_in_at))]
        if visit.given_at is not None:
            times.append(_("dose {time}").format(time=format_time(visit.given_at)))
        if visit.released_at is not None:
            times.append(_("left {time}").format(time=format_time(visit.released_at)))
        if visit.early_reason:
            times.append(_("early: {reason}").format(reason=visit.early_reason))
        self.times.setText(" · ".join(times))
        self.certificate.setVisible(visit.given_at is not None)
        self.undo_dose.setVisible(visit.given_at is not None)
        self.screen_again.setVisible(visit.stage in ("deferred", "referred"))
        self.dose_given.setVisible(visit.given_at is None)

    def changeEvent(self, event: QEvent) -> None:
        """Follow the language."""
        if event.type() == QEvent.Type.LanguageChange and self._facts is not None:
            self.show_visit(self._facts)
        super().changeEvent(event)
