"""The dose step: earlier doses and screening in sight, the form with the session's defaults, one main button."""

from __future__ import annotations

from datetime import date

from PySide6.QtCore import QEvent, Signal
from PySide6.QtWidgets import QComboBox, QFrame, QLabel, QLineEdit, QWidget

from vaxdesk import i18n
from vaxdesk.domain.dates import format_date, format_time
from vaxdesk.errors import KnownError
from vaxdesk.gui import forms, person_words, style
from vaxdesk.gui.desk import Desk
from vaxdesk.gui.dialogs.reason import ask_reason
from vaxdesk.gui.models.table import Column, RowsModel
from vaxdesk.gui.widgets.buttons import KeyButton
from vaxdesk.gui.widgets.marks import Badge
from vaxdesk.gui.widgets.states import ErrorState
from vaxdesk.gui.widgets.tables import RowTable
from vaxdesk.i18n import N_, _
from vaxdesk.queries.desk_view import JudgedDose, Staff, VisitFacts
from vaxdesk.queries.sessions import LotRow, SessionRow
from vaxdesk.services.doses import SITES, DoseWarning, RecordDose

#: Quick answers for a dose that was not given.
NOT_GIVEN = (N_("Changed her or his mind"), N_("Felt unwell"), N_("Went away"), N_("Vaccine ran out"))


