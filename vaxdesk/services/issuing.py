"""Decides what a person's paper says: the facts behind it, the code or why there is none.

Reads set-wise, so that one paper and two hundred take the same few statements; writes nothing itself.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any, TypeVar

from vaxdesk import clock, settings
from vaxdesk.certificates import base45, cose, gate, hc1, payload
from vaxdesk.certificates.gate import Blocker
from vaxdesk.certificates.keys import StationKeyRing
from vaxdesk.db.tables import Certificate, EarlierPaper, Immunization, Person, new_id
from vaxdesk.db.unit_of_work import UnitOfWork
from vaxdesk.domain.campaign import Campaign, Paper
from vaxdesk.domain.dates import PartialDate
from vaxdesk.domain.schedule import DoseVerdict, Evaluation
from vaxdesk.errors import FieldError
from vaxdesk.i18n import N_, translate
from vaxdesk.queries import paper_facts
from vaxdesk.services import certificate_page, history, signing
from vaxdesk.services.context import PROGRAM, Context

#: Why an identity in doubt stands in the way of a code, by field (R-66).
IDENTITY_DOUBTS = {
    "full_name": N_("The name is in doubt: compare it with the card."),
    "birth": N_("The birth date is in doubt: compare it with the card and the personal number."),
    "sex": N_("The sex does not agree with the personal number: compare both."),
    "national_id": N_("The personal number is in doubt: scan the card."),
    "old_id": N_("The old identity number is in doubt: compare it with the card."),
    "passport": N_("The passport number is in doubt: compare it with the passport."),
}
DOSE_SAID = N_("The dose of {day} is known only from what the person said: ask for the paper.")
DOSE_DAY = N_("The day of the dose of {day} is not known exactly.")
NO_CODE_HERE = N_("This campaign has no signed code: the paper carries the personal code.")
#: For trying whether a code could be made, before an identifier is spent.
_SAMPLE_UVCI = "URN:UVCI:01:VN:0/0/AAAAAAAA#A"
#: These stand in the way of signing a new code, not of printing one that the Ministry has signed.
_OWN = frozenset(("signing_key", "clock"))

T = TypeVar("T", Certificate, EarlierPaper, Immunization)


@dataclass(frozen=True)
class Ground:
    """What is the same for every paper of a moment: the campaign, this device's keys, the authority's rules."""

    ctx: Context
    campaign: Campaign
    paper: Paper
    ring: StationKeyRing
    latest_seen: datetime | None
    life_days: int

    @property
    def has_code(self) -> bool:
        """Whether the campaign's certificate carries a signed code; else it carries the personal code."""
        return self.paper.code == "hc1"


@dataclass(frozen=True)
class Facts:
    """What is on record of one person: her completed doses by day, how they count, and her papers.

    ``standing`` are the papers that hold now, the newest first: one, or two where two ids turned out to be one person.
    ``last_paper`` is the newest one whatever became of it; ``earlier`` are those of other issuers that no paper of
    this station has replaced yet.
    """

    person: Person
    doses: tuple[Immunization, ...]
    evaluation: Evaluation
    standing: tuple[Certificate, ...]
    earlier: tuple[EarlierPaper, ...]
    last_paper: Certificate | None

    @property
    def held(self) -> Certificate | None:
        """The paper that holds now."""
        return self.standing[0] if self.standing else None

    @property
    def records(self) -> list[list[Any]]:
        """The versions that a paper of these facts names."""
        return [*([row.record_id, row.version] for row in self.doses), ["person", self.person.version]]


@dataclass(frozen=True)
class NationalCode:
    """A code of the Ministry that was verified."""

    text: str
    uvci: str
    kid: str
    until: datetime | None


def ground(ctx: Context) -> Ground:
    """The ground for papers of the station's campaign, now.

    :raises RefusedError: the campaign's pack has no certificate in force.
    """
    campaign = ctx.campaign()
    trust = signing.trust(ctx)
    trusted = trust.trust_list if trust is not None else None
    latest = ctx.setting(settings.LATEST_TIME)
    return Ground(
        ctx,
        campaign,
        certificate_page.paper_of(ctx, campaign),
        signing.usable_ring(ctx),
        datetime.fromisoformat(latest) if latest else None,
        # The authority's setting; without a list the program's own of 180 days (DESIGN.md section 6).
        trusted.code_life_days if trusted is not None else ctx.setting(settings.CODE_DAYS),
    )


