"""All versions of the rules that a station knows, with what came of each: for administration and command line."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date, datetime

from vaxdesk.campaigns.library import Library
from vaxdesk.clock import local_date
from vaxdesk.domain.campaign import NO_TEXT, Campaign, LocalText
from vaxdesk.domain.changes import Changes, changes
from vaxdesk.domain.dates import format_date
from vaxdesk.errors import KnownError
from vaxdesk.i18n import N_, translate
from vaxdesk.queries import packs as query
from vaxdesk.queries.packs import PackRow
from vaxdesk.services import packs, rules
from vaxdesk.services.context import Context

#: Each state in words.
STATES: dict[str, str] = {
    "waiting": N_("waits for the manager"),
    "now": N_("in force"),
    "coming": N_("in force later"),
    "past": N_("was in force"),
    "covered": N_("replaced by a newer one"),
    "withdrawn": N_("withdrawn by the portal"),
    "refused": N_("not taken"),
}
ORIGINS: dict[str, str] = {
    "program": N_("came with the program"),
    "file": N_("imported from a file"),
    "portal": N_("received from the portal"),
}
_ORDER = ("waiting", "now", "coming", "past", "covered", "withdrawn", "refused")


@dataclass(frozen=True)
class Version:
    """One version. ``state`` is a key of :data:`STATES`, ``origin`` of :data:`ORIGINS`.

    ``valid_from`` and ``until`` are its days (``until`` None: no end is known); ``replaces`` is the version that holds
    on its first day without it. ``problem`` says why it was refused, ``withdrawn_at`` when the portal took it back.
    """

    digest: str
    code: str
    version: str
    name: LocalText
    state: str
    origin: str
    signer: str = ""
    valid_from: date | None = None
    until: date | None = None
    replaces: str = ""
    received_at: datetime | None = None
    decided_at: datetime | None = None
    decided_by: str = ""
    withdrawn_at: datetime | None = None
    problem: KnownError | None = None

    def late(self, today: date) -> bool:
        """Whether it waits although its first day has come."""
        return self.state == "waiting" and self.valid_from is not None and self.valid_from <= today


@dataclass(frozen=True)
class Preview:
    """A version that waits, beside what holds on its first day without it. ``doses``: given here since that day."""

    version: Version
    campaign: Campaign
    changes: Changes | None
    doses: int


def stated_rules(ctx: Context) -> int:
    """How many rules of the schedule the version of today states itself, without those of other days' versions."""
    return len(rules.taken(ctx.database).in_force(ctx.station.campaign, ctx.today()).rules)


def versions(ctx: Context) -> tuple[Version, ...]:
    """Every version: first what waits, by its first day; then by state and campaign, the newest first day in front."""
    with ctx.database.reader() as conn:
        rows = {row.digest: row for row in query.listed(conn)}
    library = rules.taken(ctx.database)
    today = ctx.today()
    found = [_received(row, library) for row in rows.values() if row.state in ("waiting", "refused", "withdrawn")]
    held = {(row.code, row.version): row for row in rows.values() if row.state == packs.IN_FORCE}
    for code in library.codes:
        found += _held(library, code, today, held)
    return tuple(sorted(found, key=_place))


def preview(ctx: Context, digest: str) -> Preview:
    """What a version that waits would change.

    :raises KnownError: it waits no longer.
    """
    campaign, library = packs.preview(ctx, digest)
    with ctx.database.reader() as conn:
        row = next((one for one in query.waiting(conn) if one.digest == digest), None)
        doses = query.doses_since(conn, campaign.code, campaign.valid_from)
    if row is None:
        raise KnownError(N_("This campaign file does not wait any more. Refresh the list."))
    before = library.in_force(campaign.code, campaign.valid_from) if library.versions(campaign.code) else None
    found = changes(before, campaign) if before is not None else None
    return Preview(_received(row, library), campaign, found, doses)


def state_words(one: Version) -> list[str]:
    """What a version is and when: its state, its days, what it replaces."""
    said = [translate(STATES[one.state])]
    if one.valid_from is not None:
        said.append(translate(N_("from {day} on")).format(day=format_date(one.valid_from)))
    if one.until is not None:
        said.append(translate(N_("until {day}")).format(day=format_date(one.until)))
    if one.replaces:
        said.append(translate(N_("replaces {version}")).format(version=one.replaces))
    return said


def origin_words(one: Version) -> list[str]:
    """Where a version comes from: how it came, who signed, who brought it into force, why it was not taken."""
    said = [translate(ORIGINS[one.origin])]
    if one.received_at is not None:
        said[0] += f" {format_date(local_date(one.received_at))}"
    if one.signer:
        said.append(translate(N_("signed by {signer}")).format(signer=one.signer))
    if one.decided_by and one.decided_at is not None:
        words = translate(N_("brought into force by {name} on {day}"))
        said.append(words.format(name=one.decided_by, day=format_date(local_date(one.decided_at))))
    if one.withdrawn_at is not None and one.state != "withdrawn":
        said.append(translate(STATES["withdrawn"]))
    if one.problem is not None:
        said.append(one.problem.words())
    return said


def _place(one: Version) -> tuple[int, int, str, int]:
    """Where a version stands in the list."""
    day = (one.valid_from or date.min).toordinal()
    waits = one.state == "waiting"
    return _ORDER.index(one.state), day if waits else 0, one.code, 0 if waits else -day


def _received(row: PackRow, library: Library) -> Version:
    name = row.details.get("name") or {}
    replaces = ""
    if row.valid_from is not None and library.versions(row.code):
        replaces = library.in_force(row.code, row.valid_from).version
    problem = None
    if row.state == packs.REFUSED:
        problem = KnownError(str(row.details.get("words", "")), **row.details.get("values", {}))
    return Version(
        digest=row.digest,
        code=row.code,
        version=row.version,
        name=LocalText(str(name.get("vi", "")), str(name.get("en", ""))),
        state=row.state,
        origin=row.origin,
        signer=row.signer,
        valid_from=row.valid_from,
        replaces=replaces,
        received_at=row.received_at,
        withdrawn_at=row.withdrawn_at,
        problem=problem,
    )


def _held(library: Library, code: str, today: date, rows: dict[tuple[str, str], PackRow]) -> list[Version]:
    """The versions of one campaign that hold by their dates, and those that a newer one covers."""
    reigns = {reign.campaign.version: reign for reign in library.reigns(code)}
    ordered = list(reigns)
    found = []
    for held in library.held(code):
        campaign = held.campaign
        reign = reigns.get(campaign.version)
        one = Version(
            digest="",
            code=code,
            version=campaign.version,
            name=campaign.name if campaign.name != NO_TEXT else LocalText(code, code),
            state="covered",
            origin="program",
            valid_from=campaign.valid_from,
        )
        if reign is not None:
            begun = reign.start <= today
            state = "coming" if not begun else "past" if reign.end is not None and reign.end < today else "now"
            place = ordered.index(campaign.version)
            one = replace(one, state=state, until=reign.end, replaces=ordered[place - 1] if place else "")
        row = rows.get((code, campaign.version))
        if row is not None and not held.shipped:
            one = replace(
                one,
                digest=row.digest,
                origin=row.origin,
                signer=row.signer,
                received_at=row.received_at,
                decided_at=row.decided_at,
                decided_by=row.decided_by,
                withdrawn_at=row.withdrawn_at,
            )
        found.append(one)
    return found
