"""The screener decides otherwise than the rules: another outcome or another list that follows, with the reason."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from PySide6.QtWidgets import QComboBox, QDialog, QLabel, QLineEdit, QWidget

from vaxdesk import i18n
from vaxdesk.domain.screening import NextList, ScreeningForm, ScreeningResult
from vaxdesk.errors import FieldError
from vaxdesk.gui import forms, recall, screening_words
from vaxdesk.gui.widgets.buttons import KeyButton
from vaxdesk.i18n import _


@dataclass(frozen=True)
class Decided:
    """Outcome code, the list that follows, the reason, the day of a recall."""

    outcome: str
    next_list: str
    reason: str
    recall_on: date | None


class DecideDialog(QDialog):
    """Outcome, what follows, and reason; F12 takes them."""

    about: QLabel
    by_rules: QLabel
    outcome: QComboBox
    next_list: QComboBox
    recall_label: QLabel
    recall: QLineEdit
    reason: QLineEdit
    missing: QLabel
    ok: KeyButton
    cancel: KeyButton

    def __init__(
        self,
        parent: QWidget,
        form: ScreeningForm,
        result: ScreeningResult,
        name: str,
        reason: str,
        today: date,
        recalled: str = "",
    ) -> None:
        super().__init__(parent)
        forms.load(self, "dialogs/decide.ui")
        language = i18n.language()
        self._form, self._result, self._today = form, result, today
        self._recall_on: date | None = None
        self.about.setText(name)
        leading = result.leading
        self.by_rules.setText(
            _("By the rules: {outcome}").format(outcome=leading.label.text(language) if leading else "–")
        )
        for outcome in sorted(form.outcomes.values(), key=lambda item: item.gravity):
            self.outcome.addItem(outcome.label.text(language), outcome.code)
        self.reason.setText(reason)
        self.recall.setText(recalled)
        self.missing.hide()
        self.outcome.currentIndexChanged.connect(self._fill_next)
        self.next_list.currentIndexChanged.connect(self._show_recall)
        self.ok.clicked.connect(self._accept)
        self.cancel.clicked.connect(self.reject)
        self._fill_next()

    def _fill_next(self, _index: int = 0) -> None:
        """What the rules let follow stands first, the other lists below it."""
        chosen = self._form.outcomes[self.outcome.currentData()]
        own = self._result.next if chosen is self._result.leading and self._result.next is not None else chosen.next
        self.next_list.clear()
        for following in (own, *(each for each in NextList if each is not own)):
            self.next_list.addItem(screening_words.next_list(following), following.value)
        self._show_recall()

    def _show_recall(self, _index: int = 0) -> None:
        shown = self.next_list.currentData() == NextList.RECALL.value
        self.recall_label.setVisible(shown)
        self.recall.setVisible(shown)

    def _accept(self) -> None:
        if not self.reason.text().strip():
            self._say(_("Write the reason first."), self.reason)
            return
        try:
            self._recall_on = recall.read(self.recall.text(), self._today) if self.recall.isVisibleTo(self) else None
        except FieldError as error:
            self._say(error.words(), self.recall)
            return
        self.accept()

    def _say(self, words: str, field: QLineEdit) -> None:
        self.missing.setText(words)
        self.missing.show()
        field.setFocus()

    def decided(self) -> Decided:
        """What was chosen."""
        return Decided(
            str(self.outcome.currentData()),
            str(self.next_list.currentData()),
            self.reason.text().strip(),
            self._recall_on,
        )


def decide(
    parent: QWidget,
    form: ScreeningForm,
    result: ScreeningResult,
    name: str,
    reason: str,
    today: date,
    recalled: str = "",
) -> Decided | None:
    """What was decided, or None when the user went back."""
    dialog = DecideDialog(parent, form, result, name, reason, today, recalled)
    return dialog.decided() if dialog.exec() == QDialog.DialogCode.Accepted else None
