"""The widgets that every page uses: they say it in words, fit in both languages, and jump where they promise."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from fit import cut_words
from grab import grab
from PySide6.QtCore import QRectF, Qt
from PySide6.QtGui import QImage, QPainter
from PySide6.QtWidgets import QLabel, QLineEdit, QPushButton, QVBoxLayout, QWidget
from pytestqt.qtbot import QtBot

from vaxdesk.errors import FieldError, KnownError
from vaxdesk.gui import application, style
from vaxdesk.gui.form_fields import FormField, FormFields
from vaxdesk.gui.widgets.banner import BannerFacts, PersonBanner
from vaxdesk.gui.widgets.buttons import KeyButton
from vaxdesk.gui.widgets.marks import Badge, Chip, StatusMark, draw_status
from vaxdesk.gui.widgets.states import EmptyState, ErrorState, ErrorSummary

POOR = BannerFacts(
    "Giàng A Pó",
    (("Sinh", "1956"), ("", "Nam"), ("CCCD", "014 056 001 234"), ("", "Bản Pá Kạch")),
    "begun",
    "đã tiêm 1 mũi",
    (("Dị ứng: penicillin", "bad"),),
)


Show = Callable[..., QWidget]


@pytest.fixture
def shown(qtbot: QtBot) -> Show:
    """Shows widgets below each other in a window, which lives as long as the test."""
    windows: list[QWidget] = []

    def show(*widgets: QWidget, width: int = 900) -> QWidget:
        window = QWidget()
        window.setObjectName("content")
        column = QVBoxLayout(window)
        for widget in widgets:
            column.addWidget(widget)
        column.addStretch(1)
        qtbot.addWidget(window)
        window.resize(width, 600)
        window.show()
        windows.append(window)
        return window

    return show


def test_the_gallery(qtbot: QtBot, shown: Show) -> None:
    """Everything once, to be looked at, and nothing of it cut."""
    banner = PersonBanner()
    banner.show_person(POOR)
    error = ErrorState()
    error.tell(KnownError("The disk is full: nothing was saved. Free some space and save again."), again=True)
    summary = ErrorSummary()
    summary.show_errors(
        [FieldError("name", "Enter the station's name."), FieldError("x", "Choose the province.")], print
    )
    badges = [Badge(words, tone) for words, tone in (("mới", ""), ("hợp lệ", "ok"), ("gần giống tên", "warn"))]
    marks = []
    for status, words in (("none", "chưa tiêm"), ("begun", "đã tiêm 1 mũi"), ("complete", "đã tiêm đủ")):
        mark = StatusMark()
        mark.show_status(status, words)
        marks.append(mark)
    chip = Chip()
    chip.state("Ngoại tuyến · 58 bản ghi chờ gửi", "warn", "cloud-off")
    buttons = []
    for variant in ("main", "plain", "danger", "quiet", "small"):
        button = KeyButton()
        button.setText("Đã tiêm, sang theo dõi")
        button.setProperty("variant", variant)
        button.setProperty("keys", "F12")
        button.setProperty("iconName", "vaccine")
        buttons.append(button)
    for each in (*badges, *marks, chip, *buttons):
        each.setMaximumWidth(320)
    window = shown(banner, error, summary, *badges, *marks, chip, *buttons)
    grab(window, "gallery")
    assert not cut_words(window)
    application.change_language("en")
    grab(window, "gallery")
    assert not cut_words(window)
    application.change_language("vi")


def test_a_name_is_text_and_never_markup(qtbot: QtBot, shown: Show) -> None:
    banner = PersonBanner()
    banner.show_person(BannerFacts("<b>A & B</b>", (("Sinh", "<i>1956</i>"),)))
    shown(banner)
    texts = [label.text() for label in banner.findChildren(QLabel)]
    assert "<b>A & B</b>" in texts
    assert any("&lt;i&gt;1956&lt;/i&gt;" in text for text in texts)
    banner.show_person(None)
    assert not banner.isVisible()


def test_an_empty_page_says_what_to_do_first(qtbot: QtBot, shown: Show) -> None:
    empty = EmptyState()
    empty.say("calendar-plus", "No session today", "Search for a person", "Try again", "F12")
    window = shown(empty)
    acted: list[int] = []
    empty.acted.connect(lambda: acted.append(1))
    window.activateWindow()
    qtbot.waitUntil(window.isActiveWindow)
    qtbot.keyClick(window, Qt.Key.Key_F12)
    assert acted == [1]
    assert empty.button.text() == "Thử lại"
    application.change_language("en")
    qtbot.waitUntil(lambda: empty.button.text() == "Try again")


def test_the_summary_jumps_to_the_field(qtbot: QtBot, shown: Show) -> None:
    summary = ErrorSummary()
    shown(summary)
    went: list[str] = []
    summary.show_errors([FieldError("code", "Choose the province.")], went.append)
    line = next(button for button in summary.findChildren(QPushButton) if button.isVisible())
    qtbot.mouseClick(line, Qt.MouseButton.LeftButton)
    assert went == ["code"]
    summary.show_errors([], went.append)
    assert not summary.isVisible()


def test_a_field_says_its_hint_then_its_error_then_its_hint_again(qtbot: QtBot, shown: Show) -> None:
    field, below = QLineEdit(), QLabel()
    shown(field, below)
    fields = FormFields({"code": FormField(field, below, "Given by the authority, for example 118.")})
    hint = below.text()
    assert hint
    assert fields.show([FieldError("code", "Choose the province.")])
    assert below.text() == "Hãy chọn tỉnh, thành phố."
    assert field.property("state") == "bad"
    assert field.accessibleDescription() == below.text()
    field.setText("1")
    assert below.text() == hint
    assert field.property("state") == ""
    fields.say("code", "Số thẻ ghi 1971", "warn")
    field.setText("12")
    assert below.text() == "Số thẻ ghi 1971"
    assert not fields.show([FieldError("elsewhere", "Choose the province.")])


@pytest.mark.parametrize(
    ("status", "left", "right"),
    [
        ("none", "surface", "surface"),
        ("begun", "dose_begun", "surface"),
        ("complete", "dose_complete", "dose_complete"),
    ],
)
def test_status_is_a_shape_too(qtbot: QtBot, status: str, left: str, right: str) -> None:
    """Ring, half, full: told apart without any colour."""
    image = QImage(40, 40, QImage.Format.Format_RGB32)
    image.fill(style.color("surface"))
    painter = QPainter(image)
    draw_status(painter, QRectF(0, 0, 40, 40), status)
    painter.end()
    assert image.pixelColor(12, 20) == style.color(left)
    assert image.pixelColor(28, 20) == style.color(right)


def test_a_chip_and_a_badge_have_words_for_their_tone(qtbot: QtBot, shown: Show) -> None:
    chip, badge = Chip(), Badge("", "")
    shown(chip, badge)
    chip.state("Đã gửi hết", "ok", "cloud-check")
    assert chip.accessibleName() == "Đã gửi hết"
    assert not badge.isVisible()
    badge.show_words("hợp lệ", "ok")
    assert badge.isVisible()
