"""What the session page has besides its stages: the list of who is called, and the papers of whoever is in sight."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, QSize
from PySide6.QtGui import QPaintEvent
from PySide6.QtWidgets import QHBoxLayout, QStyle, QStyleOptionButton, QStylePainter, QWidget

from vaxdesk.gui import icons, words
from vaxdesk.gui.widgets.buttons import KeyButton
from vaxdesk.gui.widgets.marks import Chip
from vaxdesk.i18n import _
from vaxdesk.queries.visits import VisitRow

if TYPE_CHECKING:
    from vaxdesk.gui.pages.session import SessionPage
    from vaxdesk.gui.pages.session_list import ListView
    from vaxdesk.queries.sessions import SessionRow

#: The stage before the first one: nobody has come yet.
LIST = "list"
ICON = 18


class ToolKey(KeyButton):
    """An icon alone: its words and its key stand in the tool tip and among the keys of F1."""

    def sizeHint(self) -> QSize:
        """A little wider than high."""
        return QSize(40, 30)

    def paintEvent(self, event: QPaintEvent) -> None:
        """The ground by the style, the icon in the middle."""
        painter = QStylePainter(self)
        option = QStyleOptionButton()
        self.initStyleOption(option)
        painter.drawControl(QStyle.ControlElement.CE_PushButton, option)
        picture = icons.pixmap(self.property("iconName"), "text")
        painter.drawPixmap((self.width() - ICON) // 2, (self.height() - ICON) // 2, picture)
        painter.end()


class ListPart(QObject):
    """Puts the list's chip before those of the stages, and the print key behind them."""

    def __init__(self, page: SessionPage) -> None:
        super().__init__(page)
        self.page = page
        self._count: int | None = None
        self._view: ListView | None = None
        self.chip = Chip(page)
        self.chip.setCheckable(True)
        self.chip.clicked.connect(partial(page.show_stage, LIST))
        self.print = ToolKey(page)
        self.print.setProperty("variant", "small")
        self.print.setProperty("keys", "Ctrl+P")
        self.print.setProperty("iconName", "printer")
        self.print.clicked.connect(self._print)
        row = _row_of(page, page.plan_button)
        first = page.findChild(Chip, "stage_consent")
        row.insertWidget(row.indexOf(first), self.chip)
        row.insertWidget(row.indexOf(page.plan_button), self.print)
        QWidget.setTabOrder(self.chip, first)
        self.translate()

    @property
    def view(self) -> ListView:
        """The list, made when it is first shown."""
        if self._view is None:
            from vaxdesk.gui.pages.session_list import ListView

            self._view = ListView(self.page.desk)
            self._view.counted.connect(self._counted)
            self.page.views.addWidget(self._view)
        return self._view

    def show(self, session: SessionRow) -> None:
        """The list comes to the front, or its session was read anew."""
        self.chip.setChecked(True)
        new = self._view is None or self.page.views.currentWidget() is not self._view
        self.view.show_session(session)
        if new:
            self.page.views.setCurrentWidget(self.view)
            self.view.focus_first()

    def leave(self) -> None:
        """A stage comes to the front, or another page."""
        self.chip.setChecked(False)
        if self._view is not None:
            self._view.leave()

    def show_keys(self, shown: bool) -> None:
        """Nothing to list or print while a session is planned."""
        self.chip.setVisible(shown)
        self.print.setVisible(shown)

    def translate(self) -> None:
        """The words of chip and key."""
        count = "" if self._count is None else words.number(self._count)
        self.chip.setText(_("List {n}").format(n=count).strip())
        self.print.setToolTip(_("Print forms and lists"))
        self.print.setAccessibleName(_("Print forms and lists"))

    def _counted(self, count: int) -> None:
        self._count = count
        self.translate()

    def _visit(self) -> VisitRow | None:
        """The person in sight."""
        page = self.page
        if page.stage == "observation":
            seat = page.board_view.board.current()
            return seat.row if seat is not None else None
        return page.facts.visit if page.facts is not None else None

    def _print(self) -> None:
        from vaxdesk.gui.dialogs.pages import print_pages
        from vaxdesk.gui.pages import session_papers

        desk = self.page.desk
        title, papers = _("Print the list"), self.view.papers() if self.page.stage == LIST else ()
        if self.page.stage != LIST and (visit := self._visit()) is not None:
            title, papers = visit.full_name, session_papers.of_visit(visit)
        if self.page.stage == LIST or not papers:
            # With nobody in sight: empty forms for a day without electricity.
            papers = (*papers, *session_papers.blank(desk.campaign(), desk.today()))
        if not papers:
            desk.toast(_("There is nobody in sight whose papers could be printed."), tone="warn")
            return
        print_pages(self.page, desk, title, "", papers)


def _row_of(page: SessionPage, widget: QWidget) -> QHBoxLayout:
    """The row of the page's head."""
    for row in page.findChildren(QHBoxLayout):
        if row.indexOf(widget) >= 0:
            return row
    raise LookupError("the head of the page has no row")
