"""Checks codes at the desk: with the lists held, this station's own records, and the doubt about the clock."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from vaxdesk import settings
from vaxdesk.certificates import kinds, valuesets
from vaxdesk.certificates.inputs import verify_input
from vaxdesk.certificates.trust import LIMIT_DAYS, WARN_DAYS, Trust
from vaxdesk.certificates.verification import STAGES, Sentence, Stage, State, Verdict, Verification
from vaxdesk.certificates.verify import verify_text
from vaxdesk.clock import local_date
from vaxdesk.domain.campaign import Campaign
from vaxdesk.domain.dates import PartialDate, format_date, format_datetime
from vaxdesk.i18n import N_
from vaxdesk.queries import certificates as certificate_queries
from vaxdesk.queries.certificates import OwnCode
from vaxdesk.services import signing
from vaxdesk.services.context import Context, clock_in_doubt

CLOCK_DOUBT = N_(
    "Cannot be confirmed: the clock of this computer is behind {moment}, which it has already seen. Set the clock."
)
WITHDRAWN_HERE = N_("Not valid: this station withdrew certificate {number} on {date}. Ask for the new paper.")
REPLACED_HERE = N_(
    "Replaced by a newer certificate of this station on {date} (this one is No. {number}): ask for the new one. "
    "The vaccination itself is not in doubt."
)

#: The verdicts of a code whose signature holds and that the authority's list does not call revoked.
_OWN_COUNTS = frozenset((Verdict.VALID, Verdict.EXPIRED, Verdict.NOT_YET_VALID, Verdict.REPLACED))
_UNREAD = frozenset((kinds.NO_CODE, kinds.NO_PICTURE, kinds.LOCKED_PDF, kinds.TOO_LARGE, kinds.EMPTY))
#: Nothing that a stranger's code says is shown longer than this.
_LONGEST = 120


@dataclass(frozen=True)
class SaidDose:
    """One vaccination, test or recovery as the code states it; texts as they stand there, codes with their names."""

    number: str
    day: str
    product: str
    maker: str
    country: str


@dataclass(frozen=True)
class Said:
    """What a code says of a person. It may be relied on only where :attr:`Checked.relied_on` is true."""

    name: str
    latin_name: str
    birth: str
    group: str
    complete: bool | None
    #: Codes of a test's kind and of its result.
    test: str
    result: str
    doses: tuple[SaidDose, ...]
    issuer: str
    identifier: str
    issued: datetime | None
    expires: datetime | None


@dataclass(frozen=True)
class StageRow:
    """One stage of the verification for the list of details."""

    name: str
    state: str
    reason: Sentence | None
    detail: str


@dataclass(frozen=True)
class Checked:
    """The whole answer for one code. ``own`` is this station's record of it, where it issued the code itself."""

    verification: Verification
    verdict: str
    sentences: tuple[Sentence, ...]
    said: Said | None
    own: OwnCode | None
    clock_doubted: bool

    @property
    def kind(self) -> str:
        """What the text is when it is no health certificate (``certificates.kinds``)."""
        return self.verification.kind

    @property
    def unread(self) -> bool:
        """Whether there was nothing to judge: no code, or no file that opens."""
        return self.kind in _UNREAD

    @property
    def text(self) -> str:
        """The text that was checked."""
        return self.verification.text

    @property
    def signer(self) -> str:
        """``national``, ``station``, ``other``, or nothing."""
        return self.verification.signer or ""

    @property
    def relied_on(self) -> bool:
        """Whether the content was signed by somebody this station trusts."""
        return self.verification.stages["signature"].state is State.OK

    def words(self, language: str | None = None) -> str:
        """The answer in words."""
        return " ".join(sentence.text(language) for sentence in self.sentences)

    @property
    def stages(self) -> tuple[StageRow, ...]:
        """All stages in their order."""
        found = ((name, self.verification.stages[name]) for name in STAGES)
        return tuple(StageRow(name, stage.state.value, stage.reason, stage.detail) for name, stage in found)