class DosePanel(QWidget):
    """``asked`` carries the command, ``refused`` why no dose was given, ``defaults`` the session's product and lot."""

    history_card: QFrame
    history: RowTable
    next_dose: QLabel
    screening_title: QLabel
    outcome: Badge
    screening_text: QLabel
    form_title: QLabel
    product: QComboBox
    lot: QComboBox
    site: QComboBox
    performer: QComboBox
    lot_hint: QLabel
    warning_card: QFrame
    warning_words: QLabel
    reason: QLineEdit
    error: ErrorState
    give: KeyButton
    not_given: KeyButton
    change_default: KeyButton
    screen_again: KeyButton

    asked = Signal(object)
    refused = Signal(str)
    defaults = Signal(str, str)
    changed = Signal()
    again = Signal()

    def __init__(self, desk: Desk, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.desk = desk
        forms.load(self, "widgets/dose_panel.ui")
        self._facts: VisitFacts | None = None
        self._session: SessionRow | None = None
        self._lots: tuple[LotRow, ...] = ()
        self._model: RowsModel[JudgedDose] = RowsModel(
            (
                Column(N_("Dose"), self._number, width=56),
                Column(N_("Date"), lambda dose: person_words.day(dose.row.occurred), width=100),
                Column(N_("Vaccine · lot"), self._vaccine, bold=True, badges=self._verdict),
                Column(N_("Where"), self._where, tip=self._where),
            ),
            lambda dose: dose.row.record_id,
            self,
        )
        self.history.use(self._model)
        self.give.clicked.connect(self._give)
        self.not_given.clicked.connect(self._not_given)
        self.change_default.clicked.connect(self._change_default)
        self.screen_again.clicked.connect(self.again)
        self.product.currentIndexChanged.connect(self._product_changed)
        self.lot.currentIndexChanged.connect(self._lot_changed)

    # filling

    def show_visit(
        self, facts: VisitFacts, session: SessionRow, lots: tuple[LotRow, ...], staff: tuple[Staff, ...]
    ) -> None:
        """Show a visit whose dose is due, with the session's defaults."""
        self._facts, self._session, self._lots = facts, session, lots
        campaign = self.desk.campaign()
        self.error.tell(None)
        self.reason.clear()
        self.show_warnings([])
        self._model.show(facts.doses)
        self.history.setVisible(bool(facts.doses))
        self._show_next()
        self.form_title.setText(_("Record dose {number}").format(number=facts.evaluation.counted + 1))
        self._show_screening(facts)
        self._fill_staff(staff)
        self._fill_sites()
        self.product.blockSignals(True)
        self.product.clear()
        codes = dict.fromkeys([session.product_code, *(lot.product_code for lot in lots)])
        for code in codes:
            self.product.addItem(person_words.product_name(campaign, code), code)
        self.product.setCurrentIndex(0)
        self.product.blockSignals(False)
        self._fill_lots(session.lot_id)
        self.give.setFocus()

    def _show_next(self) -> None:
        """Why a dose does not count, what came after it, and what is due: the table has no room for it."""
        if self._facts is None:
            return
        campaign, facts = self.desk.campaign(), self._facts
        lines = person_words.why_not(facts.doses)
        for dose in facts.doses:
            told = person_words.reactions(campaign, dose)
            lines += [f"{person_words.day(dose.row.occurred)}: {line}" for line in told]
        lines += person_words.twice(facts.doses)
        due = person_words.next_dose(campaign, facts.evaluation, self.desk.today())
        self.next_dose.setText("\n".join([*lines, due or _("No earlier dose is known.")]))

    def _show_screening(self, facts: VisitFacts) -> None:
        screening = facts.screening
        campaign = self.desk.campaign()
        language = i18n.language()
        if screening is None:
            self.screening_title.setText(_("Not screened today"))
            self.outcome.show_words("")
            self.screening_text.clear()
            return
        self.screening_title.setText(
            _("Screened {time} · {who}").format(time=format_time(screening.at), who=screening.by)
        )
        form = campaign.screening_forms.get(screening.form)
        outcome = form.outcomes.get(screening.outcome) if form else None
        words = outcome.label.text(language) if outcome else screening.outcome
        short = words.split(":")[0]
        self.outcome.show_words(short, "ok" if outcome and outcome.eligible else "warn")
        parts = [screening.reason] if screening.reason else []
        if form is not None:
            units = {vital.id: vital for vital in form.vitals}
            parts += [
                f"{units[key].label.text(language)} {str(value).replace('.', ',')} {units[key].unit}"
                for key, value in screening.vitals.items()
                if key in units
            ]
        consent = facts.consent
        if consent is not None and consent.answer == "given":
            parts.append(_("consent given {time}").format(time=format_time(consent.at)))
        self.screening_text.setText(" · ".join(parts))

    def _fill_staff(self, staff: tuple[Staff, ...]) -> None:
        self.performer.clear()
        for person in staff:
            self.performer.addItem(person.full_name, person.id)
        mine = self.performer.findData(self.desk.ctx.user.id)
        self.performer.setCurrentIndex(max(0, mine))

    def _fill_sites(self) -> None:
        kept = self.site.currentData()
        self.site.clear()
        for code, words in SITES.items():
            self.site.addItem(_(words), code)
        self.site.setCurrentIndex(max(0, self.site.findData(kept)))

    def _fill_lots(self, chosen: str | None) -> None:
        """Lots with doses left that are not expired come first; the others stay reachable, and say why."""
        self.lot.blockSignals(True)
        self.lot.clear()
        today = self.desk.today()
        mine = [lot for lot in self._lots if lot.product_code == self.product.currentData()]
        mine.sort(key=lambda lot: (lot.expired(today) or lot.blocked, lot.balance <= 0, lot.expiry or date.max))
        for lot in mine:
            words = f"{lot.number} · {format_date(lot.expiry) if lot.expiry else '–'}"
            if lot.blocked:
                words += " · " + _("withdrawn")
            elif lot.expired(today):
                words += " · " + _("expired")
            self.lot.addItem(words, lot.id)
        self.lot.setCurrentIndex(max(0, self.lot.findData(chosen)) if mine else -1)
        self.lot.blockSignals(False)
        self._lot_changed()

    def _product_changed(self, _index: int) -> None:
        self._fill_lots(self._session.lot_id if self._session else None)

    def _lot_changed(self, _index: int = 0) -> None:
        lot = next((lot for lot in self._lots if lot.id == self.lot.currentData()), None)
        default = self._session is not None and lot is not None and lot.id == self._session.lot_id
        words = _("{n} doses left").format(n=lot.balance) if lot else _("No lot of this vaccine is in stock.")
        if default:
            words += " · " + _("the session's default, changed with F5")
        self.lot_hint.setText(words)
        self.change_default.setEnabled(lot is not None and not default)
        if self._facts is not None:
            self.changed.emit()

    def command(self) -> RecordDose | None:
        """The dose as the form says it; None without a lot."""
        if self._facts is None or self.lot.currentData() is None:
            return None
        return RecordDose(
            visit_id=self._facts.visit.visit_id,
            product_code=self.product.currentData(),
            lot_id=self.lot.currentData(),
            site=self.site.currentData(),
            performer_id=self.performer.currentData() or "",
            reason=self.reason.text().strip(),
        )

    def show_warnings(self, found: list[DoseWarning]) -> None:
        """What speaks against the dose; with anything, a reason is asked for."""
        self.warning_card.setVisible(bool(found))
        self.warning_words.setText("\n".join(f"• {warning.words}" for warning in found))
        # A dose against the person's will is a danger to her; everything else is a warning.
        refused = any(warning.code in ("consent_refused", "consent_withdrawn") for warning in found)
        style.mark(self.warning_card, "card", "bad" if refused else "warn")

    def refuse(self, error: KnownError) -> None:
        """The service did not take it."""
        self.error.tell(error)
        if getattr(error, "field", "") == "reason":
            self.warning_card.show()
            self.reason.setFocus()

    # acts

    def _give(self) -> None:
        command = self.command()
        if command is not None:
            self.error.tell(None)
            self.asked.emit(command)

    def _not_given(self) -> None:
        if self._facts is None:
            return
        quick = [_(words) for words in NOT_GIVEN]
        reason = ask_reason(self, _("No dose was given"), self._facts.visit.full_name, quick)
        if reason is not None:
            self.refused.emit(reason)

    def _change_default(self) -> None:
        if self.change_default.isEnabled() and self.lot.currentData() is not None:
            self.defaults.emit(self.product.currentData(), self.lot.currentData())

    # cells

    @staticmethod
    def _number(dose: JudgedDose) -> str:
        return str(dose.row.dose_number) if dose.row.dose_number else "–"

    def _vaccine(self, dose: JudgedDose) -> str:
        name = person_words.product_name(self.desk.campaign(), dose.row.product_code)
        return f"{name} · {dose.row.lot_number}" if dose.row.lot_number else name

    def _where(self, dose: JudgedDose) -> str:
        """Where it was given, and where that is known from."""
        known = _(person_words.EVIDENCE.get(dose.row.evidence, dose.row.evidence))
        return f"{dose.row.place} · {known}" if dose.row.place else known

    @staticmethod
    def _verdict(dose: JudgedDose) -> list[tuple[str, str]]:
        words, tone = person_words.verdict(dose)
        return [(words, tone)] if words else []

    def changeEvent(self, event: QEvent) -> None:
        """Follow the language."""
        if event.type() == QEvent.Type.LanguageChange:
            self._fill_sites()
            if self._facts is not None:
                self._show_screening(self._facts)
                self._show_next()
                self._lot_changed()
        super().changeEvent(event)
