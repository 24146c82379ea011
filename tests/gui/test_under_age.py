"""Under the product's age a person is stored and not planned; the reason is shown, and a reason lets her in (R-08)."""

from __future__ import annotations

from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from pytestqt.qtbot import QtBot
from rooms import room

from vaxdesk.db.tables import Person, Visit
from vaxdesk.domain.dates import PartialDate
from vaxdesk.gui.dialogs.reason import ReasonDialog
from vaxdesk.gui.pages.people import PeoplePage


def test_a_child_is_registered_and_not_checked_in_to_an_adults_session(
    qtbot: QtBot, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with room(qtbot, tmp_path, "people") as made:
        made.station.session(made.station.lot())
        page = made.open()
        assert isinstance(page, PeoplePage)
        page._new_person()
        made.settle()
        page.register.full_name.setText("Lò Thị Non")
        page.register.birth.setText("04/05/2014")
        page.register.sex.setCurrentIndex(page.register.sex.findData("female"))
        made.settle()
        made.key(Qt.Key.Key_F12)
        assert made.station.row(Person).full_name == "Lò Thị Non"
        assert made.station.rows(Visit) == []
        assert "Chưa đủ tuổi tiêm" in made.window.toast.text
        assert "04/05/2032" in made.window.toast.text
        said = []

        def back(dialog: ReasonDialog) -> int:
            said.append(dialog.about.text())
            return 0

        monkeypatch.setattr(ReasonDialog, "exec", back)
        made.key(Qt.Key.Key_F12)
        assert "Chưa đủ tuổi tiêm" in said[0]
        assert made.station.rows(Visit) == []

        def allowed(dialog: ReasonDialog) -> int:
            dialog.reason.setText("trưởng trạm quyết định")
            dialog.ok.click()
            return dialog.result()

        monkeypatch.setattr(ReasonDialog, "exec", allowed)
        made.key(Qt.Key.Key_F12)
        assert len(made.station.rows(Visit)) == 1


def test_an_adult_is_checked_in_as_ever(qtbot: QtBot, tmp_path: Path) -> None:
    with room(qtbot, tmp_path, "people") as made:
        made.station.session(made.station.lot())
        person = made.station.person(birth=PartialDate(2008, 11, 21))
        made.open(person.person_id)
        made.key(Qt.Key.Key_F12)
        assert len(made.station.rows(Visit)) == 1