def read(uow: UnitOfWork, base: Ground, person_ids: Sequence[str]) -> dict[str, Facts]:
    """The facts of some people (a few hundred at most), in the caller's transaction; who is gone is left out."""
    campaign = base.campaign
    doses = _grouped(paper_facts.doses(uow.session, person_ids, campaign.code))
    papers = _grouped(paper_facts.papers(uow.session, person_ids, campaign.code))
    earlier = _grouped(paper_facts.earlier_papers(uow.session, person_ids))
    found = {}
    for person in paper_facts.people(uow.session, person_ids):
        own, held = doses.get(person.id, []), papers.get(person.id, [])
        found[person.id] = Facts(
            person,
            tuple(own),
            history.evaluate(campaign, person, history.given_doses(own), clock.local_date(uow.now)),
            tuple(row for row in held if row.revoked_at is None and row.replaced_by is None),
            tuple(earlier.get(person.id, ())),
            held[0] if held else None,
        )
    return found


def _grouped(rows: Iterable[T]) -> dict[str, list[T]]:
    found: dict[str, list[T]] = {}
    for row in rows:
        found.setdefault(row.person_id, []).append(row)
    return found


def blockers(base: Ground, facts: Facts, now: datetime) -> tuple[Blocker, ...]:
    """Why the station may sign no code for these facts now; empty where it may."""
    if not base.has_code:
        return (Blocker("campaign", NO_CODE_HERE),)
    products = {row.product_code: base.campaign.products.get(row.product_code) for row in facts.doses}
    found = gate.issue_blockers(
        ring=base.ring,
        now=now,
        latest_seen=base.latest_seen,
        identity_doubts=[Blocker(name, IDENTITY_DOUBTS[name]) for name in facts.person.identity_doubts],
        dose_doubts=_dose_doubts(facts.doses),
        counted_doses=facts.evaluation.counted,
        products_without_code=[
            product.name if product else code
            for code, product in products.items()
            if product is None or not product.codes.complete_for_dcc
        ],
    )
    return found or _unsayable(base, facts, now)


def _unsayable(base: Ground, facts: Facts, now: datetime) -> tuple[Blocker, ...]:
    """What the records say and no code could: then the paper has none, and is not made anew each time."""
    issued_on = clock.local_date(now)
    try:
        payload.build_claims(
            said_person(facts),
            said_dose(base, facts),
            identifier=_SAMPLE_UVCI,
            issuer=base.ctx.station.name,
            issued_on=issued_on,
        )
    except FieldError as error:
        return (Blocker(error.field, error.message_id, error.values),)
    return ()


def _dose_doubts(rows: Iterable[Immunization]) -> list[Blocker]:
    doubts = []
    for row in rows:
        day = PartialDate.parse(row.occurred)
        if row.evidence == "spoken":
            doubts.append(Blocker("doses", DOSE_SAID, {"day": day.vietnamese()}))
        elif not day.is_full:
            doubts.append(Blocker("doses", DOSE_DAY, {"day": day.vietnamese()}))
    return doubts


def still_says_it(base: Ground, facts: Facts, now: datetime) -> bool:
    """Whether the paper held can be printed again: it names these records, and its code lives or still can be none."""
    held = facts.held
    if held is None or held.dose_records != facts.records:
        return False
    if held.kind == "paper":
        return held.no_code_reasons == [blocker.field for blocker in blockers(base, facts, now)]
    return held.code_until is not None and held.code_until > now


def make(
    base: Ground,
    facts: Facts,
    number: str,
    now: datetime,
    *,
    visit_id: str = "",
    national: NationalCode | None = None,
    row_id: str = "",
) -> Certificate:
    """The row of a new paper, not yet stored: with ``national`` where that is given, or where the paper held carries
    one that still names this person and dose; else with a code of the station's own, or with the reasons for none."""
    held = facts.held
    if national is None and held is not None and held.kind == "national":
        national = _kept(base, facts, now)
    # A corrected paper names the one that it takes the place of too: the desk asks for it back.
    before = held or facts.last_paper
    page_part: dict[str, Any] = {"replaces": before.number} if before is not None else {}
    row_part: dict[str, Any]
    if national is not None:
        row_part = {
            "kind": "national",
            "uvci": national.uvci,
            "hc1": national.text,
            "kid": national.kid,
            "code_until": national.until,
            "no_code_reasons": [],
        }
        page_part |= {"code": national.text, "code_kind": "national", "uvci": national.uvci}
        page_part["code_valid_until"] = clock.local_date(national.until) if national.until is not None else None
    else:
        found = blockers(base, facts, now)
        code = None if found else _signed(base, facts, now)
        if code is not None:
            row_part = {
                "kind": "station",
                "uvci": code.identifier,
                "hc1": code.text,
                "kid": code.kid,
                "code_until": code.expires_at,
                "no_code_reasons": [],
            }
            page_part |= {"code": code.text, "uvci": code.identifier}
            page_part["code_valid_until"] = clock.local_date(code.expires_at)
        else:
            reasons = [blocker.field for blocker in found]
            row_part = {"kind": "paper", "uvci": "", "hc1": "", "kid": "", "no_code_reasons": reasons}
            page_part |= _instead(base, facts) or {"no_code_reasons": tuple(b.text("vi") for b in found)}
    page = certificate_page.build(
        base.ctx, base.campaign, facts.person, facts.doses, facts.evaluation, number, **page_part
    )
    issued_by = base.ctx.user.id
    if base.ctx.user is PROGRAM and facts.last_paper is not None:
        # The program signs no paper: whoever signed the last one stands on the one that follows it.
        issued_by = facts.last_paper.issued_by
        page = replace(page, signer=facts.last_paper.content.get("signer", ""))
    return Certificate(
        id=row_id or new_id(),
        person_id=facts.person.id,
        visit_id=visit_id or None,
        campaign=base.campaign.code,
        number=number,
        desk=base.ctx.station.desk,
        content=certificate_page.to_json(page),
        dose_records=facts.records,
        issued_at=now,
        issued_by=issued_by,
        **row_part,
    )


