"""Fields that say what to do: a hint below each, an error in its place, both in the user's language."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial

from PySide6.QtCore import Qt, SignalInstance
from PySide6.QtWidgets import QComboBox, QLabel, QLineEdit, QPlainTextEdit, QWidget

from vaxdesk.errors import FieldError
from vaxdesk.gui import style
from vaxdesk.i18n import _


@dataclass(frozen=True)
class FormField:
    """A field's widget, the label below it, and the message id of its hint (none: the label is hidden)."""

    widget: QWidget
    below: QLabel
    hint: str = ""


class FormFields:
    """The fields of one form by name; the names are those of ``FieldError.field``."""

    def __init__(self, fields: Mapping[str, FormField]) -> None:
        self._fields = dict(fields)
        self._said: dict[str, tuple[str, str]] = {}
        for name, field in self._fields.items():
            changed = _changed_signal(field.widget)
            if changed is not None:
                changed.connect(partial(self._edited, name))
        self.translate()

    def show(self, errors: Sequence[FieldError]) -> bool:
        """Mark the fields that need work and go to the first; False when an error belongs to no field here."""
        self.clear()
        own = [error for error in errors if error.field in self._fields]
        for error in own:
            self.say(error.field, error.words(), "bad")
        if own:
            self.go_to(own[0].field)
        return len(own) == len(errors)

    def say(self, name: str, words: str, tone: str = "warn") -> None:
        """Put words (already translated) below a field; tone ``warn`` or ``bad`` marks the field as well."""
        field = self._fields[name]
        self._said[name] = (words, tone)
        field.below.setText(words)
        field.below.setVisible(bool(words))
        style.mark(field.below, "tone", tone)
        style.mark(field.widget, "state", tone)
        field.widget.setAccessibleDescription(words)

    def clear(self, name: str = "") -> None:
        """Take the words back, of one field or of all; the hints stand again."""
        for each in [name] if name else list(self._said):
            self._said.pop(each, None)
            field = self._fields[each]
            style.mark(field.below, "tone", "")
            style.mark(field.widget, "state", "")
            self._show_hint(field)

    def _edited(self, name: str, *_value: object) -> None:
        """An error goes when its field is worked on; a warning stays until it is judged anew."""
        if self._said.get(name, ("", ""))[1] == "bad":
            self.clear(name)

    def go_to(self, name: str) -> None:
        """Put the focus into a field."""
        self._fields[name].widget.setFocus(Qt.FocusReason.OtherFocusReason)

    def translate(self) -> None:
        """Write the hints in the language in use."""
        for name, field in self._fields.items():
            if name not in self._said:
                self._show_hint(field)

    @staticmethod
    def _show_hint(field: FormField) -> None:
        words = _(field.hint) if field.hint else ""
        field.below.setText(words)
        field.below.setVisible(bool(words))
        field.widget.setAccessibleDescription(words)


def _changed_signal(widget: QWidget) -> SignalInstance | None:
    if isinstance(widget, QLineEdit | QPlainTextEdit):
        return widget.textChanged
    if isinstance(widget, QComboBox):
        return widget.currentTextChanged
    return None
