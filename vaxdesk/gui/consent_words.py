"""How a consent is said on every screen: the state, and by whom, how, when and on which text it was given."""

from __future__ import annotations

from html import escape

from vaxdesk.clock import VIET_NAM
from vaxdesk.domain.campaign import Campaign
from vaxdesk.domain.consent import HOW_WORDS, RELATIONS, STATUS_WORDS, ConsentStatus, ConsentText, How
from vaxdesk.gui import style
from vaxdesk.i18n import _
from vaxdesk.queries.desk_view import ConsentFacts

_TONES = {"given": "ok", "refused": "warn", "withdrawn": "bad"}


def state(consent: ConsentFacts | None) -> str:
    """One of the four states in words."""
    return _(STATUS_WORDS[ConsentStatus(consent.answer) if consent is not None else ConsentStatus.NOT_ASKED])


def tone(consent: ConsentFacts | None) -> str:
    """The tone of the state's badge."""
    return _TONES.get(consent.answer, "") if consent is not None else ""


def against(answer: str) -> tuple[str, str] | None:
    """The mark that a refusal or withdrawal puts beside a name, in red; None for a given or missing answer."""
    if answer not in ("refused", "withdrawn"):
        return None
    return _(STATUS_WORDS[ConsentStatus(answer)]), "bad"


def answer(campaign: Campaign, consent: ConsentFacts | None) -> str:
    """When, by whom, how, on which text, written down by whom, and the note; empty where nobody was asked."""
    if consent is None:
        return ""
    texts = campaign.consents
    known = texts.text(consent.text_id, consent.text_version) if texts is not None else None
    text = text_name(known) if known is not None else f"{consent.text_id} {consent.text_version}".strip()
    parts = [
        f"{consent.at.astimezone(VIET_NAM):%d/%m/%Y %H:%M}",
        _who(consent),
        _(HOW_WORDS[How(consent.how)]),
        _("text {text}").format(text=text) if text else "",
        _("written down by {name}").format(name=consent.recorded_by) if consent.recorded_by else "",
        consent.note,
    ]
    return " · ".join(part for part in parts if part)


def in_short(consent: ConsentFacts | None) -> str:
    """The state, when, by whom and why, as rich text; the dialog says the rest."""
    words = f'<b style="color:{style.color(tone(consent) or "muted").name()}">{escape(state(consent))}</b>'
    if consent is None:
        return words
    parts = [f"{consent.at.astimezone(VIET_NAM):%d/%m/%Y}", _who(consent), consent.note]
    return f"{words} · {escape(' · '.join(part for part in parts if part))}"


def text_name(text: ConsentText) -> str:
    """Which text it is: its decision and version, said once where the version names the decision."""
    reference = text.source.text.reference
    return text.version if text.version.startswith(reference) else f"{reference} · {text.version}"


def _who(consent: ConsentFacts) -> str:
    if consent.by != "guardian":
        return _("the person herself or himself")
    relation = RELATIONS.get(consent.guardian_relation, "")
    return f"{consent.guardian_name} ({_(relation).lower()})" if relation else consent.guardian_name