@dataclass(frozen=True)
class Lists:
    """How old what this station trusts is, and whether its clock can be believed. Ages are in days."""

    enrolled: bool
    practice: bool
    trust_days: int | None
    trust_issued: datetime | None
    keys: int
    revocation_days: int | None
    revocation_issued: datetime | None
    latest_seen: datetime | None
    clock_doubted: bool
    warn_days: int = WARN_DAYS
    limit_days: int = LIMIT_DAYS


def check(ctx: Context, given: str | bytes | Path) -> tuple[Checked, ...]:
    """Check a text, the bytes of a picture or PDF, or a file; one answer for each code in it, at least one.

    Works without a network. A code that this station has withdrawn or replaced itself is never called valid, also
    before the authority's list says so; with a doubted clock nothing is.

    :raises InputError: the file cannot be read.
    """
    label = given.name if isinstance(given, Path) else None
    return _answers(ctx, verify_input(given, signing.trust(ctx) or Trust(), ctx.now(), label=label))


def check_codes(ctx: Context, texts: Sequence[str], *, pictured: bool = False) -> tuple[Checked, ...]:
    """Check the texts of whole codes, as a scanner or a camera (``pictured``) read them; one answer for each.

    Other than a pasted text, a code is one even where it holds several lines.
    """
    trust, now = signing.trust(ctx) or Trust(), ctx.now()
    return _answers(ctx, [verify_text(text, trust, now, pictured=pictured) for text in texts])


def _answers(ctx: Context, found: Sequence[Verification]) -> tuple[Checked, ...]:
    campaign, doubted = ctx.campaign(), clock_in_doubt(ctx)
    latest = ctx.setting(settings.LATEST_TIME)
    answers = []
    for first in found:
        said = _said(first, campaign)
        verification, own = by_own_records(ctx, first)
        if verification.valid and doubted:
            words = (Sentence(CLOCK_DOUBT, {"moment": format_datetime(datetime.fromisoformat(latest))}),)
            verification = replace(verification, verdict=Verdict.UNKNOWN_SIGNER, sentences=words)
        verdict, sentences = verification.verdict, verification.sentences
        answers.append(Checked(verification, verdict.value, sentences, said, own, doubted))
    return tuple(answers)


def by_own_records(ctx: Context, verification: Verification) -> tuple[Verification, OwnCode | None]:
    """A verification in the light of what this station issued itself, and its own record of the code.

    A code that was withdrawn here is revoked, one that a newer paper followed is replaced, also before the authority's
    list says so; as with the list, neither of them is called expired. This is the one place of the rule: the desk's
    page and ``vaxdesk verify`` both ask here.
    """
    identifier = _identifier(verification)
    if not identifier:
        return verification, None
    with ctx.database.reader() as conn:
        own = certificate_queries.own_code(conn, identifier)
    if own is None or verification.verdict not in _OWN_COUNTS:
        return verification, own
    if own.revoked_at is not None:
        values = {"number": own.number, "date": format_date(local_date(own.revoked_at))}
        return _overruled(verification, Verdict.REVOKED, Sentence(WITHDRAWN_HERE, values)), own
    if own.replaced_at is not None and verification.verdict is not Verdict.REPLACED:
        values = {"number": own.number, "date": format_date(local_date(own.replaced_at))}
        return _overruled(verification, Verdict.REPLACED, Sentence(REPLACED_HERE, values)), own
    return verification, own


def _overruled(verification: Verification, verdict: Verdict, words: Sentence) -> Verification:
    stages = {**verification.stages, "revocation": Stage(State.FAILED, words)}
    return replace(verification, verdict=verdict, sentences=(words,), stages=stages)


def _identifier(verification: Verification) -> str:
    payload = verification.payload
    entries = _list(payload.get("v")) if isinstance(payload, Mapping) else ()
    return next((_text(entry.get("ci")) for entry in entries if isinstance(entry, Mapping)), "")


