"""Makes certificates of every shape for the tests, right and wrong ones."""

from __future__ import annotations

import datetime as dt
import zlib
from dataclasses import dataclass, field
from typing import Any

import cbor2
from cryptography import x509 as pyca
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import NameOID

from vaxdesk.certificates import base45, cose, hc1
from vaxdesk.certificates.authority import Authority
from vaxdesk.certificates.lists import RevocationList, TrustList, open_list
from vaxdesk.certificates.payload import DccDose, DccPerson, build_claims
from vaxdesk.certificates.trust import Trust
from vaxdesk.certificates.x509 import Certificate
from vaxdesk.domain.dates import PartialDate

NOW = dt.datetime(2026, 11, 21, 1, 0, tzinfo=dt.UTC)
PERSON = DccPerson("Nguyễn Thị Ánh Đào", PartialDate(1956, 7, 3))
DOSE = DccDose("1119349007", "EU/1/20/1528", "ORG-100030215", 2, 2, dt.date(2026, 11, 20))
UVCI = "URN:UVCI:01:VN:01279/01/ABCDEFGHJKLMNPQR#1"


def content(identifier: str = UVCI, **changes: Any) -> dict[str, Any]:
    """A right certificate with some top-level fields changed."""
    return build_claims(PERSON, DOSE, identifier=identifier, issuer="Trạm Y tế xã Phú Xuân") | changes


def certificate_for(
    key: Any,
    *,
    country: str = "AT",
    begin: dt.datetime = NOW - dt.timedelta(days=100),
    end: dt.datetime = NOW + dt.timedelta(days=400),
    usages: tuple[str, ...] | None = None,
) -> Certificate:
    """A self-signed certificate of some country's signer."""
    name = pyca.Name(
        [pyca.NameAttribute(NameOID.COUNTRY_NAME, country), pyca.NameAttribute(NameOID.COMMON_NAME, "Test DSC")]
    )
    builder = (
        pyca.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(pyca.random_serial_number())
        .not_valid_before(begin)
        .not_valid_after(end)
    )
    if usages is not None:
        oids = [pyca.ObjectIdentifier(one) for one in usages]
        builder = builder.add_extension(pyca.ExtendedKeyUsage(oids), critical=False)
    return Certificate(builder.sign(key, hashes.SHA256()).public_bytes(Encoding.DER))


@dataclass
class Maker:
    """Somebody who signs, rightly or not: every part can be set to something else."""

    key: Any = field(default_factory=lambda: ec.generate_private_key(ec.SECP256R1()))
    certificate: Certificate = None  # type: ignore[assignment]  # set from the key after the init
    algorithm: Any = cose.ES256

    def __post_init__(self) -> None:
        if self.certificate is None:
            self.certificate = certificate_for(self.key)

    def raw_signature(self, data: bytes) -> bytes:
        if isinstance(self.key, rsa.RSAPrivateKey):
            pss = padding.PSS(mgf=padding.MGF1(hashes.SHA256()), salt_length=32)
            return self.key.sign(data, pss, hashes.SHA256())
        width = (self.key.curve.key_size + 7) // 8
        r, s = decode_dss_signature(self.key.sign(data, ec.ECDSA(hashes.SHA256())))
        return r.to_bytes(width, "big") + s.to_bytes(width, "big")

    def cose(
        self,
        claims: Any,
        *,
        protected: dict[Any, Any] | None = None,
        unprotected: dict[Any, Any] | None = None,
        signature: bytes | None = None,
    ) -> bytes:
        header = {1: self.algorithm, 4: self.certificate.kid} if protected is None else protected
        protected_bytes = cbor2.dumps(header)
        payload = cbor2.dumps(claims)
        made = self.raw_signature(cbor2.dumps(["Signature1", protected_bytes, b"", payload]))
        parts = [protected_bytes, unprotected or {}, payload, made if signature is None else signature]
        return cbor2.dumps(cbor2.CBORTag(18, parts))

    def text(self, certificate: Any = None, **changes: Any) -> str:
        return text_of(self.cose(claims_of(certificate), **changes))


def claims_of(certificate: Any = None, **changes: Any) -> dict[Any, Any]:
    """The claims round a certificate, valid at NOW."""
    claims: dict[Any, Any] = {
        1: "AT",
        4: int((NOW + dt.timedelta(days=30)).timestamp()),
        6: int((NOW - dt.timedelta(days=1)).timestamp()),
        -260: {1: content() if certificate is None else certificate},
    }
    return claims | {int(name.removeprefix("claim_")): value for name, value in changes.items()}


def text_of(signed: bytes) -> str:
    return hc1.PREFIX + base45.encode(zlib.compress(signed, 9))


def trust_of(authority: Authority, at: dt.datetime) -> Trust:
    trust_list = open_list(authority.trust_list(at), authority.root)
    revocation_list = open_list(authority.revocation_list(at), authority.root)
    assert isinstance(trust_list, TrustList)
    assert isinstance(revocation_list, RevocationList)
    return Trust((), trust_list, revocation_list)
