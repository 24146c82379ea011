"""The tables of the page "Check a code": several codes, doses, steps of the check."""

from __future__ import annotations

from PySide6.QtCore import QObject

from vaxdesk.gui import verify_words
from vaxdesk.gui.models.table import Column, RowsModel
from vaxdesk.i18n import N_, _
from vaxdesk.services.verifying import Checked, SaidDose, StageRow

_LONGEST_TEXT = 40


def results(parent: QObject) -> RowsModel[tuple[int, Checked]]:
    """One row for each code of a picture or paper."""
    columns: tuple[Column[tuple[int, Checked]], ...] = (
        Column(N_("Code"), lambda row: str(row[0]), right=True, width=64),
        Column(N_("Full name"), _name_of, bold=True),
        Column("", lambda row: "", badges=_verdict_badge, width=260),
    )
    return RowsModel(columns, key=lambda row: row[0], parent=parent)


def doses(parent: QObject) -> RowsModel[tuple[int, SaidDose]]:
    """The vaccinations that a code names."""
    columns: tuple[Column[tuple[int, SaidDose]], ...] = (
        Column(N_("Dose"), lambda row: row[1].number, width=64),
        Column(N_("Day"), lambda row: row[1].day, width=116),
        Column(N_("Vaccine"), lambda row: row[1].product, bold=True, tip=lambda row: row[1].product),
        Column(N_("Country"), lambda row: row[1].country),
    )
    return RowsModel(columns, key=lambda row: row[0], parent=parent)


def steps(parent: QObject) -> RowsModel[StageRow]:
    """The stages of the verification."""
    columns: tuple[Column[StageRow], ...] = (
        Column(N_("Step"), lambda row: _(verify_words.STAGES[row.name]), width=180, tip=lambda row: row.detail),
        Column("", lambda row: "", badges=_state_badge),
    )
    return RowsModel(columns, key=lambda row: row.name, parent=parent)


def _name_of(row: tuple[int, Checked]) -> str:
    said = row[1].said
    return said.name if said is not None else row[1].text[:_LONGEST_TEXT]


def _verdict_badge(row: tuple[int, Checked]) -> list[tuple[str, str]]:
    return [(verify_words.heading(row[1]), verify_words.LOOKS[row[1].verdict].tone)]


def _state_badge(row: StageRow) -> list[tuple[str, str]]:
    words, tone = verify_words.STATES[row.state]
    return [(_(words), tone)]
