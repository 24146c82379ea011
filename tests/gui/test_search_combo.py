"""Provinces and communes are found by a part of their names, without accents and without their kind."""

from __future__ import annotations

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QLineEdit, QVBoxLayout, QWidget
from pytestqt.qtbot import QtBot
from support.typing_person import type_text

from vaxdesk.gui.widgets.search_combo import SearchCombo

#: The list below the field is a window that the offscreen platform cannot raise.
pytestmark = pytest.mark.qt_log_ignore("This plugin does not support", extend=True)
NAMES = ("", "Thành phố Hà Nội", "Tỉnh Hà Tĩnh", "Tỉnh Lạng Sơn", "Tỉnh Sơn La", "Thành phố Huế", "Tỉnh Lai Châu")


@pytest.fixture
def host(qtbot: QtBot) -> QWidget:
    host = QWidget()
    column = QVBoxLayout(host)
    combo, other = SearchCombo(host), QLineEdit(host)
    for code, name in enumerate(NAMES):
        combo.addItem(name, str(code))
    column.addWidget(combo)
    column.addWidget(other)
    qtbot.addWidget(host)
    host.show()
    host.activateWindow()
    qtbot.waitUntil(host.isActiveWindow)
    combo.setFocus()
    return host


@pytest.mark.parametrize(
    ("typed", "taken"),
    [
        ("son la", "Tỉnh Sơn La"),
        ("la son", "Tỉnh Sơn La"),
        ("Sơn L", "Tỉnh Sơn La"),
        ("hue", "Thành phố Huế"),
        ("ha t", "Tỉnh Hà Tĩnh"),
        ("tinh lai", "Tỉnh Lai Châu"),
        ("xyz", ""),
        ("", ""),
    ],
)
def test_a_part_of_the_name_is_enough_and_tab_takes_it(host: QWidget, typed: str, taken: str) -> None:
    combo = host.findChild(SearchCombo)
    assert combo is not None
    type_text(typed)
    other = next(edit for edit in host.findChildren(QLineEdit) if edit is not combo.lineEdit())
    other.setFocus()
    assert combo.currentText() == taken
    assert combo.currentData() == str(NAMES.index(taken))


def test_what_fits_nothing_leaves_the_choice_of_before(host: QWidget) -> None:
    combo = host.findChild(SearchCombo)
    assert combo is not None
    combo.setCurrentIndex(4)
    combo.lineEdit().selectAll()
    type_text("khong co")
    combo.settle()
    assert combo.currentText() == "Tỉnh Sơn La"


def test_the_name_itself_stands_before_names_that_only_contain_it(host: QWidget) -> None:
    combo = host.findChild(SearchCombo)
    assert combo is not None
    assert next(combo.itemText(row) for row in combo.matches("son")) == "Tỉnh Lạng Sơn"
    assert [combo.itemText(row) for row in combo.matches("ha")][:2] == ["Thành phố Hà Nội", "Tỉnh Hà Tĩnh"]
    assert combo.matches("  ") == []
    QTest.keyClick(combo.lineEdit(), Qt.Key.Key_Return)
    assert combo.currentIndex() == 0