def _instead(base: Ground, facts: Facts) -> dict[str, Any]:
    """The personal code and the pack's words about it, where the campaign has no signed code; else nothing."""
    if base.has_code:
        return {}
    words = base.paper.no_code
    return {
        "code": facts.person.code,
        "code_kind": "personal",
        "code_note_vi": words.vi or translate(NO_CODE_HERE, "vi"),
        "code_note_en": words.en or translate(NO_CODE_HERE, "en"),
    }


def _signed(base: Ground, facts: Facts, now: datetime) -> gate.IssuedCode | None:
    signer = base.ring.current(now)
    if signer is None:
        return None
    return gate.issue(
        signer=signer,
        desk=base.ctx.station.desk,
        person=said_person(facts),
        dose=said_dose(base, facts),
        issuer=base.ctx.station.name,
        now=now,
        life_days=base.life_days,
    )


def _kept(base: Ground, facts: Facts, now: datetime) -> NationalCode | None:
    """The Ministry's code of the paper held, where it still is true: only its page is printed anew."""
    held = facts.held
    if held is None or held.code_until is None or held.code_until <= now:
        return None
    if any(blocker.field not in _OWN for blocker in blockers(base, facts, now)):
        return None
    message = cose.parse(hc1.inflate(base45.decode(hc1.unprefix(held.hc1))))
    if not says(hc1.claims(message.payload).certificate or {}, base, facts):
        return None
    return NationalCode(held.hc1, held.uvci, held.kid, held.code_until)


def says(content: Mapping[str, Any], base: Ground, facts: Facts) -> bool:
    """Whether a certificate's content names this person and, as its only entry, the last dose that counts."""
    if not facts.evaluation.counted:
        return False
    product = base.campaign.products.get(_last(facts).product)
    if product is None or not product.codes.complete_for_dcc:
        return False
    dose, entries = said_dose(base, facts), content.get("v")
    if not names_person(content, facts) or not isinstance(entries, list) or len(entries) != 1:
        return False
    wanted = {"tg": dose.target, "mp": dose.product, "dn": dose.number, "dt": dose.day.isoformat()}
    return isinstance(entries[0], dict) and {key: entries[0].get(key) for key in wanted} == wanted


def names_person(content: Mapping[str, Any], facts: Facts) -> bool:
    """Whether a certificate's content is about this person: name in the letters of a passport, and birth date."""
    person, name = said_person(facts), content.get("nam")
    try:
        expected = payload.names(person.full_name)
    except FieldError:
        return False  # a name without a letter that a certificate could carry
    same = isinstance(name, dict) and all(name.get(part) == expected.get(part) for part in ("fnt", "gnt"))
    return same and content.get("dob") == person.birth.iso()


def _last(facts: Facts) -> DoseVerdict:
    return [verdict for verdict in facts.evaluation.doses if verdict.valid][-1]


def said_person(facts: Facts) -> payload.DccPerson:
    """The person as a code names her."""
    return payload.DccPerson(facts.person.full_name, PartialDate.parse(facts.person.birth_date))


def said_dose(base: Ground, facts: Facts) -> payload.DccDose:
    """The last dose that counts, as a code names it; there must be one."""
    evaluation, last = facts.evaluation, _last(facts)
    vp, mp, ma = base.campaign.products[last.product].dcc
    number, total = payload.dose_numbers(
        evaluation.primary, max(evaluation.required, evaluation.primary), evaluation.additional + evaluation.boosters
    )
    target, country = base.campaign.disease.dcc_target, base.campaign.country
    return payload.DccDose(vp, mp, ma, number, total, last.date, target, country)


def until_of(expires: float | None) -> datetime | None:
    """The end of a code from its claim in seconds."""
    return datetime.fromtimestamp(expires, UTC) if expires is not None else None