def lists(ctx: Context) -> Lists:
    """The lists held and their age."""
    trust = signing.trust(ctx)
    latest = ctx.setting(settings.LATEST_TIME)
    now = ctx.now()
    trusted = trust.trust_list if trust is not None else None
    revoked = trust.revocation_list if trust is not None else None
    return Lists(
        enrolled=trust is not None,
        practice=trust.practice if trust is not None else ctx.station.practice,
        trust_days=trusted.head.age_days(now) if trusted is not None else None,
        trust_issued=trusted.head.issued_at if trusted is not None else None,
        keys=len(trusted) if trusted is not None else 0,
        revocation_days=revoked.head.age_days(now) if revoked is not None else None,
        revocation_issued=revoked.head.issued_at if revoked is not None else None,
        latest_seen=datetime.fromisoformat(latest) if latest else None,
        clock_doubted=clock_in_doubt(ctx),
    )


def authority_name(ctx: Context) -> str:
    """The name of the authority that this station is pinned to; empty before the first enrolment."""
    root = signing.root(ctx)
    return root.subject() if root is not None else ""


# what the code says: a stranger's content, so nothing of its shape is believed


def _said(verification: Verification, campaign: Campaign) -> Said | None:
    payload = verification.payload
    if not isinstance(payload, Mapping):
        return None
    group = next((name for name in ("v", "t", "r") if payload.get(name)), "")
    entries = [entry for entry in _list(payload.get(group)) if isinstance(entry, Mapping)]
    name = payload.get("nam")
    name = name if isinstance(name, Mapping) else {}
    first: Mapping[str, Any] = entries[0] if entries else {}
    claims = verification.claims
    vietnamese = first.get("co") == "VN"
    parts = ("fn", "gn") if vietnamese else ("gn", "fn")
    return Said(
        name=" ".join(_text(name.get(part)) for part in parts).strip(),
        latin_name=" ".join(_text(name.get(part)).replace("<", " ") for part in ("fnt", "gnt")).strip(),
        birth=_day(payload.get("dob")),
        group=group,
        complete=_complete(first) if group == "v" else None,
        test=_text(first.get("tt")) if group == "t" else "",
        result=_text(first.get("tr")) if group == "t" else "",
        doses=tuple(_dose(entry, group, campaign) for entry in entries[:9]),
        issuer=_text(first.get("is")),
        identifier=_text(first.get("ci")),
        issued=_moment(claims.issued if claims is not None else None),
        expires=_moment(claims.expires if claims is not None else None),
    )


def _dose(entry: Mapping[str, Any], group: str, campaign: Campaign) -> SaidDose:
    product = _text(entry.get("mp"))
    known = next((one for one in campaign.products.values() if product and one.codes.mp == product), None)
    number = f"{_text(entry.get('dn'))}/{_text(entry.get('sd'))}" if group == "v" else ""
    day = entry.get({"v": "dt", "t": "sc", "r": "fr"}.get(group, "dt"))
    name = known.name if known is not None else _named("mp", product)
    return SaidDose(number, _day(day), name, _named("ma", _text(entry.get("ma"))), _named("co", _text(entry.get("co"))))


def _complete(entry: Mapping[str, Any]) -> bool | None:
    """Whether the vaccination says that its course is complete; ``None`` where it does not say."""
    number, total = entry.get("dn"), entry.get("sd")
    if not (isinstance(number, int) and isinstance(total, int)) or number < 1 or total < 1:
        return None
    return number >= total


def _named(field: str, code: str) -> str:
    return valuesets.display(field, code)[:_LONGEST] if code else ""


def _text(value: object) -> str:
    return str(value).strip()[:_LONGEST] if isinstance(value, str | int | float) else ""


def _list(value: object) -> Sequence[object]:
    return value if isinstance(value, list) else ()


def _day(value: object) -> str:
    text = _text(value)
    try:
        return PartialDate.parse(text[:10]).vietnamese() if text else ""
    except ValueError:
        return text


def _moment(seconds: float | None) -> datetime | None:
    if seconds is None:
        return None
    try:
        return datetime.fromtimestamp(seconds, UTC)
    except (OverflowError, OSError, ValueError):
        return None
