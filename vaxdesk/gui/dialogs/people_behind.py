"""The people behind a number: who they are and how to reach them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from PySide6.QtWidgets import QDialog, QLabel, QWidget

from vaxdesk.domain.dates import PartialDate
from vaxdesk.gui import forms, words
from vaxdesk.gui.models.table import Column, RowsModel
from vaxdesk.gui.widgets.buttons import KeyButton
from vaxdesk.gui.widgets.states import EmptyState
from vaxdesk.gui.widgets.tables import RowTable
from vaxdesk.i18n import N_, ngettext

if TYPE_CHECKING:
    from vaxdesk.gui.desk import Desk


@dataclass(frozen=True)
class Behind:
    """One person of the list; ``detail`` is what makes her part of the number."""

    person_id: str
    full_name: str
    birth_date: str
    village: str
    phone: str
    detail: str = ""


class PeopleBehindDialog(QDialog):
    """A list to look at; Enter or F12 opens the person."""

    title: QLabel
    about: QLabel
    table: RowTable
    empty: EmptyState
    person: KeyButton
    close_button: KeyButton

    def __init__(self, parent: QWidget, desk: Desk, title: str, rows: Sequence[Behind]) -> None:
        super().__init__(parent)
        forms.load(self, "dialogs/people_behind.ui")
        self.desk = desk
        self.setWindowTitle(title)
        self.title.setText(title)
        count = ngettext("{count} person", "{count} people", len({row.person_id for row in rows}))
        self.about.setText(count.format(count=words.number(len({row.person_id for row in rows}))))
        model: RowsModel[tuple[int, Behind]] = RowsModel(
            (
                Column(N_("Full name"), lambda row: row[1].full_name, bold=True),
                Column(N_("Birth date"), lambda row: PartialDate.parse(row[1].birth_date).vietnamese(), width=116),
                Column(N_("Village"), lambda row: row[1].village, width=150),
                Column(N_("Phone"), lambda row: row[1].phone, width=130),
                Column("", lambda row: row[1].detail, width=220),
            ),
            key=lambda row: row[0],
            parent=self,
        )
        self.table.use(model)
        model.show(tuple(enumerate(rows)))
        self.table.setVisible(bool(rows))
        self.empty.setVisible(not rows)
        self.empty.say("users", N_("Nobody"), "")
        self.person.setEnabled(bool(rows))
        self.table.choose(0)
        self.table.opened.connect(self._open)
        self.person.clicked.connect(self._open)
        self.close_button.clicked.connect(self.reject)
        (self.table if rows else self.close_button).setFocus()

    def _open(self, *_opened: object) -> None:
        row = self.table.current()
        if row is not None:
            self.accept()
            self.desk.go_to("people", row[1].person_id)
