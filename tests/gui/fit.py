"""Finds words that are cut: a label or button smaller than what it says."""

from __future__ import annotations

from PySide6.QtCore import QCoreApplication
from PySide6.QtWidgets import QAbstractButton, QCheckBox, QComboBox, QLabel, QPushButton, QRadioButton, QWidget


def cut_words(window: QWidget) -> list[str]:
    """Each visible label and button whose words need more room than it has, with both sizes."""
    for _turn in range(3):
        QCoreApplication.processEvents()
    found: list[str] = []
    for label in window.findChildren(QLabel):
        if label.isVisible() and label.text() and not label.pixmap():
            found += _cut_label(label)
    for button in window.findChildren(QAbstractButton):
        if button.isVisible() and button.text() and isinstance(button, QPushButton | QCheckBox | QRadioButton):
            needed = button.minimumSizeHint()
            if isinstance(button, QPushButton):
                needed.setWidth(max(needed.width(), button.fontMetrics().horizontalAdvance(button.text()) + 4))
            if button.width() < needed.width() - 1 or button.height() < needed.height() - 3:
                found.append(f"{_name(button)} {button.text()!r}: {button.size().toTuple()} < {needed.toTuple()}")
    for box in window.findChildren(QComboBox):
        if box.isVisible() and box.currentText() and not box.isEditable():
            needed_width = box.fontMetrics().horizontalAdvance(box.currentText()) + 20 + 28
            if box.width() < needed_width:
                found.append(f"{_name(box)} {box.currentText()!r}: {box.width()} < {needed_width}")
    return found


def _cut_label(label: QLabel) -> list[str]:
    room = label.contentsRect()
    if label.wordWrap():
        needed = label.heightForWidth(label.width())
        if label.height() < needed - 1:
            return [f"{_name(label)} {label.text()[:60]!r}: {label.height()} high < {needed}"]
        return []
    hint = label.sizeHint()
    spare_width, spare_height = label.width() - hint.width(), label.height() - hint.height()
    if room.width() <= 0 or spare_width < -1 or spare_height < -4:
        return [f"{_name(label)} {label.text()[:60]!r}: {label.size().toTuple()} < {hint.toTuple()}"]
    return []


def _name(widget: QWidget) -> str:
    return f"{type(widget).__name__} {widget.objectName()}"
