"""The consent step: the text in force, the answer with by whom and how."""

from __future__ import annotations

from functools import partial

from PySide6.QtCore import QEvent, Signal
from PySide6.QtWidgets import QCheckBox, QComboBox, QFrame, QLabel, QLineEdit, QWidget

from vaxdesk import i18n
from vaxdesk.domain.consent import HOW_WORDS, RELATIONS, ConsentStatus, ConsentText, How, Who
from vaxdesk.errors import KnownError
from vaxdesk.gui import consent_words, forms
from vaxdesk.gui.desk import Desk
from vaxdesk.gui.dialogs.reason import ask_reason
from vaxdesk.gui.widgets.buttons import KeyButton
from vaxdesk.gui.widgets.marks import Badge
from vaxdesk.gui.widgets.states import ErrorState
from vaxdesk.i18n import _
from vaxdesk.queries.desk_view import ConsentFacts, VisitFacts
from vaxdesk.queries.people import PersonCard
from vaxdesk.services.consents import RecordConsent

#: The fields that the service may name → the widgets that take the keyboard then.
_FIELDS = {"guardian_name": "guardian_name", "relation": "guardian_relation", "who": "guardian_name", "note": "note"}


class ConsentPanel(QWidget):
    """Shows the consent text and the answer that holds, and asks for a new one."""

    card: QFrame
    state_badge: Badge
    text_version: QLabel
    answer: QLabel
    text: QLabel
    declarations: QWidget
    guardian: QWidget
    guardian_name: QLineEdit
    guardian_relation: QComboBox
    guardian_phone: QLineEdit
    how: QComboBox
    note: QLineEdit
    error: ErrorState
    give: KeyButton
    refuse: KeyButton
    withdraw: KeyButton

    answered = Signal(object)

    def __init__(self, desk: Desk, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.desk = desk
        forms.load(self, "widgets/consent_panel.ui")
        self._card: PersonCard | None = None
        self._consent: ConsentFacts | None = None
        self._visit_id = ""
        self._text: ConsentText | None = None
        self._declared: dict[str, QCheckBox] = {}
        self.give.clicked.connect(self._give)
        self.refuse.clicked.connect(partial(self._refuse, ConsentStatus.REFUSED))
        self.withdraw.clicked.connect(partial(self._refuse, ConsentStatus.WITHDRAWN))
        self._fill_choices()

    def _fill_choices(self) -> None:
        for box, choices in ((self.guardian_relation, RELATIONS), (self.how, {h.value: HOW_WORDS[h] for h in How})):
            kept = box.currentData()
            box.clear()
            for code, words in choices.items():
                box.addItem(_(words), code)
            box.setCurrentIndex(max(0, box.findData(kept)))

    def show_visit(self, facts: VisitFacts) -> None:
        """Show a visit's consent."""
        self.show_person(facts.card, facts.consent, facts.visit.visit_id)

    def show_person(self, card: PersonCard, consent: ConsentFacts | None, visit_id: str = "") -> None:
        """Show a person's consent; ``visit_id`` is empty where nobody has come: asked at home, on the phone."""
        self._card, self._consent, self._visit_id = card, consent, visit_id
        today = self.desk.today()
        details = card.details
        age = details.birth.age_on(today) if details.birth else 18
        rules = self.desk.campaign().consents
        self._text = rules.text_for(age, today) if rules else None
        self._show_text()
        minor = rules is not None and age < rules.adult_age
        self.guardian.setVisible(minor or (self._text is not None and self._text.guardian))
        self.guardian_name.setText(details.guardian_name)
        self.guardian_phone.setText(details.guardian_phone)
        relation = self.guardian_relation.findData(details.guardian_relation)
        self.guardian_relation.setCurrentIndex(max(0, relation))
        self.note.clear()
        self.error.tell(None)
        self.withdraw.setVisible(consent is not None and consent.answer == "given")
        self._show_state()

    def _show_text(self) -> None:
        language = i18n.language()
        text = self._text
        if text is None:
            self.text.setText(_("This campaign's pack states no consent text for this age."))
            self.text_version.clear()
            return
        lines = [f"<b>{text.title.text(language)}</b>"]
        lines += [f"{n}. {item.text(language)}" for n, item in enumerate(text.statements, 1)]
        lines.append(text.lead_in.text(language))
        self.text.setText("<br><br>".join(lines))
        self.text_version.setText(consent_words.text_name(text))
        layout = self.declarations.layout()
        for box in self._declared.values():
            layout.removeWidget(box)
            box.deleteLater()
        self._declared.clear()
        consents = self.desk.campaign().consents
        for declaration in consents.declarations_on(self.desk.today()) if consents else ():
            box = QCheckBox(declaration.text.text(language), self.declarations)
            layout.addWidget(box)
            self._declared[declaration.id] = box
        self.declarations.setVisible(bool(self._declared))

    def _show_state(self) -> None:
        self.state_badge.show_words(consent_words.state(self._consent), consent_words.tone(self._consent))
        self.answer.setText(consent_words.answer(self.desk.campaign(), self._consent))
        self.answer.setVisible(self._consent is not None)

    def _command(self, answer: ConsentStatus, note: str) -> RecordConsent:
        assert self._card is not None
        guardian = self.guardian.isVisibleTo(self)
        return RecordConsent(
            person_id=self._card.id,
            answer=answer,
            visit_id=self._visit_id,
            who=Who.GUARDIAN if guardian else Who.SELF,
            how=How(self.how.currentData()),
            guardian_name=self.guardian_name.text().strip() if guardian else "",
            guardian_relation=self.guardian_relation.currentData() if guardian else "",
            guardian_phone=self.guardian_phone.text().strip() if guardian else "",
            declared=frozenset(code for code, box in self._declared.items() if box.isChecked()),
            note=note,
        )

    def _give(self) -> None:
        if self._card is not None:
            self.answered.emit(self._command(ConsentStatus.GIVEN, self.note.text().strip()))

    def _refuse(self, answer: ConsentStatus) -> None:
        if self._card is None:
            return
        title = _("Withdraw the consent") if answer is ConsentStatus.WITHDRAWN else _("The vaccination is refused")
        reason = ask_reason(
            self,
            title,
            self._card.details.full_name,
            optional=answer is ConsentStatus.REFUSED,
            text=self.note.text(),
        )
        if reason is not None:
            self.answered.emit(self._command(answer, reason))

    def tell(self, error: KnownError) -> None:
        """The service did not take the answer: say why, and go to the field that it names."""
        self.error.tell(error)
        field: QWidget | None = getattr(self, _FIELDS.get(getattr(error, "field", ""), ""), None)
        if field is not None and field.isVisibleTo(self):
            field.setFocus()

    def changeEvent(self, event: QEvent) -> None:
        """Follow the language."""
        if event.type() == QEvent.Type.LanguageChange:
            self._fill_choices()
            if self._card is not None:
                self._show_text()
                self._show_state()
        super().changeEvent(event)
