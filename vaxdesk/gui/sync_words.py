"""What the page of the exchange says."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from vaxdesk.clock import local_date
from vaxdesk.domain.dates import PartialDate, format_date
from vaxdesk.gui import words
from vaxdesk.gui.bridges import ExchangeEnd
from vaxdesk.i18n import N_, _, ngettext
from vaxdesk.queries.outbox import SyncStatus
from vaxdesk.queries.packs import PackRow
from vaxdesk.queries.sync_view import EntryRow

#: So long a campaign file that was not taken is spoken of.
LATELY = timedelta(days=7)
RECORDS = {
    "Patient": N_("Person"),
    "Encounter": N_("Visit"),
    "Consent": N_("Consent"),
    "QuestionnaireResponse": N_("Screening"),
    "Immunization": N_("Dose given"),
    "AdverseEvent": N_("Reaction"),
    "DocumentReference": N_("Certificate of a person"),
    "Practitioner": N_("Member of staff"),
    "Organization": N_("Station"),
    "Location": N_("Place of the station"),
    "Provenance": N_("Origin of a record"),
    "Appointment": N_("Registration"),
}
STATES = {
    "ready": (N_("waits"), "info"),
    "sending": (N_("on its way"), "info"),
    "unknown": (N_("unknown: the portal is asked"), "warn"),
    "refused": (N_("refused"), "bad"),
    "blocked": (N_("held up"), "warn"),
    "accepted": (N_("accepted"), "ok"),
}
#: From here on a clock that differs from the portal's is told; what a line's delay makes is less.
MOST_SKEW_MINUTES = 2
SEXES = {"male": N_("Male"), "female": N_("Female")}


@dataclass(frozen=True)
class Headline:
    """The truth in one line, with its shape and tone."""

    words: str
    icon: str
    tone: str


def record(resource_type: str) -> str:
    """A kind of record in words."""
    return _(RECORDS[resource_type]) if resource_type in RECORDS else resource_type


def state(row: EntryRow, now: datetime) -> tuple[str, str]:
    """The state of an entry with its tone."""
    if row.state == "ready" and row.ready_at > now:
        return _("can still be undone"), ""
    if row.state == "ready" and row.next_at is not None and row.next_at > now:
        return _("is tried again {moment}").format(moment=words.moment(row.next_at, now)), "info"
    said, tone = STATES.get(row.state, (row.state, ""))
    return _(said), tone


def headline(status: SyncStatus) -> Headline:
    """What is true of everything: sent, waiting, or in need of somebody. "All sent" only when it is."""
    if not status.enrolled:
        return Headline(_("Not yet connected to a portal"), "cloud-off", "warn")
    if status.refused:
        said = ngettext("The portal refused {count} record", "The portal refused {count} records", status.refused)
        return Headline(said.format(count=words.number(status.refused)), "alert-triangle", "bad")
    if status.conflicts:
        said = ngettext("{count} conflict waits for you", "{count} conflicts wait for you", status.conflicts)
        return Headline(said.format(count=words.number(status.conflicts)), "arrows-exchange", "warn")
    if status.all_sent:
        return Headline(_("All sent: the portal holds every record"), "cloud-check", "ok")
    said = ngettext(
        "{count} record is not at the portal yet", "{count} records are not at the portal yet", status.unsent
    )
    return Headline(said.format(count=words.number(status.unsent)), "cloud-up", "info")


def status_line(status: SyncStatus, end: ExchangeEnd | None, busy: bool, now: datetime) -> str:
    """Since when it waits, when all was sent last, and what the last exchange did."""
    if not status.enrolled:
        return _("Import the authority's answer in Administration. Until then everything is kept here.")
    parts = []
    if status.oldest_waiting is not None:
        parts.append(_("oldest of {moment}").format(moment=words.moment(status.oldest_waiting, now)))
    sent = datetime.fromisoformat(status.last_sent) if status.last_sent else None
    parts.append(_("all was sent last: {moment}").format(moment=words.moment(sent, now)))
    if busy:
        parts.append(_("exchange under way…"))
    elif end is not None:
        parts.append(end_line(end, now))
    return " · ".join(parts)


def end_line(end: ExchangeEnd, now: datetime) -> str:
    """What the last exchange did."""
    moment = words.moment(end.at, now)
    if end.error is not None:
        return f"{moment}: {end.error.words()}"
    sentence = _("{moment}: sent {sent}, received {received}")
    said = sentence.format(moment=moment, sent=words.number(end.sent), received=words.number(end.received))
    if end.refused:
        said += ", " + _("refused {count}").format(count=words.number(end.refused))
    return said


def rules_come(end: ExchangeEnd) -> str:
    """That new rules have come, and where they are."""
    sentence = _("New rules have come: {versions}. A manager brings them into force: Administration, Campaign.")
    return sentence.format(versions=", ".join(end.rules))


def rules_lines(packs: Sequence[PackRow], end: ExchangeEnd | None, now: datetime) -> list[str]:
    """New rules that wait for the manager, and campaign files of the portal that were lately not taken."""
    said = []
    for one in sorted(packs, key=lambda row: (row.valid_from or date.max, row.version)):
        if one.state == "waiting" and one.valid_from is not None:
            sentence = (
                _("New rules {version}, to hold since {day}, wait for the manager: Administration, Campaign.")
                if one.valid_from <= local_date(now)
                else _("New rules {version} from {day} on wait for the manager: Administration, Campaign.")
            )
            said.append(sentence.format(version=one.version, day=format_date(one.valid_from)))
    lately = sum(one.state == "refused" and now - one.received_at < LATELY for one in packs)
    if lately:
        sentence = ngettext(
            "{count} campaign file of the portal was not taken: Administration, Campaign, Versions.",
            "{count} campaign files of the portal were not taken: Administration, Campaign, Versions.",
            lately,
        )
        said.append(sentence.format(count=words.number(lately)))
    if end is not None and end.rules_error is not None:
        said.append(_("New rules could not be fetched: {words}").format(words=end.rules_error.words()))
    return said


def doubts(end: ExchangeEnd | None) -> list[str]:
    """What the exchange showed to be wrong here: the PC's clock, or a journal that the portal knows otherwise."""
    if end is None:
        return []
    said = []
    minutes = round(abs(end.skew) / 60)
    if minutes >= MOST_SKEW_MINUTES:
        sentence = (
            ngettext(
                "This PC's clock is {count} minute ahead of the portal's.",
                "This PC's clock is {count} minutes ahead of the portal's.",
                minutes,
            )
            if end.skew > 0
            else ngettext(
                "This PC's clock is {count} minute behind the portal's.",
                "This PC's clock is {count} minutes behind the portal's.",
                minutes,
            )
        )
        said.append(sentence.format(count=words.number(minutes)) + " " + _("Set it right: doses bear its time."))
    for desk in end.chain_faults:
        sentence = _(
            "The journal of desk {desk} is not the one that the portal has seen. If a backup was restored, that is "
            "why; otherwise tell the district."
        )
        said.append(sentence.format(desk=desk))
    return said


def times(row: EntryRow, now: datetime) -> str:
    """When it was written, tried and accepted."""
    parts = [_("written {moment}").format(moment=words.moment(row.created_at, now))]
    if row.attempts:
        parts.append(ngettext("sent {count} time", "sent {count} times", row.attempts).format(count=row.attempts))
    if row.accepted_at is not None:
        parts.append(_("accepted {moment}").format(moment=words.moment(row.accepted_at, now)))
    return " · ".join(parts)


def advice(row: EntryRow) -> str:
    """What to do about a refused or held-up entry."""
    if row.state == "blocked":
        return _("It waits for: {record}. It is sent by itself as soon as that one is accepted.").format(
            record=record(row.blocked_by)
        )
    if row.state == "refused":
        return _("Open the person, correct what the portal names, and save: it is sent again by itself.")
    if row.state == "unknown":
        return _("The line broke while it was sent. The portal is asked before anything is sent twice.")
    return ""


def value(field: str, text: str) -> str:
    """A stored value as people read it."""
    if not text:
        return _("nothing")
    if field == "birth":
        return PartialDate.parse(text).vietnamese()
    if field == "sex":
        return _(SEXES[text]) if text in SEXES else text
    return text
