"""Several of a list: Space ticks, F12 confirms."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QDialog, QLabel, QLineEdit, QListWidget, QListWidgetItem, QWidget

from vaxdesk.gui import forms
from vaxdesk.gui.widgets.buttons import KeyButton


class CheckListDialog(QDialog):
    """Title, whom it is about, lines to tick, and perhaps a reason."""

    title: QLabel
    about: QLabel
    choices: QListWidget
    reason_box: QWidget
    reason: QLineEdit
    ok: KeyButton
    cancel: KeyButton

    def __init__(
        self,
        parent: QWidget,
        title: str,
        about: str,
        choices: Sequence[tuple[str, str]],
        ticked: Collection[str],
        reason: bool,
    ) -> None:
        super().__init__(parent)
        forms.load(self, "dialogs/check_list.ui")
        self.setWindowTitle(title)
        self.title.setText(title)
        self.about.setText(about)
        self.reason_box.setVisible(reason)
        for code, words in choices:
            item = QListWidgetItem(words, self.choices)
            item.setData(Qt.ItemDataRole.UserRole, code)
            item.setToolTip(words)
            item.setFlags(item.flags() | Qt.ItemFlag.ItemIsUserCheckable)
            item.setCheckState(Qt.CheckState.Checked if code in ticked else Qt.CheckState.Unchecked)
        first = next((row for row, (code, _words) in enumerate(choices) if code in ticked), 0)
        self.choices.setCurrentRow(first)
        self.ok.clicked.connect(self.accept)
        self.cancel.clicked.connect(self.reject)
        self.setMinimumSize(620, 480)
        self.choices.setFocus()

    def ticked(self) -> tuple[str, ...]:
        """The codes of the ticked lines."""
        items = [self.choices.item(row) for row in range(self.choices.count())]
        return tuple(
            str(item.data(Qt.ItemDataRole.UserRole)) for item in items if item.checkState() == Qt.CheckState.Checked
        )


def check_list(
    parent: QWidget,
    title: str,
    about: str,
    choices: Sequence[tuple[str, str]],
    ticked: Collection[str],
    *,
    reason: bool = False,
) -> tuple[tuple[str, ...], str] | None:
    """The ticked codes and the reason, or None when the user went back. All words already translated."""
    dialog = CheckListDialog(parent, title, about, choices, ticked, reason)
    if dialog.exec() != QDialog.DialogCode.Accepted:
        return None
    return dialog.ticked(), dialog.reason.text().strip()
