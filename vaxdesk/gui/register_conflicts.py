"""What does not agree is offered as its values, each with a key: birth year, sex, and an old commune's parts."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import Protocol

from PySide6.QtWidgets import QComboBox, QLineEdit, QWidget

from vaxdesk.domain import identity
from vaxdesk.domain.dates import PartialDate
from vaxdesk.domain.identity import NationalId
from vaxdesk.domain.people import PersonDetails
from vaxdesk.domain.units import Commune
from vaxdesk.gui.form_fields import FormFields
from vaxdesk.gui.widgets.buttons import KeyButton
from vaxdesk.gui.widgets.suggest import SuggestField
from vaxdesk.i18n import _


class ConflictForm(Protocol):
    """The widgets that a form must have."""

    birth: QLineEdit
    birth_choice: QWidget
    birth_first: KeyButton
    birth_second: KeyButton
    sex: QComboBox
    sex_choice: QWidget
    sex_first: KeyButton
    sex_second: KeyButton
    commune_code: SuggestField
    commune_choice: QWidget
    commune_first: KeyButton
    commune_second: KeyButton


class Conflicts:
    """Shows the choices below their fields. ``chosen`` is called after one was taken, to judge the form anew."""

    def __init__(self, view: ConflictForm, fields: FormFields, chosen: Callable[[], None]) -> None:
        self._view = view
        self._fields = fields
        self._chosen = chosen
        self._settled: set[tuple[str, str]] = set()
        self._communes: tuple[Commune, ...] = ()
        self._details = PersonDetails()
        view.birth_first.clicked.connect(partial(self._take_birth, said=True))
        view.birth_second.clicked.connect(partial(self._take_birth, said=False))
        view.sex_first.clicked.connect(partial(self._take_sex, said=True))
        view.sex_second.clicked.connect(partial(self._take_sex, said=False))
        view.commune_first.clicked.connect(partial(self._take_commune, 0))
        view.commune_second.clicked.connect(partial(self._take_commune, 1))

    def begin(self, communes: Sequence[Commune] = ()) -> None:
        """Another form: nothing is settled. ``communes``: today's parts of the card's commune, when there are several.

        Only the first two are offered by key; the others are found by typing.
        """
        self._settled.clear()
        self._communes = tuple(communes) if len(communes) > 1 else ()

    def show(self, details: PersonDetails) -> None:
        """Offer what does not agree in these particulars."""
        self._details = details
        self._view.birth_choice.hide()
        self._view.sex_choice.hide()
        self._show_communes()
        said = _said(details)
        if said is None:
            return
        if details.birth is not None and details.birth.year != said.birth_year:
            self._show_birth(details.birth, said)
        if details.sex and details.sex != said.sex:
            self._show_sex(details.sex, said)

    def _show_birth(self, stated: PartialDate, said: NationalId) -> None:
        if (said.number, stated.iso()) in self._settled:
            words = _("Kept: {stated}. The number says {said}; this stays noted as a doubt.")
            self._fields.say("birth", words.format(stated=stated.year, said=said.birth_year), "warn")
            return
        words = _("The number says {said}, the date says {stated}. Ask again:")
        self._fields.say("birth", words.format(said=said.birth_year, stated=stated.year), "warn")
        self._view.birth_first.setText(str(said.birth_year))
        self._view.birth_second.setText(str(stated.year))
        self._view.birth_choice.show()

    def _show_sex(self, stated: str, said: NationalId) -> None:
        values = {"said": _(identity.SEX_WORDS[said.sex]), "stated": _(identity.SEX_WORDS[stated])}
        if (said.number, stated) in self._settled:
            words = _("Kept: {stated}. The number says {said}; this stays noted as a doubt.")
            self._fields.say("sex", words.format_map(values), "warn")
            return
        self._fields.say("sex", _("The number says {said}. Ask again:").format_map(values), "warn")
        self._view.sex_first.setText(values["said"])
        self._view.sex_second.setText(values["stated"])
        self._view.sex_choice.show()

    def _show_communes(self) -> None:
        view = self._view
        view.commune_choice.setVisible(bool(self._communes))
        for button, commune in zip((view.commune_first, view.commune_second), self._communes, strict=False):
            button.setText(commune.short)

    # Taking one

    def _take_birth(self, *, said: bool) -> None:
        number, birth = _said(self._details), self._details.birth
        if number is None or birth is None:
            return
        if said:
            try:
                taken = PartialDate(number.birth_year, birth.month, birth.day)
            except ValueError:  # 29 February of another year
                taken = PartialDate(number.birth_year, birth.month)
            self._view.birth.setText(taken.vietnamese())
            self._fields.clear("birth")
        else:
            self._settled.add((number.number, birth.iso()))
        self._chosen()

    def _take_sex(self, *, said: bool) -> None:
        number = _said(self._details)
        if number is None:
            return
        if said:
            self._view.sex.setCurrentIndex(max(0, self._view.sex.findData(number.sex)))
            self._fields.clear("sex")
        else:
            self._settled.add((number.number, self._details.sex))
        self._chosen()

    def _take_commune(self, place: int) -> None:
        if place >= len(self._communes):
            return
        commune = self._communes[place]
        self._communes = ()
        self._view.commune_code.set_value(place_words(commune.province_name, commune.name), commune.code)
        self._fields.clear("commune_code")
        self._chosen()


def _said(details: PersonDetails) -> NationalId | None:
    try:
        return identity.decode_national_id(identity.digits_of(details.national_id))
    except ValueError:
        return None


def place_words(province_name: str, commune_name: str) -> str:
    """``Sơn La · Mường Lạn``."""
    from vaxdesk.domain.units import short_name

    return " · ".join(short_name(name) for name in (province_name, commune_name) if name)
