"""What the vectors of our own are made of: signers, states, and CBOR in shapes that no library writes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import cbor2
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from making import NOW, Maker, certificate_for

from vaxdesk.certificates import base45

VALID = "-oooooooooo"
NO_PREFIX = "-x---------"
NO_BASE45 = "-ox--------"
NO_ZLIB = "-oox-------"
NO_COSE = "-ooox------"
NO_SIGNATURE = "-oooox-ooo-"
NO_USAGE = "-oooooxoooo"
NO_TIME = "-ooooooxooo"
NO_SCHEMA = "-ooooooox-o"
NO_CODES = "-ooooooooxo"

GOOD, NOT, BAD, STRANGE = "valid", "not_a_certificate", "altered", "unknown_signer"
LATE, EARLY = "expired", "not_yet_valid"


@dataclass(frozen=True)
class Case:
    """What is verified and what must come out. ``after`` is the moment in seconds from NOW."""

    text: str
    verdict: str
    states: str
    after: float = 0


class Keys:
    """The signers that the verifier trusts."""

    def __init__(self) -> None:
        self.main = Maker()
        self.rsa = Maker(rsa.generate_private_key(65537, 2048), algorithm=-37)
        self.small_rsa = Maker(rsa.generate_private_key(65537, 1024), algorithm=-37)
        self.p384 = Maker(ec.generate_private_key(ec.SECP384R1()), algorithm=-35)
        self.exact = Maker(self.main.key, certificate_for(self.main.key, begin=NOW, end=NOW))
        self.by_usage = {name: self._restricted(oids) for name, oids in USAGES.items()}
        self.stranger = Maker()

    def _restricted(self, oids: tuple[str, ...]) -> Maker:
        return Maker(self.main.key, certificate_for(self.main.key, usages=oids))

    @property
    def trusted(self) -> list[Maker]:
        return [self.main, self.rsa, self.small_rsa, self.p384, self.exact, *self.by_usage.values()]


_NEW, _OLD = "1.3.6.1.4.1.1847.2021.1.", "1.3.6.1.4.1.0.1847.2021.1."
USAGES: dict[str, tuple[str, ...]] = {
    "t": (_NEW + "1",),
    "v": (_NEW + "2",),
    "r": (_NEW + "3",),
    "old t": (_OLD + "1",),
    "old v": (_OLD + "2",),
    "old r": (_OLD + "3",),
    "t and r": (_NEW + "1", _NEW + "3"),
    "t and old v": (_NEW + "1", _OLD + "2"),
    "all": (_NEW + "1", _NEW + "2", _NEW + "3"),
    "other": ("1.3.6.1.5.5.7.3.2",),
    "a fourth arc": (_NEW + "4",),
    "none": (),
}


def parts_of(signed: bytes) -> list[Any]:
    protected, unprotected, payload, signature = cbor2.loads(signed).value
    return [protected, dict(unprotected), payload, signature]


def wide(value: Any) -> bytes:
    """CBOR with every length and number in eight bytes: allowed, and far from canonical."""

    def head(major: int, number: int) -> bytes:
        return bytes((major << 5 | 27,)) + number.to_bytes(8, "big")

    match value:
        case bool() | None | float():
            return cbor2.dumps(value)
        case int():
            return head(0, value) if value >= 0 else head(1, -1 - value)
        case bytes():
            return head(2, len(value)) + value
        case str():
            return head(3, len(value.encode())) + value.encode()
        case list():
            return head(4, len(value)) + b"".join(map(wide, value))
        case dict():
            return head(5, len(value)) + b"".join(wide(key) + wide(item) for key, item in value.items())
    return head(6, value.tag) + wide(value.value)


def endless(value: Any) -> bytes:
    """CBOR with every string in chunks and every collection without a length."""
    match value:
        case bytes():
            chunks = [value[start : start + 7] for start in range(0, len(value), 7)]
            return b"\x5f" + b"".join(map(cbor2.dumps, chunks)) + b"\xff"
        case str():
            return b"\x7f" + b"".join(map(cbor2.dumps, value)) + b"\xff"
        case list():
            return b"\x9f" + b"".join(map(endless, value)) + b"\xff"
        case dict():
            return b"\xbf" + b"".join(cbor2.dumps(key) + endless(item) for key, item in value.items()) + b"\xff"
        case cbor2.CBORTag():
            return cbor2.dumps(cbor2.CBORTag(value.tag, 0))[:-1] + endless(value.value)
    return cbor2.dumps(value)


def signed_bytes(maker: Maker, payload: bytes, protected: bytes | None = None) -> bytes:
    """A message over these very bytes."""
    header = cbor2.dumps({1: maker.algorithm, 4: maker.certificate.kid}) if protected is None else protected
    signature = maker.raw_signature(cbor2.dumps(["Signature1", header, b"", payload]))
    return cbor2.dumps(cbor2.CBORTag(18, [header, {}, payload, signature]))


def packed(data: bytes) -> str:
    return "HC1:" + base45.encode(data)
