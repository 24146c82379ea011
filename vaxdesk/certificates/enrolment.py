"""Enrolment without a network: the station's request file, and the authority's answer file."""

from __future__ import annotations

import base64
import binascii
import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat, load_der_public_key

from vaxdesk.certificates import lists, sealed, uvci, x509
from vaxdesk.certificates.keys import REQUEST_PURPOSE, REQUEST_TYPE
from vaxdesk.certificates.lists import RevocationList, TrustList
from vaxdesk.certificates.x509 import Certificate, CertificateError
from vaxdesk.errors import InputError
from vaxdesk.i18n import N_

ANSWER_TYPE = "vaxdesk-station-answer"
ANSWER_PURPOSE = "vaxdesk station answer"


class EnrolmentError(InputError):
    """A request or an answer cannot be used."""


@dataclass(frozen=True)
class StationRequest:
    """A station's request, its signature checked. ``desk`` and the unit codes may be empty."""

    station_id: str
    code: str
    name: str
    province_code: str
    commune_code: str
    desk: str
    practice: bool
    created_at: str
    public_der: bytes

    @property
    def public_key(self) -> ec.EllipticCurvePublicKey:
        """The key to certify."""
        key = load_der_public_key(self.public_der)
        if not isinstance(key, ec.EllipticCurvePublicKey) or not isinstance(key.curve, ec.SECP256R1):
            raise EnrolmentError(N_("The request's key is of a kind that is not used here."))
        return key

    @property
    def fingerprint(self) -> str:
        """Sixteen hexadecimal digits in groups, to compare over the telephone."""
        return fingerprint(self.public_der)


def fingerprint(data: bytes) -> str:
    """The beginning of the SHA-256 as ``12AB 34CD 56EF 7890``."""
    digits = hashlib.sha256(data).hexdigest()[:16].upper()
    return " ".join(digits[start : start + 4] for start in range(0, 16, 4))


def read_request(document: Mapping[str, Any]) -> StationRequest:
    """Check a request: its form, its key, and that the sender has the private key. Raises EnrolmentError."""
    try:
        if document["type"] != REQUEST_TYPE:
            raise EnrolmentError(N_("This is not a station's request file."))
        texts = ("station_id", "code", "name", "province_code", "commune_code", "desk", "created_at")
        values = {name: document[name] for name in texts}
        if not all(isinstance(value, str) and len(value) <= 300 for value in values.values()):
            raise EnrolmentError(N_("This is not a station's request file."))
        request = StationRequest(
            **values,
            practice=document["practice"] is True,
            public_der=base64.b64decode(document["public_key"], validate=True),
        )
        key = request.public_key
    except (KeyError, TypeError, ValueError, binascii.Error, UnsupportedAlgorithm):
        raise EnrolmentError(N_("This is not a station's request file.")) from None
    if not request.code or not request.code.isascii() or not request.code.isalnum() or len(request.code) > 12:
        raise EnrolmentError(N_("The request has no proper station code (up to 12 letters and digits)."))
    if request.code.upper() == uvci.NATIONAL:
        raise EnrolmentError(N_("The code {code} is the Ministry's: enter the station's own."), code=request.code)
    if not sealed.json_signature_holds(document, key, REQUEST_PURPOSE):
        raise EnrolmentError(N_("The request was changed on its way: ask the station for it again."))
    return request


@dataclass(frozen=True)
class SyncEnrolment:
    """What sync needs to know. Empty texts where the authority gave none."""

    portal_url: str = ""
    station_id: str = ""
    token: str = ""


@dataclass(frozen=True)
class EnrolmentAnswer:
    """The authority's answer, every signature checked."""

    root_pem: str
    station_certificate_pem: str
    trust_list: bytes
    revocation_list: bytes
    sync: SyncEnrolment
    practice: bool
    code_life_days: int

    @property
    def root(self) -> Certificate:
        """The authority's certificate, to be pinned."""
        return Certificate(x509.load(self.root_pem.encode())[0])

    @property
    def certificate(self) -> Certificate:
        """The station's certificate."""
        return Certificate(x509.load(self.station_certificate_pem.encode())[0])

    @property
    def root_fingerprint(self) -> str:
        """What a careful user compares over the telephone before the first enrolment."""
        return fingerprint(self.root.der)


