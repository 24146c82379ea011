"""The verifier: one pass through the stages, an answer for every text, never an exception, never a false "valid".

A stage is reached when those that it needs are ok:

========== ============================== ==================================================
stage      needs                          ok means
========== ============================== ==================================================
picture    a picture or PDF as input      a code was read in it
prefix     a text                         it begins with HC1:
base45     prefix                         strict base45
zlib       base45                         inflates within bounds
cose       zlib                           a COSE_Sign1 around a map of claims
signature  cose                           a trusted key made it (list not older than the limit)
key_usage  signature                      the key may sign this kind of certificate
time       cose                           issued <= at <= expires, within the key's validity
schema     cose                           follows the schema of its ``ver``, exactly one of v, t, r
value_sets schema                         every code is known
revocation signature                      in no revocation list held (list not older than the limit)
========== ============================== ==================================================

A list that is older than 30 days, or dated after ``at`` (a clock that is wrong), can vouch for nothing: the verdict is
then ``unknown_signer`` and the words name the list's age, never ``valid``. Without any list (a certificate
given by hand) there is no age, and the revocation stage says that nothing was compared.

The mode of a QR symbol is not judged, though the specification asks for the alphanumeric one: a scanner does not tell
it, and the published vectors of one country (CY), which must pass, are in byte mode.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from vaxdesk.certificates import base45, cose, hc1, kinds, lists, schema, valuesets, verdicts
from vaxdesk.certificates.lists import Revocation, TrustedKey
from vaxdesk.certificates.trust import LIMIT_DAYS, Trust
from vaxdesk.certificates.verification import STAGES, Sentence, Stage, State, Verdict, Verification
from vaxdesk.domain.dates import format_date
from vaxdesk.i18n import N_

_NOT_REACHED = Stage(State.NOT_REACHED)
_OK = Stage(State.OK)

NO_CODE_IN_PICTURE = N_("No code could be read in the picture.")
NO_PREFIX = N_("The text does not begin with HC1:.")
TOO_LONG = N_("The text is too long for a certificate.")
DAMAGED = N_("The text is damaged.")
NO_KEY = N_("No trusted key has the id that the code names.")
NO_KID = N_("The code does not name its signer.")
WRONG_ALGORITHM = N_("The signature is of a kind that is not allowed or does not fit the signer's key.")
WRONG_SIGNATURE = N_("The signature does not fit the content.")
WRONG_USAGE = N_("The signer's key may not sign this kind of certificate.")
LIST_TOO_OLD = N_("The list is {days} days old; the limit is {limit} days.")
LIST_IN_FUTURE = N_("The list is dated after the moment of the check: the clock is wrong.")
NO_LIST = N_("No revocation list is held: nothing was compared.")
REVOKED = N_("On the revocation list since {date}.")
REPLACED = N_("Replaced by another certificate on {date}.")
NO_TIMES = N_("The code does not say from when to when it is valid.")
IS_EXPIRED = N_("Expired on {date}.")
NOT_YET = N_("Valid only from {date}.")
KEY_EXPIRED = N_("The signer's key expired on {date}.")
KEY_NOT_YET = N_("The signer's key is valid only from {date}.")
WRONG_SCHEMA = N_("The content does not follow the rules for health certificates.")
WRONG_CODE = N_("The content has a code that is in no value set.")


class _Run:
    """One verification on its way through the stages."""

    def __init__(self, trust: Trust, at: datetime) -> None:
        self.trust = trust
        self.at = at
        self.stages: dict[str, Stage] = dict.fromkeys(STAGES, _NOT_REACHED)
        self.message: cose.Sign1 | None = None
        self.claims: hc1.Claims | None = None
        self.key: TrustedKey | None = None
        self.candidates: tuple[TrustedKey, ...] = ()
        self.revocation: Revocation | None = None

    def fail(self, stage: str, message_id: str, detail: str = "", **values: object) -> None:
        self.stages[stage] = Stage(State.FAILED, Sentence(message_id, values), detail)

    def ok(self, stage: str) -> bool:
        return self.stages[stage].state is State.OK

    def text(self, text: str) -> None:
        """From the prefix on."""
        try:
            encoded = hc1.unprefix(text)
        except hc1.StepError as error:
            return self.fail("prefix", TOO_LONG if text.startswith(hc1.PREFIX) else NO_PREFIX, str(error))
        self.stages["prefix"] = _OK
        try:
            compressed = base45.decode(encoded)
        except base45.Base45Error as error:
            return self.fail("base45", DAMAGED, str(error))
        self.stages["base45"] = _OK
        try:
            signed = hc1.inflate(compressed)
        except hc1.StepError as error:
            return self.fail("zlib", DAMAGED, str(error))
        self.stages["zlib"] = _OK
        return self.signed(signed)

    def signed(self, signed: bytes) -> None:
        """From the COSE message on."""
        try:
            self.message = cose.parse(signed)
            self.claims = hc1.claims(self.message.payload)
        except (cose.CoseError, hc1.StepError) as error:
            return self.fail("cose", DAMAGED, str(error))
        self.stages["cose"] = _OK
        self.check_signature(self.message)
        self.check_schema(self.claims)
        if self.ok("signature"):
            self.check_usage(self.claims)
            self.check_revocation(self.message, self.claims)
        return self.check_time(self.claims)

    def check_signature(self, message: cose.Sign1) -> None:
        kid = message.kid
        if kid is None:
            return self.fail("signature", NO_KID)
        self.candidates = self.trust.find(kid) if len(kid) == cose.KID_LENGTH else ()
        if not self.candidates:
            return self.fail("signature", NO_KEY)
        if not any(cose.key_fits(message.algorithm, candidate.key) for candidate in self.candidates):
            return self.fail("signature", WRONG_ALGORITHM)
        signer = next((one for one in self.candidates if cose.verify(message, one.key)), None)
        if signer is None:
            return self.fail("signature", WRONG_SIGNATURE)
        trust_list = self.trust.trust_list
        if (
            trust_list is not None
            and not self.trust.given_by_hand(kid)
            and not self.fresh("signature", trust_list.head)
        ):
            return None
        self.key = signer
        self.stages["signature"] = _OK
        return None

    def fresh(self, stage: str, head: lists.ListHead) -> bool:
        """Whether a list is young enough to vouch for something; else ``stage`` fails."""
        age = head.age_days(self.at)
        if age > LIMIT_DAYS:
            self.fail(stage, LIST_TOO_OLD, days=age, limit=LIMIT_DAYS)
        elif age < -1:
            self.fail(stage, LIST_IN_FUTURE)
        else:
            return True
        return False

    def check_usage(self, claims: hc1.Claims) -> None:
        group = schema.group_of(claims.certificate) if claims.certificate is not None else None
        usages = self.key.usages if self.key is not None else None
        if usages is None or group in usages:
            self.stages["key_usage"] = _OK
        else:
            self.fail("key_usage", WRONG_USAGE)

    def check_schema(self, claims: hc1.Claims) -> None:
        certificate = claims.certificate
        if certificate is None:
            return self.fail("schema", WRONG_SCHEMA, "no health certificate in the claims")
        found = schema.full_problem(certificate)
        group = schema.group_of(certificate)
        if found is not None or group is None:
            return self.fail("schema", WRONG_SCHEMA, found or "")
        self.stages["schema"] = _OK
        found = valuesets.problem(certificate, group)
        if found is not None:
            return self.fail("value_sets", WRONG_CODE, found)
        self.stages["value_sets"] = _OK
        return None

    def check_revocation(self, message: cose.Sign1, claims: hc1.Claims) -> None:
        held = self.trust.revocation_list
        if held is None:
            self.stages["revocation"] = Stage(State.OK, Sentence(NO_LIST))
            return
        issuer = claims.issuer or ""
        hashes = [
            one
            for identifier in lists.claims_identifiers(claims) or [""]
            for one in lists.hashes_of(issuer, identifier, message.signature, message.algorithm)
        ]
        self.revocation = held.find(hashes)
        if self.revocation is not None:
            words = REVOKED if self.revocation.kind is lists.RevocationKind.REVOKED else REPLACED
            self.fail("revocation", words, date=format_date(self.revocation.day))
        elif self.fresh("revocation", held.head):
            self.stages["revocation"] = _OK

    def check_time(self, claims: hc1.Claims) -> None:
        issued, expires = claims.issued, claims.expires
        if issued is None or expires is None:
            return self.fail("time", NO_TIMES)
        now = self.at.timestamp()
        key = self.key or next(iter(self.candidates), None)
        if now > expires:
            return self.fail("time", IS_EXPIRED, date=verdicts.seconds(expires))
        if now < issued:
            return self.fail("time", NOT_YET, date=verdicts.seconds(issued))
        if key is not None and self.at > key.not_after:
            return self.fail("time", KEY_EXPIRED, date=verdicts.seconds(key.not_after.timestamp()))
        if key is not None and self.at < key.not_before:
            return self.fail("time", KEY_NOT_YET, date=verdicts.seconds(key.not_before.timestamp()))
        self.stages["time"] = _OK
        return None

    def verdict(self) -> Verdict:
        """The verdict that the stages add up to, the gravest finding first."""
        if not self.ok("prefix"):
            return Verdict.NOT_A_CERTIFICATE
        if not self.ok("cose"):
            return Verdict.ALTERED
        if not self.ok("signature"):
            reason = self.stages["signature"].reason
            wrong = reason is not None and reason.message_id in (WRONG_SIGNATURE, WRONG_ALGORITHM)
            return Verdict.ALTERED if wrong else Verdict.UNKNOWN_SIGNER
        if not self.ok("schema"):
            return Verdict.NOT_A_CERTIFICATE
        if not self.ok("key_usage"):
            return Verdict.UNKNOWN_SIGNER
        if self.revocation is not None:
            revoked = self.revocation.kind is lists.RevocationKind.REVOKED
            return Verdict.REVOKED if revoked else Verdict.REPLACED
        if not self.ok("time"):
            reason = self.stages["time"].reason
            if reason is None or reason.message_id == NO_TIMES:
                return Verdict.NOT_A_CERTIFICATE
            early = reason.message_id in (NOT_YET, KEY_NOT_YET)
            return Verdict.NOT_YET_VALID if early else Verdict.EXPIRED
        if not self.ok("value_sets"):
            return Verdict.NOT_A_CERTIFICATE
        if not self.ok("revocation"):
            return Verdict.UNKNOWN_SIGNER
        return Verdict.VALID

    def answer(self, text: str, label: str, *, unread: str = "") -> Verification:
        verdict = self.verdict()
        payload: Any = self.claims.certificate if self.claims is not None else None
        kind = "" if self.ok("prefix") else unread or kinds.kind_of(text)
        return Verification(
            input=label,
            text=text,
            stages=self.stages,
            payload=payload,
            verdict=verdict,
            sentences=verdicts.sentences(verdict, self.stages, self.key, self.claims, self.trust, self.at, kind),
            claims=self.claims,
            kid=self.message.kid if self.message is not None else None,
            key=self.key,
            revocation=self.revocation,
            kind=kind,
            list_age_days=self.trust.age_days(self.at),
            at=self.at,
        )


def verify_text(
    text: str, trust: Trust, at: datetime, *, label: str | None = None, pictured: bool = False
) -> Verification:
    """Verify one text, as scanned. ``at`` is the aware moment to judge by.

    ``label`` is what the answer calls the input (default: the text); ``pictured`` says that it was read from a picture.
    """
    run = _Run(trust, at)
    if pictured:
        run.stages["picture"] = _OK
    run.text(text)
    return run.answer(text, text if label is None else label)


def verify_cose(signed: bytes, trust: Trust, at: datetime) -> Verification:
    """Verify a COSE_Sign1 that came without text (the stages before it count as passed)."""
    run = _Run(trust, at)
    run.stages |= dict.fromkeys(("prefix", "base45", "zlib"), _OK)
    run.signed(signed)
    return run.answer("", "")


def unreadable_picture(
    label: str, trust: Trust, at: datetime, detail: str = "", kind: str = kinds.NO_CODE
) -> Verification:
    """The answer for a picture in which no code was read; ``kind`` (``kinds.py``) is what people are told."""
    run = _Run(trust, at)
    run.fail("picture", NO_CODE_IN_PICTURE, detail)
    return run.answer("", label, unread=kind)
