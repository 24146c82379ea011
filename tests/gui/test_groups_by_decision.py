"""The manager adds a group by a decision in the window, and plans a session for an area group."""

from __future__ import annotations

from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from pytestqt.qtbot import QtBot
from rooms import room
from support.typing_person import type_text

from vaxdesk.db.tables import VaccinationSession
from vaxdesk.gui.dialogs.add_group import AddGroupDialog
from vaxdesk.gui.dialogs.list_plan import ListPlanDialog
from vaxdesk.gui.pages.administration import AdministrationPage
from vaxdesk.gui.pages.session import SessionPage


def fill(dialog: AddGroupDialog, **texts: str) -> None:
    for name, text in texts.items():
        getattr(dialog, name).setText(text)


def test_a_manager_adds_a_group_and_the_plan_offers_it_from_its_day_on(
    qtbot: QtBot, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with room(qtbot, tmp_path, "administration") as made:
        made.station.session(made.station.lot())
        page = made.open("campaign")
        assert isinstance(page, AdministrationPage)
        panel = page.panel("campaign")
        panel.list_groups.click()
        made.settle()
        assert panel.list_groups.text() == "Nhóm 18"
        made.fits("campaign-groups")

        def add(dialog: AddGroupDialog) -> int:
            dialog.ok.click()
            assert dialog.decided.property("state") == "bad"
            fill(dialog, decided="20/11/2026", start="21/11/2026", code="16", source="12/QĐ-UBND", label="Tiểu thương")
            dialog.ok.click()
            assert dialog.code.property("state") == "bad"
            fill(dialog, code="SL1")
            dialog.beside.setCurrentIndex(dialog.beside.findData("2"))
            dialog.ok.click()
            return dialog.result()

        monkeypatch.setattr(AddGroupDialog, "exec", add)
        panel.add_group.click()
        made.settle()
        assert panel.list_groups.text() == "Nhóm 19"
        names = [row.name for row in panel._model.rows]
        assert names[:3] == ["1", "2", "SL1"]
        made.fits("campaign-group-added")
        session = made.window.page("session")
        made.window.go_to("session", "list")
        made.settle()
        assert isinstance(session, SessionPage)
        session.list_part.view._change_plan()
        (dialog,) = session.findChildren(ListPlanDialog)
        words = [dialog.groups.item(row).text() for row in range(dialog.groups.count())]
        assert words[2] == "SL1 – Tiểu thương"
        dialog.reject()


def test_a_session_is_planned_for_an_area_group_and_the_next_plan_offers_it_again(qtbot: QtBot, tmp_path: Path) -> None:
    with room(qtbot, tmp_path, "session") as made:
        made.station.lot()
        page = made.open()
        assert isinstance(page, SessionPage)
        assert page.plan.area.count() == 5
        page.plan.area.setCurrentIndex(4)
        chosen = page.plan.area.currentData()
        made.fits("plan-area")
        made.key(Qt.Key.Key_F12)
        assert made.station.row(VaccinationSession).area_group == chosen
        page.show_stage("list")
        made.settle()
        assert "Địa bàn" in page.list_part.view.plan_words.text() or chosen in page.list_part.view.plan_words.text()
        page._begin_planning()
        made.settle()
        assert page.plan.area.currentData() == chosen


def test_the_dialog_fits_and_takes_keys(qtbot: QtBot, tmp_path: Path) -> None:
    with room(qtbot, tmp_path, "administration") as made:
        page = made.open("campaign")
        dialog = AddGroupDialog(page, made.desk)
        dialog.open()
        made.settle()
        type_text("SL2")
        assert dialog.code.text().startswith("SL")
        from fit import cut_words
        from grab import grab

        grab(dialog, "add-group")
        assert cut_words(dialog) == []
        dialog.reject()
