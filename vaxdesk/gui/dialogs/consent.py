"""Asks for consent outside the reception: a withdrawal at a later step, a refusal on the phone, a change of mind."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from PySide6.QtWidgets import QDialog, QLabel, QWidget

from vaxdesk.domain.screening_result import Remark
from vaxdesk.gui import forms
from vaxdesk.gui.widgets.buttons import KeyButton
from vaxdesk.gui.widgets.consent_panel import ConsentPanel
from vaxdesk.i18n import _
from vaxdesk.services import consents
from vaxdesk.services.consents import RecordConsent

if TYPE_CHECKING:
    from vaxdesk.gui.desk import Desk
    from vaxdesk.queries.desk_view import ConsentFacts
    from vaxdesk.queries.people import PersonCard
    from vaxdesk.services.context import Context


class ConsentDialog(QDialog):
    """The consent panel in a window of its own; closes when an answer is stored. ``warnings`` came with it."""

    name: QLabel
    place: QWidget
    close_button: KeyButton

    def __init__(
        self, parent: QWidget, desk: Desk, card: PersonCard, consent: ConsentFacts | None, visit_id: str = ""
    ) -> None:
        super().__init__(parent)
        forms.load(self, "dialogs/consent.ui")
        self.desk = desk
        self.warnings: tuple[Remark, ...] = ()
        self.setWindowTitle(_("Consent"))
        self.name.setText(card.details.full_name)
        self.panel = ConsentPanel(desk, self.place)
        self.place.layout().addWidget(self.panel)
        self.panel.show_person(card, consent, visit_id)
        self.panel.answered.connect(self._answered)
        self.close_button.clicked.connect(self.reject)
        self.setMinimumSize(860, 600)
        # Nothing is answered by accident: the keyboard stands on the note, the answers have keys of their own.
        self.panel.note.setFocus()

    def _answered(self, command: RecordConsent) -> None:
        self.desk.act(
            partial(_record, command), self._stored, areas={"session", "people"}, owner=self, failed=self.panel.tell
        )

    def _stored(self, warnings: tuple[Remark, ...]) -> None:
        self.warnings = warnings
        self.accept()


def _record(command: RecordConsent, ctx: Context) -> tuple[Remark, ...]:
    return consents.record(ctx, command)


def ask_consent(
    parent: QWidget, desk: Desk, card: PersonCard, consent: ConsentFacts | None, visit_id: str = ""
) -> tuple[Remark, ...] | None:
    """The warnings that came with the answer, or None when the user went back without one."""
    dialog = ConsentDialog(parent, desk, card, consent, visit_id)
    return dialog.warnings if dialog.exec() == QDialog.DialogCode.Accepted else None
