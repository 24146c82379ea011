"""What happened to a person, in one line an event."""

from __future__ import annotations

from vaxdesk import i18n
from vaxdesk.domain.campaign import Campaign
from vaxdesk.domain.dates import PartialDate
from vaxdesk.gui import person_words
from vaxdesk.i18n import N_, _
from vaxdesk.queries.timeline import Event
from vaxdesk.services.registrations import STATES
from vaxdesk.services.visits import IDENTITY_WAYS

#: The fields of a person in words.
FIELDS = {
    "full_name": N_("Full name"),
    "birth_date": N_("Birth date"),
    "sex": N_("Sex"),
    "national_id": N_("Personal number (CCCD)"),
    "old_id": N_("Old number (CMND)"),
    "passport": N_("Passport"),
    "insurance_no": N_("Health insurance no."),
    "phone": N_("Phone"),
    "email": N_("E-mail"),
    "nationality": N_("Nationality"),
    "ethnicity": N_("Ethnic group"),
    "province_code": N_("Province (code)"),
    "province_name": N_("Province"),
    "commune_code": N_("Commune (code)"),
    "commune_name": N_("Commune"),
    "village": N_("Village"),
    "address": N_("Address"),
    "occupation": N_("Occupation"),
    "employer": N_("Employer or school"),
    "guardian_name": N_("Parent or guardian"),
    "guardian_relation": N_("Relation"),
    "guardian_phone": N_("Guardian's phone"),
    "allergies": N_("Allergies"),
    "card_issued": N_("Card issued on"),
    "identity_source": N_("Source of the identity"),
}
GROUPS = {
    "": N_("All events"),
    "person": N_("Particulars"),
    "visit": N_("Visits"),
    "dose": N_("Doses"),
    "paper": N_("Papers"),
}
_SOURCES = {
    "typed": N_("typed"),
    "cccd": N_("CCCD card"),
    "can_cuoc": N_("identity card"),
    "bhyt": N_("insurance card"),
    "list": N_("list"),
    "portal": N_("portal"),
}
_ANSWERS = {
    "given": N_("Consent given"),
    "refused": N_("Vaccination refused"),
    "withdrawn": N_("Consent withdrawn"),
}
_PRINTS = {
    "slip": N_("Slip printed"),
    "certificate": N_("Certificate printed"),
    "screening-form": N_("Screening form printed"),
    "consent-form": N_("Consent form printed"),
    "advice-slip": N_("Advice slip printed"),
}


def state(code: str) -> str:
    """A registration's state."""
    return _(STATES.get(code, code))


def words(event: Event, campaign: Campaign) -> str:
    """One event in words."""
    made = _MAKERS[event.kind](event, campaign)
    return f"{made} – {event.reason}" if event.reason else made


def _registered(event: Event, _campaign: Campaign) -> str:
    source = str(event.values.get("source", ""))
    return _("Entered ({source})").format(source=_(_SOURCES.get(source, source)))


def _registration(event: Event, _campaign: Campaign) -> str:
    words = _("Registered at the portal, no. {number}: {state}")
    return words.format(number=event.values["number"], state=state(event.values["state"]))


def _change(event: Event, _campaign: Campaign) -> str:
    name = event.values["field"]
    old, new = (_value(name, str(event.values[key])) for key in ("old", "new"))
    return _("{field}: {old} → {new}").format(field=_(FIELDS.get(name, name)), old=old or "–", new=new or "–")


def _value(name: str, text: str) -> str:
    if name == "sex":
        return _(person_words.SEXES.get(text, text))
    if name == "birth_date" and text:
        return PartialDate.parse(text).vietnamese()
    return text


def _group(event: Event, campaign: Campaign) -> str:
    code = event.values["code"]
    group = campaign.priority.group(code) if campaign.priority is not None else None
    label = f"{code} · {group.label.text(i18n.language())}" if group is not None else code
    words = _("Group confirmed: {group}") if event.values["kind"] == "confirmed" else _("Group stated: {group}")
    return words.format(group=label)


def _check_in(event: Event, _campaign: Campaign) -> str:
    how = str(event.values["how"])
    words = _("Checked in, number {number} ({how})")
    return words.format(number=event.values["number"], how=_(IDENTITY_WAYS.get(how, how)))


def _consent(event: Event, _campaign: Campaign) -> str:
    made = _(_ANSWERS.get(event.values["answer"], event.values["answer"]))
    return f"{made} · {event.values['guardian']}" if event.values["guardian"] else made


def _screening(event: Event, campaign: Campaign) -> str:
    product = person_words.product_name(campaign, event.values["product"])
    form = campaign.screening_forms.get(event.values["form"])
    outcome = form.outcomes.get(event.values["outcome"]) if form is not None else None
    words = outcome.label.text(i18n.language()) if outcome is not None else event.values["outcome"]
    return _("Screened for {product}: {outcome}").format(product=product, outcome=words)


def _dose(event: Event, campaign: Campaign) -> str:
    values = event.values
    parts = [
        _("Dose {number}").format(number=values["number"]),
        person_words.product_name(campaign, values["product"]),
        values["lot"],
        _(person_words.EVIDENCE.get(values["evidence"], values["evidence"])),
    ]
    return " · ".join(part for part in parts if part)


def _not_done(_event: Event, _campaign: Campaign) -> str:
    return _("No dose given")


def _dose_error(event: Event, campaign: Campaign) -> str:
    product = person_words.product_name(campaign, event.values["product"])
    return _("Dose entered in error taken back: {product}").format(product=product)


def _reaction(event: Event, _campaign: Campaign) -> str:
    severe = event.values["severity"] == "severe"
    return _("Severe reaction after the dose") if severe else _("Ordinary reaction after the dose")


def _release(event: Event, _campaign: Campaign) -> str:
    return _("Left early after the dose") if event.reason else _("Sent home after the observation")


def _certificate(event: Event, _campaign: Campaign) -> str:
    return _("Certificate no. {number} issued").format(number=event.values["number"])


def _revoked(event: Event, _campaign: Campaign) -> str:
    return _("Certificate no. {number} revoked").format(number=event.values["number"])


def _earlier_paper(event: Event, _campaign: Campaign) -> str:
    number = event.values["number"]
    return _("Earlier paper seen: {issuer} {number}").format(issuer=event.values["issuer"], number=number).strip()


def _print(event: Event, _campaign: Campaign) -> str:
    return _(_PRINTS.get(event.values["kind"], N_("Paper printed")))


def _view(_event: Event, _campaign: Campaign) -> str:
    return _("Opened")


_MAKERS = {
    "registered": _registered,
    "registration": _registration,
    "change": _change,
    "group": _group,
    "check-in": _check_in,
    "consent": _consent,
    "screening": _screening,
    "dose": _dose,
    "dose-not-done": _not_done,
    "dose-error": _dose_error,
    "reaction": _reaction,
    "release": _release,
    "certificate": _certificate,
    "certificate-revoked": _revoked,
    "earlier-paper": _earlier_paper,
    "print": _print,
    "view": _view,
}