def answer_document(
    *,
    root: Certificate,
    root_key: ec.EllipticCurvePrivateKey,
    certificate: Certificate,
    trust_list: bytes,
    revocation_list: bytes,
    sync: Mapping[str, str],
    code_life_days: int,
) -> dict[str, Any]:
    """The authority's answer file. It carries the token of sync: it is for this station only."""
    content = {
        "type": ANSWER_TYPE,
        "version": 1,
        "practice": root.practice,
        "root": pem(root),
        "certificate": pem(certificate),
        "trust_list": base64.b64encode(trust_list).decode(),
        "revocation_list": base64.b64encode(revocation_list).decode(),
        "code_life_days": code_life_days,
        "sync": {name: sync.get(name, "") for name in ("portal_url", "station_id", "token")},
    }
    return sealed.signed_json(content, root_key, ANSWER_PURPOSE)


def pem(certificate: Certificate) -> str:
    """A certificate as PEM text."""
    return certificate.parsed.public_bytes(Encoding.PEM).decode()


def read_answer(
    document: Mapping[str, Any],
    own_public_key: bytes,
    pinned_root: Certificate | None = None,
    *,
    practice: bool = False,
) -> EnrolmentAnswer:
    """Check the authority's answer before anything of it is used.

    ``own_public_key`` is the station's public key (DER SubjectPublicKeyInfo), ``pinned_root`` the authority's
    certificate that the station already trusts (None at the first enrolment), ``practice`` the station's own mode.
    Raises EnrolmentError or ListError.
    """
    broken = N_("This is not an authority's answer file, or it was changed on its way.")
    try:
        if document["type"] != ANSWER_TYPE:
            raise EnrolmentError(broken)
        sync = document["sync"]
        answer = EnrolmentAnswer(
            root_pem=document["root"],
            station_certificate_pem=document["certificate"],
            trust_list=base64.b64decode(document["trust_list"], validate=True),
            revocation_list=base64.b64decode(document["revocation_list"], validate=True),
            sync=SyncEnrolment(*(str(sync[name]) for name in ("portal_url", "station_id", "token"))),
            practice=document["practice"] is True,
            code_life_days=int(document["code_life_days"]),
        )
        root, certificate = answer.root, answer.certificate
        root_key = root.public_key
        certified_key = certificate.parsed.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
        certificate.parsed.verify_directly_issued_by(root.parsed)
        root.parsed.verify_directly_issued_by(root.parsed)
    except (
        KeyError,
        TypeError,
        ValueError,
        AttributeError,
        IndexError,
        CertificateError,
        InvalidSignature,
        UnsupportedAlgorithm,
    ):
        raise EnrolmentError(broken) from None
    if pinned_root is not None and pinned_root.der != root.der:
        raise EnrolmentError(N_("The answer comes from another authority than the one this station trusts."))
    if root.role != "root" or not isinstance(root_key, ec.EllipticCurvePublicKey):
        raise EnrolmentError(broken)
    if not sealed.json_signature_holds(document, root_key, ANSWER_PURPOSE):
        raise EnrolmentError(broken)
    if not answer.practice == root.practice == certificate.practice == practice:
        raise EnrolmentError(N_("Practice mode and real use cannot be mixed: this answer is for the other one."))
    if certified_key != own_public_key or not certificate.role.startswith("station:"):
        raise EnrolmentError(
            N_("The certificate belongs to another key. Send this station's newest request file to the authority.")
        )
    if not isinstance(lists.open_list(answer.trust_list, root), TrustList):
        raise EnrolmentError(broken)
    if not isinstance(lists.open_list(answer.revocation_list, root), RevocationList):
        raise EnrolmentError(broken)
    return answer
