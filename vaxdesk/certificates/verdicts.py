"""The words of a verdict: the answer first, then what to do, then how old the lists are."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from vaxdesk.certificates import hc1, kinds
from vaxdesk.certificates.lists import TrustedKey
from vaxdesk.certificates.trust import LIMIT_DAYS, WARN_DAYS, Trust
from vaxdesk.certificates.verification import Sentence, Stage, State, Verdict
from vaxdesk.clock import local_date
from vaxdesk.domain.dates import format_date
from vaxdesk.i18n import N_

VALID_NATIONAL = N_("Valid until {date}. Signed by the national authority ({signer}).")
VALID_STATION = N_(
    "Valid until {date}. Provisional code, signed by station {signer}; it is not the national certificate."
)
VALID_OTHER = N_("Valid until {date}. Signed by {signer}.")
ALTERED = N_("Not valid: the code was changed or is broken. Ask for the original, or scan again.")
NOT_HEALTH = N_("Not valid: the signed content is not a proper health certificate.")
UNKNOWN = N_("Not valid here: the signer is not known to this station.")
NOT_ENTITLED = N_("Not valid: the signer's key may not sign this kind of certificate.")
UNKNOWN_CODE = N_("Not valid: the signature is right, but the content has a code that is in no value set.")
EXPIRED = N_("No longer valid: expired on {date}.")
PAPER_HOLDS = N_("Only the provisional code has expired; the stamped paper certificate still holds. Print a new code.")
KEY_EXPIRED = N_("No longer valid: the signer's key expired on {date}.")
NOT_YET = N_("Not yet valid: valid only from {date}. Check the date of this computer.")
REVOKED = N_("Not valid: this certificate was withdrawn or corrected on {date}. Ask for the new one.")
REPLACED = N_("Replaced by a newer certificate on {date}: ask for that one. The vaccination itself is not in doubt.")
TOO_OLD = N_("Cannot be confirmed: this station's lists are {days} days old (limit {limit}). Bring them up to date.")
CLOCK = N_("Cannot be confirmed: the clock of this computer is behind the date of the lists. Set the clock.")
PRACTICE = N_("Practice only: this code proves nothing.")
AGE_WARNING = N_("The lists of this station are {days} days old; bring them up to date.")


def seconds(value: float) -> str:
    """The day in Viet Nam of a moment in seconds since 1970."""
    moment = hc1.moment(value)
    return format_date(local_date(moment)) if moment is not None else "?"


def sentences(
    verdict: Verdict,
    stages: Mapping[str, Stage],
    key: TrustedKey | None,
    claims: hc1.Claims | None,
    trust: Trust,
    at: datetime,
    kind: str,
) -> tuple[Sentence, ...]:
    """The answer in words."""
    found = [_first(verdict, stages, key, claims, trust, at, kind)]
    if verdict is Verdict.EXPIRED and key is not None and key.signer == "station":
        found.append(Sentence(PAPER_HOLDS))
    if verdict is Verdict.VALID:
        age = trust.age_days(at)
        if trust.practice or (key is not None and key.practice):
            found.insert(0, Sentence(PRACTICE))
        if age is not None and age > WARN_DAYS:
            found.append(Sentence(AGE_WARNING, {"days": age}))
    return tuple(found)


def _first(
    verdict: Verdict,
    stages: Mapping[str, Stage],
    key: TrustedKey | None,
    claims: hc1.Claims | None,
    trust: Trust,
    at: datetime,
    kind: str,
) -> Sentence:
    if verdict is Verdict.VALID and key is not None and claims is not None and claims.expires is not None:
        words = {"national": VALID_NATIONAL, "station": VALID_STATION, "other": VALID_OTHER}[key.signer]
        return Sentence(words, {"date": seconds(claims.expires), "signer": _name(key)})
    if verdict is Verdict.NOT_A_CERTIFICATE:
        if kind:
            return Sentence(kinds.WORDS[kind])
        return Sentence(UNKNOWN_CODE if stages["value_sets"].state is State.FAILED else NOT_HEALTH)
    if verdict is Verdict.UNKNOWN_SIGNER:
        return _unknown(stages, trust, at)
    if verdict is Verdict.ALTERED:
        return Sentence(ALTERED)
    reason = stages["revocation" if verdict in (Verdict.REVOKED, Verdict.REPLACED) else "time"].reason
    values = reason.values if reason is not None else {"date": "?"}
    if verdict is Verdict.EXPIRED:
        over = claims is not None and claims.expires is not None and at.timestamp() > claims.expires
        return Sentence(EXPIRED if over else KEY_EXPIRED, values)
    words = {Verdict.NOT_YET_VALID: NOT_YET, Verdict.REVOKED: REVOKED, Verdict.REPLACED: REPLACED}[verdict]
    return Sentence(words, values)


def _unknown(stages: Mapping[str, Stage], trust: Trust, at: datetime) -> Sentence:
    ages = [head.age_days(at) for head in trust.heads]
    signed = stages["revocation"].state is State.FAILED or stages["signature"].reason is not None
    if stages["key_usage"].state is State.FAILED:
        return Sentence(NOT_ENTITLED)
    if signed and ages and max(ages) > LIMIT_DAYS:
        return Sentence(TOO_OLD, {"days": max(ages), "limit": LIMIT_DAYS})
    if signed and ages and min(ages) < -1:
        return Sentence(CLOCK)
    return Sentence(UNKNOWN)


def _name(key: TrustedKey) -> str:
    name = key.name or "?"
    if key.signer == "station" and key.station:
        return f"{key.station} {name}".strip()
    return f"{name}, {key.country}" if key.country and key.signer == "other" else name
