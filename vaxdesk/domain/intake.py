"""From a scan to a filled registration form: the card's fields, and its address as village and today's commune."""

from __future__ import annotations

from dataclasses import dataclass

from vaxdesk.domain.cards import Scan
from vaxdesk.domain.people import PersonDetails
from vaxdesk.domain.problems import FieldProblem, warn
from vaxdesk.domain.units import AddressSuggestion, Units
from vaxdesk.i18n import N_


@dataclass(frozen=True)
class FilledForm:
    """``details`` for the form, the scan's and the address's remarks, and the communes to choose from."""

    details: PersonDetails
    warnings: tuple[FieldProblem, ...]
    place: AddressSuggestion


def fill_form(scan: Scan, units: Units) -> FilledForm:
    """Fill a form from a person's card (``scan.is_person``); what the card does not say stays empty.

    The address stays as on the card. Village and commune are filled when the address leads to one commune of today;
    when an old commune was divided, the main part is filled with a remark, and the clerk chooses.
    """
    details = scan.details()
    place = units.suggest(details.address)
    warnings = list(scan.warnings)
    if place.province is not None:
        details = details.with_(province_code=place.province.code, province_name=place.province.name)
    if place.commune is not None:
        details = details.with_(commune_code=place.commune.code, commune_name=place.commune.name, village=place.village)
        if not place.certain:
            message = N_("The old commune was divided: it can be {communes}. Choose the right one.")
            listed = ", ".join(commune.name for commune in place.candidates)
            warnings.append(warn("commune_code", "divided", message, communes=listed))
    elif details.address:
        message = N_("The address does not lead to a commune of today. Choose it.")
        warnings.append(warn("commune_code", "not_found", message))
    return FilledForm(details, tuple(warnings), place)
