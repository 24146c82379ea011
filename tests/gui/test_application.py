"""Texts, forms, errors: what the application itself promises."""

from __future__ import annotations

import threading
from pathlib import Path

import pytest
from babel.messages.pofile import read_po as babel_read_po
from PySide6.QtCore import QCoreApplication, Qt
from PySide6.QtGui import QKeySequence, QShortcut
from PySide6.QtWidgets import QDialogButtonBox, QLabel, QLineEdit, QPushButton, QWidget
from pytestqt.qtbot import QtBot

from vaxdesk import assets, i18n
from vaxdesk.errors import BugError, KnownError, report
from vaxdesk.gui import application, forms
from vaxdesk.gui.widgets.buttons import KeyButton

FORM = """<?xml version="1.0" encoding="UTF-8"?>
<ui version="4.0"><class>Probe</class>
 <widget class="QWidget" name="Probe"><layout class="QVBoxLayout" name="column">
  <item><widget class="QLabel" name="words">
   <property name="text"><string>Vaccine stock</string></property></widget></item>
  <item><widget class="{kind}" name="act"><property name="text"><string>Try again</string></property></widget></item>
 </layout></widget></ui>
"""


class Probe(QWidget):
    """The form above."""

    words: QLabel
    act: KeyButton


@pytest.fixture
def form(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder of forms with one in it."""
    path = tmp_path / "probe.ui"
    path.write_text(FORM.format(kind="KeyButton"), encoding="utf-8")
    monkeypatch.setattr(assets, "ui", lambda name: tmp_path / name)
    return path


def test_a_form_binds_its_children_and_follows_the_language(form: Path, qtbot: QtBot) -> None:
    probe = Probe()
    qtbot.addWidget(probe)
    forms.load(probe, "probe.ui")
    assert isinstance(probe.act, KeyButton)
    assert (probe.words.text(), probe.act.text()) == ("Kho vắc xin", "Thử lại")
    application.change_language("en")
    qtbot.waitUntil(lambda: probe.words.text() == "Vaccine stock")
    assert probe.act.text() == "Try again"
    application.change_language("vi")
    qtbot.waitUntil(lambda: probe.words.text() == "Kho vắc xin")


@pytest.mark.qt_log_ignore("QFormBuilder was unable", "Designer: An error", "Empty widget item", extend=True)
def test_a_missing_form_child_or_class_is_our_fault(form: Path, qtbot: QtBot) -> None:
    class More(Probe):
        other: QLabel

    with pytest.raises(BugError, match="no such form"):
        forms.load(Probe(), "nothing.ui")
    with pytest.raises(BugError, match="no child QLabel other"):
        forms.load(More(), "probe.ui")
    form.write_text(FORM.format(kind="QWonderButton"), encoding="utf-8")
    with pytest.raises(BugError, match="QWonderButton"):
        forms.load(Probe(), "probe.ui")
    form.write_text("<ui", encoding="utf-8")
    with pytest.raises(BugError, match="cannot be read"):
        forms.load(Probe(), "probe.ui")


@pytest.mark.parametrize("path", sorted(assets.root().joinpath("ui").rglob("*.ui")), ids=lambda path: path.stem)
def test_every_widget_of_our_own_is_declared_for_designer(path: Path) -> None:
    """Designer opens each form: promoted classes stand in its customwidgets, and the program knows them."""
    import xml.etree.ElementTree as ElementTree

    tree = ElementTree.parse(path)
    used = {element.get("class", "") for element in tree.iter("widget")}
    ours = {name for name in used if not name.startswith("Q")}
    assert ours <= set(forms.PROMOTED)
    declared = {element.findtext("class") for element in tree.iter("customwidget")}
    assert ours <= declared, ours - declared


def test_qts_own_buttons_speak_vietnamese(qtbot: QtBot) -> None:
    box = QDialogButtonBox(
        QDialogButtonBox.StandardButton.Ok
        | QDialogButtonBox.StandardButton.Cancel
        | QDialogButtonBox.StandardButton.Save
        | QDialogButtonBox.StandardButton.Yes
        | QDialogButtonBox.StandardButton.No
    )
    qtbot.addWidget(box)
    words = {button.text().replace("&", "") for button in box.findChildren(QPushButton)}
    assert words == {"Đồng ý", "Hủy", "Lưu", "Có", "Không"}


def test_what_the_catalogue_lacks_stays_as_it_is() -> None:
    assert QCoreApplication.translate("QSomething", "%1 is not in the catalogue %2") == "%1 is not in the catalogue %2"


@pytest.mark.parametrize("path", sorted(assets.resource("translations").glob("*/*.po")), ids=lambda path: path.stem)
def test_catalogues_are_read_as_babel_reads_them(path: Path) -> None:
    with path.open("rb") as file:
        theirs = {
            (message.id[0] if isinstance(message.id, tuple) else message.id): (
                list(message.string) if isinstance(message.string, tuple) else message.string
            )
            for message in babel_read_po(file)
            if message.id and not message.fuzzy
        }
    assert i18n.read_po(path) == theirs


def test_errors_arrive_from_any_thread(qtbot: QtBot) -> None:
    known: list[KnownError] = []
    reports: list[str] = []
    gate = application.ErrorGate(known.append, reports.append)

    def fail() -> None:
        try:
            raise ValueError("Lò Thị Mai")
        except ValueError as error:
            gate.take(error)

    thread = threading.Thread(target=fail)
    thread.start()
    thread.join()
    gate.take(KnownError("Try again"))
    qtbot.waitUntil(lambda: bool(known) and bool(reports))
    assert "ValueError" in reports[0]
    assert "test_application.py" in reports[0]
    assert "Mai" not in reports[0]


def test_a_report_names_types_files_and_lines_only() -> None:
    try:
        try:
            raise KeyError("014090123456")
        except KeyError as error:
            raise RuntimeError("Giàng A Pó") from error
    except RuntimeError as error:
        words = report(error)
    assert "RuntimeError" in words
    assert "KeyError" in words
    assert "014090123456" not in words
    assert "Pó" not in words


def test_a_key_that_the_page_does_not_have_types_nothing_into_its_fields(qtbot: QtBot) -> None:
    application.input_filters()
    field = QLineEdit()
    qtbot.addWidget(field)
    with qtbot.waitActive(field):
        field.show()
        field.activateWindow()
    field.setFocus()
    alt = Qt.KeyboardModifier.AltModifier
    qtbot.keyClick(field, Qt.Key.Key_5, alt)
    assert field.text() == ""
    qtbot.keyClick(field, Qt.Key.Key_5)
    assert field.text() == "5"
    pressed: list[str] = []
    QShortcut(QKeySequence("Alt+6"), field, lambda: pressed.append("Alt+6"))
    qtbot.keyClick(field, Qt.Key.Key_6, alt)
    assert (pressed, field.text()) == (["Alt+6"], "5")
