"""Changes whom a session's list calls: groups, order, the province's area group."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QComboBox, QDialog, QLabel, QListWidget, QListWidgetItem, QWidget

from vaxdesk import i18n
from vaxdesk.domain.eligibility import USUAL_ORDER
from vaxdesk.gui import forms, list_words
from vaxdesk.gui.widgets.buttons import KeyButton
from vaxdesk.gui.widgets.marks import Chip
from vaxdesk.gui.widgets.states import ErrorState
from vaxdesk.i18n import _
from vaxdesk.queries.sessions import SessionRow
from vaxdesk.services.session_lists import order_words
from vaxdesk.services.session_plan import ChangeList, change_list, plan_of

if TYPE_CHECKING:
    from vaxdesk.gui.desk import Desk
    from vaxdesk.services.context import Context

#: The orders that are offered; every one is stated on the screen and on paper.
ORDERS = (
    USUAL_ORDER,
    ("group", "place", "age", "name"),
    ("place", "group", "due", "age", "name"),
    ("due", "group", "age", "name"),
    ("age", "group", "name"),
)


class ListPlanDialog(QDialog):
    """``saved`` when the plan is changed; Space ticks a group."""

    about: QLabel
    error: ErrorState
    everybody: Chip
    groups: QListWidget
    order: QComboBox
    area_label: QLabel
    area: QComboBox
    cancel: KeyButton
    ok: KeyButton

    saved = Signal()

    def __init__(self, parent: QWidget, desk: Desk, session: SessionRow) -> None:
        super().__init__(parent)
        forms.load(self, "dialogs/list_plan.ui")
        self.desk, self.session = desk, session
        campaign = desk.campaign(day=session.day)
        plan = plan_of(session)
        language = i18n.language()
        self.setWindowTitle(_("Whom the list calls"))
        self.about.setText(list_words.plan(campaign, session))
        priority = campaign.priority
        for group in priority.groups_on(plan.day) if priority is not None else ():
            item = QListWidgetItem(f"{group.code} – {group.label.text(language)}", self.groups)
            item.setData(Qt.ItemDataRole.UserRole, group.code)
            item.setToolTip(item.text())
            item.setFlags(item.flags() | Qt.ItemFlag.ItemIsUserCheckable)
            item.setCheckState(_state(group.code in plan.groups))
        for order in ORDERS if plan.order in ORDERS else (plan.order, *ORDERS):
            self.order.addItem(order_words(replace(plan, order=order), language), order)
        self.order.setCurrentIndex(max(0, self.order.findText(order_words(plan, language))))
        areas = priority.areas_on(plan.day) if priority is not None else ()
        self.area.addItem(_("None"), "")
        for area in areas:
            self.area.addItem(f"{area.code} – {area.label.text(language)}", area.code)
        self.area.setCurrentIndex(max(0, self.area.findData(plan.area)))
        for part in (self.area_label, self.area):
            part.setVisible(bool(areas))
        self.everybody.setChecked(not plan.groups)
        self.everybody.clicked.connect(self._call_everybody)
        self.groups.itemChanged.connect(self._ticked)
        self.cancel.clicked.connect(self.reject)
        self.ok.clicked.connect(self._save)
        self.groups.setFocus()
        self.groups.setCurrentRow(0)

    def called(self) -> tuple[str, ...]:
        """The groups that are ticked; none: everybody."""
        items = (self.groups.item(row) for row in range(self.groups.count()))
        return tuple(
            item.data(Qt.ItemDataRole.UserRole) for item in items if item.checkState() == Qt.CheckState.Checked
        )

    def _call_everybody(self, _checked: bool = False) -> None:
        for row in range(self.groups.count()):
            self.groups.item(row).setCheckState(Qt.CheckState.Unchecked)
        self.everybody.setChecked(True)

    def _ticked(self, _item: QListWidgetItem) -> None:
        self.everybody.setChecked(not self.called())

    def _save(self) -> None:
        # Qt hands a tuple back as a list.
        order = tuple(self.order.currentData())
        command = ChangeList(self.session.id, self.called(), self.area.currentData(), order)
        work = partial(_change, command)
        self.desk.act(work, self._saved, areas={"session"}, owner=self, failed=self.error.tell)

    def _saved(self, _done: object) -> None:
        self.saved.emit()
        self.accept()


def _state(on: bool) -> Qt.CheckState:
    return Qt.CheckState.Checked if on else Qt.CheckState.Unchecked


def _change(command: ChangeList, ctx: Context) -> None:
    change_list(ctx, command)
