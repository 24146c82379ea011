"""Trust lists in every style that was published, made by hand with keys of our own."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable
from typing import Any

import cbor2
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from making import Maker

from vaxdesk.certificates.enrolment import pem


class Signers:
    """An elliptic key and an RSA key with their certificates."""

    def __init__(self) -> None:
        self.ec = Maker()
        self.rsa = Maker(rsa.generate_private_key(65537, 2048), algorithm=-37)


def b64(data: bytes) -> str:
    return base64.b64encode(data).decode()


def url64(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).decode().rstrip("=")


def kid(maker: Maker) -> str:
    return b64(maker.certificate.kid)


def spki(maker: Maker) -> bytes:
    return maker.key.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)


def spki_pem(maker: Maker) -> str:
    return maker.key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode()


def numbers(maker: Maker, encode: Callable[[bytes], str] = url64) -> dict[str, str]:
    """The public key as a web key (JWK)."""
    public = maker.key.public_key().public_numbers()
    if isinstance(public, ec.EllipticCurvePublicNumbers):
        x, y = (encode(one.to_bytes(32, "big")) for one in (public.x, public.y))
        return {"kty": "EC", "crv": "P-256", "x": x, "y": y}
    return {"kty": "RSA", "n": encode(public.n.to_bytes(256, "big")), "e": encode(public.e.to_bytes(3, "big"))}


def gateway(maker: Maker) -> dict[str, Any]:
    return {
        "kid": kid(maker),
        "timestamp": "2021-06-09T12:23:55+02:00",
        "country": "AT",
        "certificateType": "DSC",
        "thumbprint": "00" * 32,
        "signature": "",
        "rawData": b64(maker.certificate.der),
    }


def dutch(makers: list[Maker]) -> dict[str, Any]:
    entries = {
        kid(maker): [{"subjectPk": b64(spki(maker)), "ian": "AT", "san": "AT", "keyUsage": ["v"]}] for maker in makers
    }
    return {"cl_keys": [{"id": "VWS-CC-1", "public_key": "PHhtbC8+"}], "nl_keys": [], "eu_keys": entries}


def swedish(makers: list[Maker], *, bare: bool = False) -> dict[str, Any]:
    keys = [numbers(maker) | {"kid": kid(maker)} for maker in makers]
    if not bare:
        for key, maker in zip(keys, makers, strict=True):
            key["x5c"] = [b64(maker.certificate.der)]
    return {
        "aud": [],
        "id": "1",
        "iss": "test",
        "iat": 1_600_000_000,
        "exp": 1_900_000_000,
        "dsc_trust_list": {"AT": {"keys": keys, "eku": {}}, "DE": {"keys": [], "eku": {}}},
    }


def token(document: Any, signer: Maker | None = None, *, algorithm: str = "ES256") -> bytes:
    """A JWS in its compact form; with the signer's certificate in the header where there is one."""
    header: dict[str, Any] = {"alg": algorithm, "typ": "JWT"}
    if signer is not None:
        header["x5c"] = [b64(signer.certificate.der)]
    content = f"{url64(json.dumps(header).encode())}.{url64(json.dumps(document).encode())}".encode()
    signature = b"none"
    if signer is not None and algorithm == "RS256":
        signature = signer.key.sign(content, padding.PKCS1v15(), hashes.SHA256())
    elif signer is not None and algorithm == "PS256":
        signature = signer.raw_signature(content)
    elif signer is not None:
        r, s = decode_dss_signature(signer.key.sign(content, ec.ECDSA(hashes.SHA256())))
        signature = r.to_bytes(32, "big") + s.to_bytes(32, "big")
    return content + b"." + url64(signature).encode()


