"""The X.509 certificates of the authority: its root, the stations' document signers, the national signer."""

from __future__ import annotations

from datetime import datetime, timedelta

from cryptography import x509 as pyca
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import NameOID

from vaxdesk.certificates.x509 import ROLE_OID, VACCINATION_USAGE, Certificate

ROOT_DAYS = 3652
#: Stations' clocks differ: a certificate holds from a day before it was made.
_BACKDATED = timedelta(days=1)
_NAME_LIMIT = 64


def _name(*, common: str, organisation: str, station: str = "", practice: bool = False) -> pyca.Name:
    attributes = [
        pyca.NameAttribute(NameOID.COUNTRY_NAME, "VN"),
        pyca.NameAttribute(NameOID.ORGANIZATION_NAME, organisation[:_NAME_LIMIT]),
    ]
    if practice:
        attributes.append(pyca.NameAttribute(NameOID.ORGANIZATIONAL_UNIT_NAME, "PRACTICE - NOT FOR REAL USE"))
    if station:
        attributes.append(pyca.NameAttribute(NameOID.SERIAL_NUMBER, station))
    attributes.append(pyca.NameAttribute(NameOID.COMMON_NAME, common[:_NAME_LIMIT]))
    return pyca.Name(attributes)


def _builder(
    subject: pyca.Name, issuer: pyca.Name, key: ec.EllipticCurvePublicKey, at: datetime, days: int, role: str
) -> pyca.CertificateBuilder:
    return (
        pyca.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key)
        .serial_number(pyca.random_serial_number())
        .not_valid_before(at - _BACKDATED)
        .not_valid_after(at + timedelta(days=days))
        .add_extension(pyca.SubjectKeyIdentifier.from_public_key(key), critical=False)
        .add_extension(
            pyca.UnrecognizedExtension(pyca.ObjectIdentifier(ROLE_OID), role.encode("ascii")), critical=False
        )
    )


def _key_usage(*, certificates: bool) -> pyca.KeyUsage:
    return pyca.KeyUsage(
        digital_signature=True,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        key_cert_sign=certificates,
        crl_sign=certificates,
        encipher_only=False,
        decipher_only=False,
    )


def _mark(role: str, practice: bool) -> str:
    return f"{role};practice" if practice else role


def _finish(builder: pyca.CertificateBuilder, key: ec.EllipticCurvePrivateKey) -> Certificate:
    return Certificate(builder.sign(key, hashes.SHA256()).public_bytes(Encoding.DER))


def root_certificate(key: ec.EllipticCurvePrivateKey, name: str, at: datetime, *, practice: bool) -> Certificate:
    """The self-signed certificate of an authority; it signs stations' certificates and the lists."""
    common = f"PRACTICE {name}" if practice else name
    subject = _name(common=common, organisation=name, practice=practice)
    builder = (
        _builder(subject, subject, key.public_key(), at, ROOT_DAYS, _mark("root", practice))
        .add_extension(pyca.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(_key_usage(certificates=True), critical=True)
    )
    return _finish(builder, key)


def signer_certificate(
    key: ec.EllipticCurvePublicKey,
    *,
    root: Certificate,
    root_key: ec.EllipticCurvePrivateKey,
    authority: str,
    name: str,
    at: datetime,
    days: int,
    station: str = "",
) -> Certificate:
    """A document signer for vaccinations: of the station with code ``station``, or the national one without a code.

    It holds from a day before ``at`` for ``days`` days, never past the root.
    """
    practice = root.practice
    days = min(days, (root.not_after - at).days)
    role = _mark(f"station:{station}" if station else "national", practice)
    subject = _name(common=name or station, organisation=authority, station=station, practice=practice)
    builder = (
        _builder(subject, root.parsed.subject, key, at, days, role)
        .add_extension(pyca.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(_key_usage(certificates=False), critical=True)
        .add_extension(pyca.ExtendedKeyUsage([pyca.ObjectIdentifier(VACCINATION_USAGE)]), critical=False)
        .add_extension(pyca.AuthorityKeyIdentifier.from_issuer_public_key(root_key.public_key()), critical=False)
    )
    return _finish(builder, root_key)
