"""Tables of frozen rows: the model keeps Qt's rules, the view opens with Enter, digits stand below digits."""

from __future__ import annotations

from dataclasses import dataclass, replace

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QImage, QPainter
from PySide6.QtTest import QAbstractItemModelTester
from pytestqt.qtbot import QtBot

from vaxdesk.gui import style
from vaxdesk.gui.models.table import BADGE_ROLE, ROW_ROLE, Column, RowsModel
from vaxdesk.gui.widgets import digits
from vaxdesk.gui.widgets.tables import RowTable


@dataclass(frozen=True)
class Line:
    """A row."""

    id: int
    name: str
    doses: int


def lines(*ids: int) -> tuple[Line, ...]:
    return tuple(Line(number, f"Lò Văn {number}", number * 37) for number in ids)


def make_model() -> RowsModel[Line]:
    return RowsModel(
        (
            Column("Full name", lambda row: row.name, bold=True, badges=_badges),
            Column("Doses", lambda row: str(row.doses), right=True),
        ),
        key=lambda row: row.id,
    )


def _badges(row: Line) -> list[tuple[str, str]]:
    return [("gần giống tên", "warn")] if row.id == 2 else []


def test_the_model_keeps_the_rules(qtbot: QtBot) -> None:
    model = make_model()
    tester = QAbstractItemModelTester(model, QAbstractItemModelTester.FailureReportingMode.Fatal)
    for rows in ((), lines(1, 2, 3), lines(1, 2, 3), lines(3, 1), lines(1, 4, 3, 2), ()):
        model.show(rows)
        assert model.rowCount() == len(rows)
        assert [model.index(i, 0).data(ROW_ROLE) for i in range(model.rowCount())] == list(rows)
    assert tester.model() is model


def test_a_changed_row_is_told_alone(qtbot: QtBot) -> None:
    model = make_model()
    model.show(lines(1, 2, 3))
    changed: list[tuple[int, int]] = []
    resets: list[int] = []
    model.dataChanged.connect(lambda top, bottom, *_roles: changed.append((top.row(), bottom.row())))
    model.modelReset.connect(lambda: resets.append(1))
    first, second, third = lines(1, 2, 3)
    model.show((first, replace(second, doses=9), third))
    assert changed == [(1, 1)]
    assert resets == []


def test_badges_are_read_aloud_with_the_words() -> None:
    model = make_model()
    model.show(lines(1, 2))
    assert model.index(1, 0).data(Qt.ItemDataRole.AccessibleTextRole) == "Lò Văn 2 · gần giống tên"
    assert model.index(0, 0).data(BADGE_ROLE) == ()


def test_enter_opens_and_arrows_choose(qtbot: QtBot) -> None:
    table = RowTable()
    qtbot.addWidget(table)
    model = make_model()
    table.use(model)
    model.show(lines(1, 2, 3))
    table.choose(0)
    table.resize(500, 300)
    table.show()
    table.setFocus()
    opened: list[Line] = []
    chosen: list[Line] = []
    table.opened.connect(opened.append)
    table.chosen.connect(chosen.append)
    qtbot.keyClick(table, Qt.Key.Key_Down)
    qtbot.keyClick(table, Qt.Key.Key_Return)
    assert chosen == [lines(2)[0]]
    assert opened == [lines(2)[0]]


def test_a_hundred_thousand_rows_are_no_matter(qtbot: QtBot) -> None:
    """The view asks only for what it shows."""
    asked: list[int] = []

    def name(row: Line) -> str:
        asked.append(row.id)
        return row.name

    model = RowsModel((Column("Full name", name, bold=True),), key=lambda row: row.id)
    table = RowTable()
    qtbot.addWidget(table)
    table.use(model)
    table.resize(500, 300)
    table.show()
    model.show(lines(*range(100_000)))
    table.grab()
    assert 0 < len(set(asked)) < 2_000


@pytest.mark.parametrize("text", ["111", "014 056 001 234", "6.204", "0"])
def test_digits_have_one_width(qtbot: QtBot, text: str) -> None:
    font = style.font("body")
    other = "".join("8" if letter.isdigit() else letter for letter in text)
    assert digits.width(text, font) == pytest.approx(digits.width(other, font))


def test_digits_are_drawn_inside_their_box(qtbot: QtBot) -> None:
    image = QImage(120, 30, QImage.Format.Format_RGB32)
    image.fill(Qt.GlobalColor.white)
    painter = QPainter(image)
    painter.setFont(style.font("body"))
    digits.draw_right(painter, image.rect().adjusted(10, 0, -10, 0), "6.204")
    painter.end()
    dark = [x for x in range(120) for y in range(30) if image.pixelColor(x, y).lightness() < 128]
    assert min(dark) > 60
    assert 100 <= max(dark) <= 110
