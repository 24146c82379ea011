"""Reports: the day, the tally by lot and injector, the campaign. Every number opens its people."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from functools import partial
from typing import TYPE_CHECKING, Any

from PySide6.QtWidgets import QComboBox, QFrame, QLabel, QStackedWidget, QWidget

from vaxdesk.domain.campaign import Campaign
from vaxdesk.errors import KnownError
from vaxdesk.gui import report_rows, style, words
from vaxdesk.gui.dialogs.pages import Order, Paper, print_pages
from vaxdesk.gui.dialogs.people_behind import PeopleBehindDialog
from vaxdesk.gui.models.table import Column, RowsModel
from vaxdesk.gui.pages.base import Page
from vaxdesk.gui.report_rows import ReportRow
from vaxdesk.gui.targets import PeopleBehind
from vaxdesk.gui.widgets.buttons import KeyButton
from vaxdesk.gui.widgets.marks import Chip
from vaxdesk.gui.widgets.states import EmptyState, ErrorState
from vaxdesk.gui.widgets.tables import RowTable
from vaxdesk.i18n import N_, _
from vaxdesk.queries import daily, decisions, figures
from vaxdesk.queries.daily import GivenRow
from vaxdesk.queries.decisions import Decision
from vaxdesk.queries.figures import Figures
from vaxdesk.reports import daily as daily_report
from vaxdesk.reports import daily_page
from vaxdesk.reports.daily import DailyReport
from vaxdesk.services import report_prints
from vaxdesk.services.printing import Printed

if TYPE_CHECKING:
    from vaxdesk.gui.desk import Desk
    from vaxdesk.services.context import Context

PARTS = {
    "day": N_("The day"),
    "tally": N_("By lot and injector"),
    "campaign": N_("The whole campaign"),
}


@dataclass(frozen=True)
class Look:
    """What a part needs: the days to choose from, and the figures of the one that is shown."""

    days: tuple[date, ...]
    day: date
    report: DailyReport
    given: tuple[GivenRow, ...] = ()
    figures: Figures | None = None
    against: tuple[Decision, ...] = ()
    away: tuple[Decision, ...] = ()


class ReportsPage(Page):
    """A list of numbers; the chosen one large at the right, with the way to its people."""

    form = "pages/reports.ui"
    areas = frozenset({"session", "people", "stock"})

    day: QComboBox
    print_report: KeyButton
    part_day: Chip
    agreement: QLabel
    error: ErrorState
    views: QStackedWidget
    list_view: QWidget
    empty_view: QWidget
    empty: EmptyState
    table: RowTable
    side: QFrame
    name: QLabel
    number: QLabel
    about: QLabel
    people: KeyButton

    def __init__(self, desk: Desk, parent: QWidget | None = None) -> None:
        super().__init__(desk, parent)
        self.part = "day"
        self._look: Look | None = None
        self._row: ReportRow | None = None
        self._wanted: date | None = None
        self._model: RowsModel[ReportRow] = RowsModel(
            (
                Column(N_("Figure"), lambda row: row.name, bold=True),
                Column("", lambda row: row.second, width=250),
                Column(N_("Count"), lambda row: words.number(row.count), right=True, width=90),
                Column("", lambda row: row.unit, width=90),
            ),
            key=lambda row: row.key,
            parent=self,
        )
        self.table.use(self._model)
        self.table.chosen.connect(self._show_row)
        self.table.opened.connect(self._open_people)
        self.people.clicked.connect(self._open_people)
        self.print_report.clicked.connect(self._print)
        self.day.activated.connect(self._day_chosen)
        self.error.again.connect(self._read)
        for part in PARTS:
            self._chip(part).clicked.connect(partial(self.show_part, part))
        self.part_day.setChecked(True)
        self.empty.say(
            "chart-bar",
            N_("Nothing to report yet"),
            N_("The report fills itself from sessions and doses: plan a session and check people in."),
        )
        self.setFocusProxy(self.table)

    def _chip(self, part: str) -> Chip:
        found: Chip = self.findChild(Chip, f"part_{part}")
        return found

    def entered(self, target: object = None) -> None:
        """A part may be given along."""
        if isinstance(target, str) and target in PARTS:
            self.part = target
            self._chip(target).setChecked(True)
        self._read()
        self.setFocus()

    def refresh(self, areas: frozenset[str]) -> None:
        """Figures may have changed."""
        self._read()

    def show_part(self, part: str) -> None:
        """Show the day, the tally, or the campaign."""
        self.part = part
        self._chip(part).setChecked(True)
        self._read()

    def _day_chosen(self, _index: int) -> None:
        self._wanted = date.fromisoformat(self.day.currentData())
        self._read()

    def _read(self) -> None:
        query = partial(_look, self.desk.campaign(), self.part, self._wanted, self.desk.today())
        self.desk.ask(query, self._show, owner=self, key="reports", failed=self._failed)

    def _failed(self, error: KnownError) -> None:
        self.error.tell(error, again=True)

    def _show(self, look: Look) -> None:
        self.error.tell(None)
        self._look = look
        self.translate()

    def translate(self) -> None:
        """Everything from what was read."""
        for part, label in PARTS.items():
            self._chip(part).setText(_(label))
        look = self._look
        if look is None:
            return
        today = self.desk.today()
        self.day.clear()
        for one in look.days:
            self.day.addItem(report_rows.day_words(one, today), one.isoformat())
        self.day.setCurrentIndex(max(0, self.day.findData(look.day.isoformat())))
        self.day.setEnabled(self.part != "campaign" and bool(look.days))
        words_, tone = report_rows.agreement(look.report) if self.part == "day" else ("", "")
        self.agreement.setText(words_)
        style.mark(self.agreement, "tone", tone)
        self.print_report.setEnabled(bool(look.report.rows))
        rows = self._rows(look)
        self.views.setCurrentWidget(self.list_view if rows else self.empty_view)
        self._model.show(rows)
        at = self._model.row_of(self._row.key) if self._row is not None else 0
        self.table.choose(max(0, at))
        self._show_row(self.table.current())

    def _rows(self, look: Look) -> list[ReportRow]:
        if self.part == "campaign":
            return report_rows.of_campaign(look.figures) if look.figures is not None else []
        if self.part == "tally":
            return report_rows.tally(look.given, self.desk.campaign())
        decided = report_rows.of_decisions(look.against, look.away)
        if not look.report.rows:
            return [row for row in decided if row.count]
        return [*report_rows.of_day(look.report), *decided]

    def _show_row(self, row: object) -> None:
        shown = row if isinstance(row, ReportRow) else None
        self._row = shown
        self.people.setEnabled(shown is not None and shown.has_people and shown.count > 0)
        if shown is None:
            return
        self.name.setText(shown.name.strip())
        self.number.setText(f"{words.number(shown.count)} {shown.unit}")
        style.mark(self.number, "tone", shown.tone)
        self.about.setText(shown.second)
        self.about.setVisible(bool(shown.second))

    def _open_people(self, *_opened: object) -> None:
        row = self._row
        if row is None or not self.people.isEnabled():
            return
        if row.list_of:
            self.desk.go_to("people", PeopleBehind(row.list_of, row.value))
        else:
            title = " · ".join(part for part in (row.name.strip(), row.second) if part)
            PeopleBehindDialog(self, self.desk, title, row.people).open()

    def _print(self) -> None:
        look = self._look
        if look is None or not look.report.rows:
            return
        label = _("Daily report")
        paper = Paper(label, partial(_make, look.report), f"{look.day:%Y%m%d}")
        print_pages(self, self.desk, label, report_rows.day_words(look.day, self.desk.today()), (paper,))


def _look(campaign: Campaign, part: str, wanted: date | None, today: date, conn: Any) -> Look:
    """The newest day with a session (today first) when none is asked for."""
    days = daily.days(conn)
    chosen = wanted if wanted in days else next((day for day in days if day <= today), today)
    report = daily_report.build(
        chosen,
        daily.begun(conn, campaign.code),
        daily.people_of_day(conn, campaign, chosen),
        daily.stock_of_day(conn, chosen),
    )
    return Look(
        days,
        chosen,
        report,
        daily.given(conn, campaign.code, chosen) if part == "tally" else (),
        figures.figures(conn, campaign, today) if part == "campaign" else None,
        decisions.against_rules(conn, campaign.code, chosen) if part == "day" else (),
        decisions.refused_away(conn, campaign.code, chosen) if part == "day" else (),
    )


def _make(report: DailyReport, ctx: Context, order: Order) -> Printed:
    station = ctx.station
    frame = daily_page.Frame(
        station.name, station.authority_line, station.commune_name, ctx.user.full_name, station.practice
    )
    data = daily_page.render(report, ctx.campaign(day=report.day), frame)
    if order.log:
        report_prints.note(ctx, "daily-report", report.day, 1)
    return Printed(data, 1)
