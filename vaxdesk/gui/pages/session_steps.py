"""The steps of a visit out of their order: consent asked again or withdrawn at any step, screened again, a dose that
was given although the visit had ended without one. What really happened can always be recorded."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject
from PySide6.QtWidgets import QWidget

from vaxdesk.domain.screening_result import Remark
from vaxdesk.gui import consent_words
from vaxdesk.gui.pages import session_work as work
from vaxdesk.gui.pages.session_part import LIST
from vaxdesk.gui.widgets.buttons import KeyButton
from vaxdesk.i18n import _
from vaxdesk.queries.desk_view import VisitFacts
from vaxdesk.queries.visits import VisitRow

if TYPE_CHECKING:
    from vaxdesk.gui.pages.session import SessionPage


class StepPart(QObject):
    """Puts the consent key on the banner and on the board, and remembers which step was taken out of order."""

    def __init__(self, page: SessionPage) -> None:
        super().__init__(page)
        self.page = page
        self._again: tuple[str, str] = ("", "")
        self.banner_key = self._key(page)
        page.banner.set_act(self.banner_key)
        self.board_key = self._key(page)
        page.board_view.add_key(self.board_key)
        page.done.again.connect(self.take)
        page.dose.again.connect(partial(self.take, "screening"))
        self.translate()

    def _key(self, parent: QWidget) -> KeyButton:
        made = KeyButton(parent)
        made.setProperty("variant", "small")
        made.setProperty("keys", "F7")
        made.clicked.connect(self._ask_consent)
        return made

    # steps out of order

    def stage_of(self, facts: VisitFacts) -> str:
        """The step to show for a visit: the one that was asked for, or the one that is due."""
        visit_id, stage = self._again
        return stage if visit_id == facts.visit.visit_id else facts.visit.stage

    def take(self, stage: str) -> None:
        """Show this step of the person in sight, whatever is due."""
        facts = self.page.facts
        if facts is not None:
            self._again = (facts.visit.visit_id, stage)
            self.page.show_again(facts)

    def forget(self) -> None:
        """Something was recorded, or somebody else is in sight: the usual order holds again."""
        self._again = ("", "")

    # consent

    def show(self, facts: VisitFacts | None) -> None:
        """The key says what can be done about this person's consent."""
        self.banner_key.setVisible(facts is not None and self.stage_of(facts) != "consent")
        given = facts is not None and facts.consent is not None and facts.consent.answer == "given"
        self.banner_key.setText(_("Withdraw consent…") if given else _("Consent…"))
        self.banner_key.updateGeometry()

    def _ask_consent(self) -> None:
        page = self.page
        if page.stage == "observation":
            seat = page.board_view.board.current()
            visit_id = seat.row.visit_id if seat is not None else ""
        else:
            visit_id = page.facts.visit.visit_id if page.facts is not None and page.stage != LIST else ""
        if not visit_id:
            return
        query = partial(work.read_facts, campaign=page.desk.campaign(), visit_id=visit_id, today=page.desk.today())
        page.desk.ask(query, self._show_consent, owner=self, key="consent", failed=page.error.tell)

    def _show_consent(self, facts: VisitFacts | None) -> None:
        from vaxdesk.gui.dialogs.consent import ask_consent

        if facts is None:
            return
        warnings = ask_consent(self.page, self.page.desk, facts.card, facts.consent, facts.visit.visit_id)
        if warnings is not None:
            self.answered(warnings)
            self.page.start_anew(facts.visit.visit_id)

    def answered(self, warnings: tuple[Remark, ...]) -> None:
        """An answer is stored: what goes with it is said, in amber."""
        if warnings:
            self.page.desk.toast(" ".join(remark.words() for remark in warnings), tone="warn")

    def refused_meanwhile(self, rows: Sequence[VisitRow]) -> str:
        """Whoever is in sight and has refused or withdrawn elsewhere stays in sight, in red: nobody else's name may
        take her place under the hand that is about to inject. Her visit; empty when nothing of that happened."""
        facts = self.page.facts
        if facts is None or self.page.stage == "ends":
            return ""
        row = next((row for row in rows if row.visit_id == facts.visit.visit_id), None)
        mark = consent_words.against(row.consent) if row is not None else None
        if row is None or mark is None or row.consent == facts.visit.consent:
            return ""
        self.page.desk.toast(f"{row.full_name}: {mark[0]}", tone="bad")
        return row.visit_id

    def translate(self) -> None:
        """The words that are not in a form."""
        self.show(self.page.facts)
        self.board_key.setText(_("Consent…"))
        self.board_key.updateGeometry()
