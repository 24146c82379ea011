"""The observation part of the session page: the board, letting people go, reactions."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from functools import partial
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QObject
from PySide6.QtWidgets import QDialog, QHBoxLayout, QVBoxLayout, QWidget

from vaxdesk import i18n, settings
from vaxdesk.errors import FieldError, KnownError
from vaxdesk.gui import consent_words
from vaxdesk.gui.dialogs.reaction import ReactionDialog
from vaxdesk.gui.dialogs.reason import ask_reason
from vaxdesk.gui.widgets.buttons import KeyButton
from vaxdesk.gui.widgets.observation_board import ObservationBoard, Seat
from vaxdesk.gui.widgets.states import EmptyState
from vaxdesk.i18n import N_, _
from vaxdesk.queries.visits import VisitRow
from vaxdesk.services import certificates, observation
from vaxdesk.services.certificates import Issued

if TYPE_CHECKING:
    from vaxdesk.gui.pages.session import SessionPage

EARLY = (N_("Asked to go home"), N_("Transport leaves"), N_("Sent to a hospital"))


class BoardView(QObject):
    """Fills the page's ``board_view``: the keys, the board, and what is shown when nobody is observed."""

    def __init__(self, page: SessionPage) -> None:
        super().__init__(page)
        self.page = page
        self.desk = page.desk
        self._minutes = self.desk.setting(settings.OBSERVATION_MINUTES)
        view = page.findChild(QWidget, "board_view")
        self.board = page.findChild(ObservationBoard, "board")
        self.empty = EmptyState(view)
        self.empty.say("clock", N_("Nobody is observed"), N_("Whoever gets a dose appears here for thirty minutes."))
        self.reaction = KeyButton(view)
        self.reaction.setProperty("keys", "F9")
        self.release = KeyButton(view)
        self.release.setProperty("variant", "main")
        self.release.setProperty("keys", "F12")
        column = view.layout()
        assert isinstance(column, QVBoxLayout)
        self._row = QHBoxLayout()
        self._row.setSpacing(8)
        self._row.addStretch(1)
        self._row.addWidget(self.reaction)
        self._row.addWidget(self.release)
        column.insertLayout(0, self._row)
        column.addWidget(self.empty)
        self.board.chosen.connect(self._chosen)
        self.release.clicked.connect(self._release)
        self.reaction.clicked.connect(self._react)
        self._chosen(None)

    def show_rows(self, rows: Sequence[VisitRow]) -> None:
        """Show the people under observation."""
        seats = [
            Seat(row, row.given_at + timedelta(minutes=self._minutes), self._caution(row), self._against(row))
            for row in rows
            if row.given_at is not None
        ]
        self.board.setVisible(bool(seats))
        self.empty.setVisible(not seats)
        self.board.show_seats(seats, self.desk.now(), self._minutes)
        if seats:
            self.board.setFocus()
        self._chosen(self.board.current())

    def add_key(self, key: QWidget) -> None:
        """A further key, before the others."""
        self._row.insertWidget(1, key)

    def tick(self) -> None:
        """A little time has passed."""
        self.board.tick(self.desk.now())

    def _caution(self, row: VisitRow) -> str:
        """What the screener wrote, where the outcome was not plain eligibility."""
        for form in self.desk.campaign().screening_forms.values():
            outcome = form.outcomes.get(row.screening_outcome)
            if outcome is not None and not outcome.eligible:
                return row.screening_reason or outcome.label.text(i18n.language()).split(":")[0]
        return ""

    @staticmethod
    def _against(row: VisitRow) -> str:
        mark = consent_words.against(row.consent)
        return mark[0] if mark is not None else ""

    def _chosen(self, seat: Seat | None) -> None:
        self.release.setEnabled(seat is not None)
        self.reaction.setEnabled(seat is not None)
        self.reaction.setText(_("Record a reaction"))
        self.release.setText(_("Let go: {name}").format(name=seat.row.full_name) if seat else _("Let go"))
        self.release.updateGeometry()

    # acts

    def _release(self) -> None:
        seat = self.board.current()
        if seat is None:
            return
        reason = ""
        if seat.left(self.desk.now()) > timedelta(0):
            asked = ask_reason(
                self.page, _("Let go before the time"), seat.row.full_name, [_(words) for words in EARLY]
            )
            if asked is None:
                return
            reason = asked
        work = partial(_release, seat.row, reason)
        self.page.act(work, partial(self._released, seat.row), self._refused)

    def _released(self, row: VisitRow, issued: Issued | None) -> None:
        self.desk.changes.notify({"certificates"})
        if issued is not None:
            self.page.show_paper(row.full_name, issued)

    def _refused(self, error: KnownError) -> None:
        if isinstance(error, FieldError) and error.field == "early_reason":
            self.page.load()
        self.desk.tell(error)

    def _react(self) -> None:
        seat = self.board.current()
        if seat is None:
            return
        advice = self.desk.campaign().advice
        dialog = ReactionDialog(self.page, seat.row.full_name, advice, self.desk.ctx.station)
        if dialog.exec() == QDialog.DialogCode.Accepted:
            self.page.act(partial(_react, dialog.command(seat.row.visit_id)), self._reacted, self.desk.tell)

    def _reacted(self, _record_id: str) -> None:
        self.desk.toast(_("The reaction is recorded"))


def _release(row: VisitRow, reason: str, ctx: Any) -> Issued | None:
    """Let go, then make the paper; a paper that cannot be made does not hold anybody back."""
    observation.release(ctx, row.visit_id, reason)
    return certificates.issue(ctx, row.person_id, row.visit_id)


def _react(command: observation.RecordReaction, ctx: Any) -> str:
    return observation.record_reaction(ctx, command)
