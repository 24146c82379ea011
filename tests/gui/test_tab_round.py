"""Tab goes round every part of a page that can be worked with; none is left out."""

from __future__ import annotations

from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QAbstractButton, QApplication, QWidget
from pytestqt.qtbot import QtBot
from rooms import Room, room

from vaxdesk.gui.main_window import PAGE_NAMES
from vaxdesk.gui.targets import NewPerson

TARGETS = {"people": NewPerson()}


def workable(page: QWidget) -> set[str]:
    """What Tab must reach: visible, enabled, named, and meant for the Tab key."""
    found = set()
    for widget in page.findChildren(QWidget):
        if not (widget.isVisible() and widget.isEnabled() and widget.objectName()) or widget.focusProxy() is not None:
            continue
        if isinstance(widget, QAbstractButton) and _one_of_many(widget) and not widget.isChecked():
            continue  # the arrow keys go to it
        # Parts of Qt's own widgets have names of this kind.
        if widget.focusPolicy() & Qt.FocusPolicy.TabFocus and not widget.objectName().startswith("qt_"):
            found.add(widget.objectName())
    return found


def _one_of_many(button: QAbstractButton) -> bool:
    group = button.group()
    return button.autoExclusive() or (group is not None and group.exclusive())


def round_of(made: Room) -> set[str]:
    """The names of all parts that have the focus in turn, until it comes back to the first."""
    names: set[str] = set()
    first: QWidget | None = None
    for _step in range(150):
        focus = QApplication.focusWidget()
        assert focus is not None
        if focus is first:
            break
        first = first or focus
        at: QWidget | None = focus
        while at is not None:  # a field inside a field counts for both
            names.add(at.objectName())
            at = at.parentWidget()
        made.qtbot.keyClick(focus, Qt.Key.Key_Tab)
    return names


@pytest.mark.parametrize("name", PAGE_NAMES)
def test_tab_reaches_everything(qtbot: QtBot, tmp_path: Path, name: str) -> None:
    with room(qtbot, tmp_path, name) as made:
        lot = made.station.lot()
        made.station.through(made.station.session(lot), lot)
        page = made.open(TARGETS.get(name))
        page.may_leave = lambda: True  # type: ignore[method-assign]  # nothing is asked at the end
        page.may_close = lambda: True  # type: ignore[method-assign]
        page.setFocus()
        made.settle()
        focus = QApplication.focusWidget()
        assert focus is not None
        assert page.isAncestorOf(focus)
        wanted = workable(page)
        assert wanted
        assert not wanted - round_of(made)
