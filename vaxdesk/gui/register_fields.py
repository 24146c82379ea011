"""The fields of the registration form: from particulars into the fields and back, with remarks while one types."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from functools import partial
from typing import Protocol

import shiboken6
from PySide6.QtCore import QObject, QTimer, Signal
from PySide6.QtWidgets import QComboBox, QLabel, QLineEdit, QWidget

from vaxdesk import i18n
from vaxdesk.domain import identity, people, phones
from vaxdesk.domain.campaign import Campaign
from vaxdesk.domain.consent import RELATIONS
from vaxdesk.domain.countries import VIET_NAM, countries, country_name
from vaxdesk.domain.dates import PartialDate, parse_partial
from vaxdesk.domain.people import PersonDetails
from vaxdesk.domain.problems import FieldProblem
from vaxdesk.domain.units import Commune
from vaxdesk.errors import FieldError
from vaxdesk.gui.form_fields import FormField, FormFields
from vaxdesk.gui.register_conflicts import ConflictForm, Conflicts, place_words
from vaxdesk.gui.widgets.suggest import SuggestField, Suggestion
from vaxdesk.i18n import _

#: Fields that are a line of text under the same name in the particulars.
TEXTS = (
    *("full_name", "national_id", "old_id", "insurance_no", "phone", "occupation", "employer", "allergies"),
    *("passport", "ethnicity", "email", "guardian_name", "guardian_phone"),
)
#: The order in which the first empty field is looked for after a scan.
ASK_ORDER = ("full_name", "birth", "sex", "commune_code", "village", "phone")
#: How long typing rests before the remarks are made anew.
REST_MS = 200


class RegisterForm(ConflictForm, Protocol):
    """The widgets that a form must have."""

    village: SuggestField
    groups: QComboBox
    guardian_relation: QComboBox
    nationality: QComboBox
    national_id_below: QLabel


class RegisterFields(QObject):
    """Fills and reads the form. ``changed`` when typing has come to a rest, with the particulars as they stand."""

    changed = Signal(object)

    def __init__(self, form: QWidget, view: RegisterForm, campaign: Campaign, today: date) -> None:
        super().__init__(form)
        self._form = form
        self._view = view
        self._campaign = campaign
        self._today = today
        self._base = PersonDetails()
        self._scan_warnings: tuple[FieldProblem, ...] = ()
        self.touched = False
        names = (*TEXTS, "birth", "sex", "commune_code", "village", "groups", "guardian_relation", "nationality")
        self.fields = FormFields({name: FormField(self._widget(name), self._below(name)) for name in names})
        self.conflicts = Conflicts(view, self.fields, self._choice_taken)
        self._rest = QTimer(self)
        self._rest.setSingleShot(True)
        self._rest.setInterval(REST_MS)
        self._rest.timeout.connect(self._rested)
        self._connect(names)
        self.fill_choices()

    def _widget(self, name: str) -> QWidget:
        found: QWidget = getattr(self._view, name)
        return found

    def _below(self, name: str) -> QLabel:
        return self._form.findChild(QLabel, f"{name}_below")

    def _line(self, name: str) -> QLineEdit:
        found: QLineEdit = getattr(self._view, name)
        return found

    def _connect(self, names: tuple[str, ...]) -> None:
        for name in names:
            widget = self._widget(name)
            if isinstance(widget, QLineEdit):
                widget.textEdited.connect(self._typed)
                widget.editingFinished.connect(partial(self._left, name))
            elif isinstance(widget, QComboBox):
                widget.activated.connect(self._typed)
        self._view.nationality.currentIndexChanged.connect(self._typed)
        self._view.commune_code.chosen.connect(self._typed)
        self._view.village.chosen.connect(self._typed)
        self._view.commune_code.offer(_communes, strict=True)

    def fill_choices(self) -> None:
        """The words of the boxes, in the language in use."""
        _fill(self._view.sex, [("", "–"), ("male", _("Male")), ("female", _("Female"))])
        language = i18n.language()
        priority = self._campaign.priority
        groups = priority.groups_on(self._today) if priority is not None else ()
        _fill(
            self._view.groups,
            [("", _("Not stated")), *((g.code, f"{g.code} · {g.label.text(language)}") for g in groups)],
        )
        others = sorted((names[language], code) for code, names in countries().items() if code != VIET_NAM)
        here = (VIET_NAM, country_name(VIET_NAM, language))
        _fill(self._view.nationality, [here, *((code, name) for name, code in others)])
        _fill(self._view.guardian_relation, [("", "–"), *((code, _(words)) for code, words in RELATIONS.items())])

    # Fill and read

    def show(
        self, details: PersonDetails, warnings: tuple[FieldProblem, ...] = (), communes: Sequence[Commune] = ()
    ) -> None:
        """Put particulars into the fields; ``warnings`` are a scan's remarks, which stay until the field is changed.

        ``communes`` are today's parts of the commune on the card, where it was divided.
        """
        self._base = details
        self._scan_warnings = warnings
        self.conflicts.begin(communes)
        self.fields.clear()
        for name in TEXTS:
            self._line(name).setText(getattr(details, name))
            self._line(name).setCursorPosition(0)
        for name in ("national_id", "old_id"):
            self._line(name).setText(identity.grouped(getattr(details, name)))
        self._line("phone").setText(phones.shown(details.phone))
        self._line("birth").setText(details.birth.vietnamese() if details.birth else "")
        _choose(self._view.sex, details.sex)
        place = place_words(details.province_name, details.commune_name)
        self._view.commune_code.set_value(place, details.commune_code or None)
        self._view.village.set_value(details.village)
        _choose(self._view.groups, details.groups[0] if details.groups else "")
        _choose(self._view.guardian_relation, details.guardian_relation)
        _choose(self._view.nationality, details.nationality)
        self.touched = False
        self._judge()

    def read(self) -> tuple[PersonDetails, list[FieldError]]:
        """What stands in the fields, and what cannot be taken."""
        errors: list[FieldError] = []
        values: dict[str, object] = {name: self._line(name).text().strip() for name in TEXTS}
        birth: PartialDate | None = None
        try:
            birth = parse_partial(self._view.birth.text(), self._today)
        except FieldError as error:
            errors.append(error)
        code = self._view.commune_code.value
        place = self._view.commune_code.text().strip()
        if code:
            from vaxdesk.domain.units import units

            commune = units().commune(code)
            if commune is not None:
                values |= {
                    "commune_code": commune.code,
                    "commune_name": commune.name,
                    "province_code": commune.province_code,
                    "province_name": commune.province_name,
                }
        elif not place:
            values |= dict.fromkeys(("commune_code", "commune_name", "province_code", "province_name"), "")
        elif place != place_words(self._base.province_name, self._base.commune_name):
            errors.append(FieldError("commune_code", "Choose the commune from the list, or empty the field."))
        group = self._view.groups.currentData() or ""
        kept = self._base.groups[1:] if self._base.groups else ()
        details = self._base.with_(
            **values,
            birth=birth,
            sex=self._view.sex.currentData() or "",
            village=self._view.village.text().strip(),
            groups=tuple(dict.fromkeys((*((group,) if group else ()), *kept))),
            guardian_relation=self._view.guardian_relation.currentData() or "",
            nationality=self._view.nationality.currentData() or self._base.nationality,
        )
        return details, errors

    def blocking(self, details: PersonDetails, errors: list[FieldError]) -> list[FieldError]:
        """Everything that stands in the way of saving, one sentence a field."""
        found = {error.field: error for error in errors}
        for problem in people.check(details, self._today):
            if problem.blocks and problem.field not in found:
                found[problem.field] = FieldError(problem.field, problem.message, **problem.values)
        order = ("full_name", "birth", "sex", *TEXTS)
        return sorted(found.values(), key=lambda error: order.index(error.field) if error.field in order else 99)

    def first_empty(self) -> str:
        """Where to go on after a scan: the first field that is empty and asked for."""
        for name in ASK_ORDER:
            widget = self._widget(name)
            empty = not widget.currentData() if isinstance(widget, QComboBox) else not widget.text().strip()  # type: ignore[attr-defined]
            if empty:
                return name
        return "groups"

    def offer_villages(self, villages: tuple[str, ...]) -> None:
        """The villages known at this station, offered while one types."""
        self._view.village.offer(partial(_villages, villages))

    # While one types

    def _typed(self, *_value: object) -> None:
        self.touched = True
        self._rest.start()

    def _rested(self) -> None:
        self._judge()

    def _left(self, name: str) -> None:
        """A field is left: numbers are grouped, a date is written out or its fault said, the number's facts taken."""
        line = self._line(name) if name in TEXTS or name == "birth" else None
        if line is None or not shiboken6.isValid(line) or not line.isModified():
            return
        line.setModified(False)
        text = line.text().strip()
        if name == "birth" and text:
            try:
                line.setText(parse_partial(text, self._today).vietnamese())
            except FieldError as error:
                self.fields.say("birth", error.words(), "bad")
        elif name in ("national_id", "old_id") and text:
            line.setText(identity.grouped(identity.digits_of(text)))
            if name == "national_id":
                self._take_from_number()
        elif name == "phone" and text:
            line.setText(phones.shown(phones.parse(text).number))
        self._judge()

    def _take_from_number(self) -> None:
        """Birth year and sex stand in the personal number: they fill what is still empty."""
        try:
            said = identity.decode_national_id(identity.digits_of(self._line("national_id").text()))
        except ValueError:
            return
        if not self._view.birth.text().strip() and said.birth_year <= self._today.year:
            self._view.birth.setText(str(said.birth_year))
        if not self._view.sex.currentData():
            _choose(self._view.sex, said.sex)

    def _judge(self) -> None:
        """Say the remarks below their fields; nothing that is merely missing is nagged about while one types."""
        details, errors = self.read()
        remarks = {p.field: p for p in reversed(people.check(details, self._today)) if p.code != "missing"}
        for problem in self._scan_warnings:
            if problem.field and problem.field not in remarks and self._unchanged(problem.field, details):
                remarks[problem.field] = problem
        unfinished = {error.field for error in errors}
        for name in (*TEXTS, "birth", "sex", "commune_code", "village"):
            problem = remarks.get(name)
            if name in unfinished:
                continue
            if problem is None or self._is_conflict(problem) or (problem.blocks and self._widget(name).hasFocus()):
                self.fields.clear(name)
            else:
                self.fields.say(name, problem.words(), "bad" if problem.blocks else "warn")
        self.conflicts.show(details)
        self._say_number(details)
        age = details.birth.age_on(self._today) if details.birth else people.AGE_OF_MAJORITY
        for name in ("guardian_name", "guardian_relation", "guardian_phone"):
            cell = self._form.findChild(QWidget, f"{name}_cell")
            cell.setVisible(age < people.AGE_OF_MAJORITY or bool(details.guardian_name))
        self._propose_group(age)
        self.changed.emit(details)

    def _unchanged(self, name: str, details: PersonDetails) -> bool:
        return getattr(details, name, None) == getattr(self._base, name, None)

    @staticmethod
    def _is_conflict(problem: FieldProblem) -> bool:
        return problem.field == "national_id" and problem.code in ("birth_year", "sex")

    def _say_number(self, details: PersonDetails) -> None:
        """What the number says, below it: a mistyped digit is seen at once."""
        below = self._view.national_id_below
        if below.property("tone"):
            return
        try:
            said = identity.decode_national_id(identity.digits_of(details.national_id))
        except ValueError:
            below.hide()
            return
        sentence = (
            _("Registered at birth in {place} · {sex} · born {year}") if said.province else _("{sex} · born {year}")
        )
        sex = _(identity.SEX_WORDS[said.sex]).lower()
        below.setText(sentence.format(place=said.province, sex=sex, year=said.birth_year))
        below.show()

    def _propose_group(self, age: int) -> None:
        priority = self._campaign.priority
        if priority is None or self._view.groups.currentData() or self._view.groups.hasFocus():
            return
        proposed = priority.proposed(age, self._today)
        if proposed:
            _choose(self._view.groups, proposed[0].code)
            self.fields.say("groups", _("Proposed from the age. Change it if it is wrong."), "info")

    def _choice_taken(self) -> None:
        self.touched = True
        self._scan_warnings = tuple(p for p in self._scan_warnings if p.field != "commune_code")
        self._judge()

    def translate(self) -> None:
        """The language has changed."""
        self.fill_choices()
        self.fields.translate()
        self._judge()


def _fill(box: QComboBox, choices: list[tuple[str, str]]) -> None:
    """Nobody has typed when the words of a box are put in, or change with the language."""
    kept = box.currentData()
    box.blockSignals(True)
    box.clear()
    for code, words in choices:
        box.addItem(words, code)
    box.setCurrentIndex(max(0, box.findData(kept)))
    box.blockSignals(False)


def _choose(box: QComboBox, code: str) -> None:
    box.setCurrentIndex(max(0, box.findData(code)))


def _communes(text: str) -> list[Suggestion]:
    from vaxdesk.domain.units import units

    found = units().find_communes(text, limit=12)
    return [Suggestion(place_words(commune.province_name, commune.name), commune.code) for commune in found]


def _villages(villages: tuple[str, ...], text: str) -> list[Suggestion]:
    from vaxdesk.domain import names

    words = names.key(text).split()
    fitting = [v for v in villages if all(any(part.startswith(w) for part in names.key(v).split()) for w in words)]
    return [Suggestion(village, village) for village in fitting[:8] if village != text]


def missing_words(warnings: tuple[FieldProblem, ...]) -> str:
    """What is still to be asked for after saving, in one line; empty when nothing is."""
    return " ".join(problem.words() for problem in warnings if problem.code == "missing")
