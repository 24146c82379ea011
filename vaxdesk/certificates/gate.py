"""The gate before every signed code: why there is none, naming the field or fact; and the one way through it."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from vaxdesk.certificates import hc1, payload, uvci
from vaxdesk.certificates.keys import StationKeyRing, StationSigner
from vaxdesk.certificates.verification import Sentence
from vaxdesk.clock import local_date
from vaxdesk.domain.dates import format_date, format_datetime
from vaxdesk.errors import RefusedError
from vaxdesk.i18n import N_

#: Clocks are set back by seconds when they are corrected; a list's date comes from another computer.
CLOCK_TOLERANCE = timedelta(minutes=2)

NO_KEY = N_("This station has no certified signing key yet: send the request file to the authority.")
KEY_WAITS = N_("The signing key waits for the authority's certificate.")
KEY_EXPIRED = N_("The signing key of this station expired on {date}: ask the authority for a new certificate.")
KEY_EARLY = N_("The signing key of this station is valid only from {date}: check the date of this computer.")
CLOCK = N_("The clock of this computer shows a time before {moment}, which it has already seen: set the clock.")
CAMPAIGN = N_("For this vaccine there is no signed code; the paper certificate holds by itself.")
NO_DOSE = N_("No dose that counts is recorded.")
NO_CODES = N_("No international code is known for the product {product}.")


@dataclass(frozen=True)
class Blocker:
    """One reason why there is no code. ``field`` names what is in the way (``signing_key``, ``clock``, ``campaign``,
    ``doses``, or the person's or dose's field); the sentence says it."""

    field: str
    message_id: str
    values: Mapping[str, object] = dataclasses.field(default_factory=dict)

    def text(self, language: str | None = None) -> str:
        """The reason in the current (or the given) language."""
        return Sentence(self.message_id, self.values).text(language)


def issue_blockers(
    *,
    ring: StationKeyRing,
    now: datetime,
    latest_seen: datetime | None,
    campaign_has_code: bool = True,
    campaign_words: str = CAMPAIGN,
    identity_doubts: Sequence[Blocker] = (),
    dose_doubts: Sequence[Blocker] = (),
    counted_doses: int = 1,
    products_without_code: Sequence[str] = (),
) -> tuple[Blocker, ...]:
    """Every reason why no code may be issued now; empty when one may.

    ``latest_seen`` is the latest moment that this station has ever seen (own records, dates of lists); ``now`` and it
    are aware. The doubts are the caller's, one a field. ``products_without_code`` are names of products of the
    certificate that have no codes in the value sets. A campaign without a signed code needs no other reason.
    """
    if not campaign_has_code:
        return (Blocker("campaign", campaign_words),)
    found: list[Blocker] = []
    if latest_seen is not None and now < latest_seen - CLOCK_TOLERANCE:
        found.append(Blocker("clock", CLOCK, {"moment": format_datetime(latest_seen)}))
    elif ring.current(now) is None:
        found.append(_no_signer(ring, now))
    found += identity_doubts
    found += dose_doubts
    if counted_doses < 1:
        found.append(Blocker("doses", NO_DOSE))
    found += [Blocker("product", NO_CODES, {"product": name}) for name in products_without_code]
    return tuple(found)


def _no_signer(ring: StationKeyRing, now: datetime) -> Blocker:
    signers = ring.signers
    ended = [signer.not_after for signer in signers if signer.not_after < now]
    if ended:
        return Blocker("signing_key", KEY_EXPIRED, {"date": format_date(local_date(max(ended)))})
    if signers:
        start = min(signer.not_before for signer in signers)
        return Blocker("signing_key", KEY_EARLY, {"date": format_date(local_date(start))})
    return Blocker("signing_key", KEY_WAITS if ring.waiting is not None else NO_KEY)


@dataclass(frozen=True)
class IssuedCode:
    """A signed code with what the records keep of it."""

    text: str
    identifier: str
    kid: str
    issued_at: datetime
    expires_at: datetime


def issue(
    *,
    signer: StationSigner,
    desk: str,
    person: payload.DccPerson,
    dose: payload.DccDose,
    issuer: str,
    now: datetime,
    life_days: int,
) -> IssuedCode:
    """Sign a provisional code, after :func:`issue_blockers` found nothing.

    It gets an identifier of its own and lives ``life_days`` days, never past the signer's certificate.
    Raises FieldError where the records do not make a certificate, RefusedError where the key does not hold now.
    """
    if not signer.valid_at(now):
        raise RefusedError(NO_KEY)
    identifier = uvci.new(signer.station, desk)
    content = payload.build_claims(person, dose, identifier=identifier, issuer=issuer, issued_on=local_date(now))
    issued_at = now.replace(microsecond=0)
    expires_at = min(issued_at + timedelta(days=life_days), signer.not_after)
    text = hc1.encode(content, signer, issued_at, expires_at)
    return IssuedCode(text, identifier, signer.kid.hex(), issued_at, expires_at)