def styles(one: Maker, two: Maker) -> dict[str, bytes]:
    """A list of both signers in every style."""
    both = [one, two]
    plain = [gateway(maker) for maker in both]
    by_kid = {kid(maker): b64(maker.certificate.der) for maker in both}
    sanipasse = {
        kid(maker): {
            "serialNumber": "1",
            "subject": "C=AT, CN=x",
            "notBefore": "2026-01-01T00:00:00.000Z",
            "notAfter": "2027-12-31T00:00:00.000Z",
            "signatureAlgorithm": "ECDSA",
            "publicKeyAlgorithm": {"hash": {"name": "SHA-256"}, "name": "ECDSA", "namedCurve": "P-256"},
            "publicKeyPem": b64(spki(maker)),
        }
        for maker in both
    }
    keys = {"keys": [numbers(maker) | {"kid": url64(maker.certificate.kid), "use": "sig"} for maker in both]}
    documents: dict[str, Any] = {
        "gateway": plain,
        "gateway, later release": [
            {"kid": kid(maker), "group": "DSC", "domain": "DCC", "certificate": b64(maker.certificate.der)}
            for maker in both
        ],
        "german body": {"certificates": plain},
        "dutch": dutch(both),
        "dutch, inner map": dutch(both)["eu_keys"],
        "dutch envelope": {"payload": b64(json.dumps(dutch(both)).encode()), "signature": b64(b"pkcs7")},
        "swedish": swedish(both),
        "swedish, bare keys": swedish(both, bare=True),
        "italian": by_kid,
        "italian, lines": {key: f"{value[:64]}\n{value[64:]}\n" for key, value in by_kid.items()},
        "french": {"certificatesDCC": {key: b64(value.encode()) for key, value in by_kid.items()}},
        "french, whole PEM": {"certificatesDCC": {kid(one): b64(pem(one.certificate).encode())}}
        | {"certificates2DDoc": {}},
        "by id, base64": sanipasse,
        "by id, PEM": {kid(maker): {"publicKeyPem": spki_pem(maker)} for maker in both},
        "by id, numbers": {kid(maker): numbers(maker, b64) for maker in both},
        "by id in hexadecimal": {maker.certificate.kid.hex(): spki_pem(maker) for maker in both},
        "bare keys in an array": [{"kid": kid(maker), "publicKey": b64(spki(maker))} for maker in both],
        "arrays of numbers": [
            {"kid": list(maker.certificate.kid), "crt": list(maker.certificate.der)} for maker in both
        ],
        "swiss": {
            "certs": [
                {"keyId": kid(maker), "use": "v", "alg": "ES256", "subjectPublicKeyInfo": b64(spki(maker))}
                for maker in both
            ]
        },
        "swiss, numbers": {
            "certs": [
                {"keyId": kid(maker), "use": "sig", "subjectPublicKeyInfo": None} | numbers(maker, b64)
                for maker in both
            ]
        },
        "key set": keys,
        "key set with certificates": {"keys": [{"kty": "EC", "x5c": [b64(maker.certificate.der)]} for maker in both]},
        "did": {
            "@context": [],
            "id": "did:web:example.org",
            "verificationMethod": [
                {
                    "id": "did:web:example.org#" + kid(maker).replace("=", "%3D").replace("/", "%2F"),
                    "publicKeyJwk": numbers(maker),
                }
                for maker in both
            ],
        },
        "one entry alone": gateway(one),
    }
    found = {name: json.dumps(document).encode() for name, document in documents.items()}
    found["german"] = b64(b"r" * 64).encode() + b"\n" + found["german body"]
    found["german, Windows lines"] = b64(b"r" * 64).encode() + b"\r\n\r\n" + found["german body"]
    found["byte order mark"] = b"\xef\xbb\xbf" + found["gateway"]
    found["saved by a Windows shell"] = b"\xff\xfe" + found["gateway"].decode().encode("utf-16-le")
    found["indented"] = json.dumps(plain, indent=4).encode()
    found["swedish token"] = token(swedish(both), one)
    found["swedish token, RS256"] = token(swedish(both), two, algorithm="RS256") + b"\n"
    found["swedish token, PS256"] = token(swedish(both), two, algorithm="PS256")
    found["token without a chain"] = token(keys)
    austrian = cbor2.dumps({"c": [{"i": maker.certificate.kid, "c": maker.certificate.der} for maker in both]})
    found["austrian"] = austrian
    found["austrian, in JSON"] = json.dumps({"trustList": {"trustListContent": b64(austrian)}}).encode()
    return found
