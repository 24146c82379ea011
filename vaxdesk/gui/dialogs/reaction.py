"""A reaction after a dose: an ordinary one takes two keys, a severe one opens its form and the phone numbers."""

from __future__ import annotations

from PySide6.QtWidgets import QCheckBox, QDialog, QGridLayout, QLabel, QLineEdit, QWidget

from vaxdesk import i18n
from vaxdesk.domain.advice import Advice
from vaxdesk.gui import forms
from vaxdesk.gui.widgets.buttons import KeyButton
from vaxdesk.gui.widgets.marks import Chip
from vaxdesk.i18n import _
from vaxdesk.services.context import StationInfo
from vaxdesk.services.observation import RecordReaction


class ReactionDialog(QDialog):
    """Ordinary or severe, signs, words; F12 saves."""

    about: QLabel
    ordinary: Chip
    severe: Chip
    signs: QWidget
    note: QLineEdit
    severe_part: QWidget
    phones: QLabel
    treatment: QLineEdit
    outcome: QLineEdit
    missing: QLabel
    ok: KeyButton
    cancel: KeyButton

    def __init__(self, parent: QWidget, name: str, advice: Advice | None, station: StationInfo) -> None:
        super().__init__(parent)
        forms.load(self, "dialogs/reaction.ui")
        self.about.setText(name)
        self._advice = advice
        self._boxes: dict[str, QCheckBox] = {}
        self.missing.hide()
        numbers = [f"{station.name}: {station.phone}", f"{station.referral_name}: {station.referral_phone}", "115"]
        self.phones.setText("\n".join(line for line in numbers if not line.endswith(": ")))
        self.ordinary.toggled.connect(self._kind_changed)
        self.ok.clicked.connect(self._accept)
        self.cancel.clicked.connect(self.reject)
        self._kind_changed(True)

    def _kind_changed(self, _on: bool) -> None:
        severe = self.severe.isChecked()
        self.severe_part.setVisible(severe)
        grid = self.signs.layout()
        assert isinstance(grid, QGridLayout)
        for box in self._boxes.values():
            grid.removeWidget(box)
            box.hide()
            box.deleteLater()
        self._boxes.clear()
        if self._advice is None:
            return
        for index, (code, words) in enumerate(self._signs(severe)):
            box = QCheckBox(words, self.signs)
            box.toggled.connect(self._clear)
            columns = 1 if severe else 3
            grid.addWidget(box, index // columns, index % columns)
            self._boxes[code] = box
        if not severe and self._boxes:
            # The commonest sign is offered, so that F9 and F12 are enough.
            next(iter(self._boxes.values())).setChecked(True)
        self.adjustSize()

    def _signs(self, severe: bool) -> list[tuple[str, str]]:
        """The pack's signs: code and words."""
        language = i18n.language()
        if self._advice is None:
            return []
        if not severe:
            return [(item.code, item.label.text(language)) for item in self._advice.reactions]
        slip = self._advice.slips[0]
        lines = slip.sign_lines(language)
        return [(sign.id, line) for sign, line in zip(slip.signs, lines, strict=True)]

    def _clear(self, _on: bool) -> None:
        self.missing.hide()

    def _accept(self) -> None:
        if not self.command("").signs and not self.note.text().strip():
            self.missing.setText(_("Choose at least one sign, or describe it."))
            self.missing.show()
            return
        self.accept()

    def command(self, visit_id: str) -> RecordReaction:
        """The reaction as the dialog says it."""
        return RecordReaction(
            visit_id=visit_id,
            severity="severe" if self.severe.isChecked() else "ordinary",
            signs=tuple(code for code, box in self._boxes.items() if box.isChecked()),
            treatment=self.treatment.text().strip(),
            outcome=self.outcome.text().strip(),
            note=self.note.text().strip(),
        )
