"""Vectors of our own beside the published ones: each with its verdict and the state of every stage.

Nothing is stored: keys, certificates and signatures are made anew at each run, so that no code can know a vector. A
case's ``states`` has one letter a stage in their order (picture, prefix, base45, zlib, cose, signature, key_usage,
time, schema, value_sets, revocation): ``o`` ok, ``x`` failed, ``-`` not reached.
"""

from __future__ import annotations

import gzip
import struct
import zlib
from collections.abc import Callable
from typing import Any

import cbor2
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding
from making import NOW, Maker, claims_of, content, text_of
from sibling_contents import contents, usages
from sibling_parts import (
    BAD,
    EARLY,
    GOOD,
    LATE,
    NO_BASE45,
    NO_COSE,
    NO_PREFIX,
    NO_SIGNATURE,
    NO_TIME,
    NO_ZLIB,
    NOT,
    STRANGE,
    VALID,
    Case,
    Keys,
    endless,
    packed,
    parts_of,
    signed_bytes,
    wide,
)

from vaxdesk.certificates import base45


def transport(keys: Keys) -> dict[str, Case]:
    signed = keys.main.cose(claims_of())
    squeezed = zlib.compress(signed, 9)
    text = text_of(signed)
    body = text[4:]
    machine = zlib.compressobj(9, zlib.DEFLATED, 15, 9, zlib.Z_DEFAULT_STRATEGY, signed[:40])
    with_dictionary = machine.compress(signed) + machine.flush()
    bare = zlib.compressobj(9, zlib.DEFLATED, -15)
    raw = bare.compress(signed) + bare.flush()
    return {
        "good": Case(text, GOOD, VALID),
        "good, stored": Case(packed(zlib.compress(signed, 0)), GOOD, VALID),
        "good, small window": Case(packed(_compressed(signed, 9)), GOOD, VALID),
        "prefix HC2": Case("HC2:" + body, NOT, NO_PREFIX),
        "prefix HC1 without a colon": Case("HC1" + body, NOT, NO_PREFIX),
        "prefix in small letters": Case("hc1:" + body, NOT, NO_PREFIX),
        "prefix HL1": Case("HL1:" + body, NOT, NO_PREFIX),
        "prefix twice": Case("HC1:" + text, BAD, _letters_or_bytes(text)),
        "prefix only": Case("HC1:", BAD, NO_ZLIB),
        "blanks before": Case("  \t" + text, GOOD, VALID),
        "blanks and line feed behind": Case(text + " \r\n", GOOD, VALID),
        "small letters": Case("HC1:" + body.lower(), BAD, NO_BASE45),
        "a semicolon": Case("HC1:" + body[:50] + ";" + body[51:], BAD, NO_BASE45),
        "a Vietnamese letter": Case("HC1:" + body[:50] + "Đ" + body[51:], BAD, NO_BASE45),
        "full-width digits": Case("HC1:" + body[:-2] + "１２", BAD, NO_BASE45),
        "a tab inside": Case("HC1:" + body[:50] + "\t" + body[51:], BAD, NO_BASE45),
        "an impossible length": Case("HC1:" + body[: len(body) // 3 * 3] + "A", BAD, NO_BASE45),
        "a group above its limit": Case("HC1:" + body[:30] + ":::" + body[33:], BAD, NO_BASE45),
        "a last group above its limit": Case("HC1:" + body[: len(body) // 3 * 3] + "::", BAD, NO_BASE45),
        "not compressed": Case(packed(signed), BAD, NO_ZLIB),
        "compressed without a header": Case(packed(raw), BAD, NO_ZLIB),
        "compressed by gzip": Case(packed(gzip.compress(signed)), BAD, NO_ZLIB),
        "compressed with a dictionary": Case(packed(with_dictionary), BAD, NO_ZLIB),
        "compressed twice": Case(packed(zlib.compress(squeezed)), BAD, NO_COSE),
        "wrong checksum": Case(packed(squeezed[:-1] + bytes((squeezed[-1] ^ 1,))), BAD, NO_ZLIB),
        "without checksum": Case(packed(squeezed[:-4]), BAD, NO_ZLIB),
        "cut in the middle": Case(packed(squeezed[: len(squeezed) // 2]), BAD, NO_ZLIB),
        "bytes behind": Case(packed(squeezed + b"\x00"), BAD, NO_ZLIB),
        "a bomb": Case(packed(zlib.compress(bytes(8_000_000))), BAD, NO_ZLIB),
        "larger than any text": Case("HC1:" + "0" * 20_000, NOT, NO_PREFIX),
        "inflates to nothing": Case(packed(zlib.compress(b"")), BAD, NO_COSE),
        "hexadecimal instead": Case("HC1:" + squeezed.hex().upper(), BAD, _letters_or_bytes(squeezed.hex().upper())),
    }


def _compressed(data: bytes, bits: int) -> bytes:
    machine = zlib.compressobj(9, zlib.DEFLATED, bits)
    return machine.compress(data) + machine.flush()


def _letters_or_bytes(text: str) -> str:
    """Only letters of base45, but not of these bytes: which step breaks depends on the digits."""
    try:
        base45.decode(text)
    except base45.Base45Error:
        return NO_BASE45
    return NO_ZLIB


def wrapping(keys: Keys) -> dict[str, Case]:
    signed = keys.main.cose(claims_of())
    header, unprotected, payload, signature = parts = parts_of(signed)
    tag = cbor2.CBORTag

    def of(value: Any) -> str:
        return text_of(cbor2.dumps(value))

    broken = {
        "tag 61 alone": tag(61, parts),
        "tag 18 round tag 61": tag(18, tag(61, parts)),
        "tag 18 twice": tag(18, tag(18, parts)),
        "tag 98, many signers": tag(98, parts),
        "tag 17, a MAC": tag(17, parts),
        "three parts": parts[:3],
        "five parts": [*parts, b""],
        "a map of the parts": dict(enumerate(parts)),
        "the header a map": [cbor2.loads(header), unprotected, payload, signature],
        "the header's bytes an array": [cbor2.dumps([1, -7]), unprotected, payload, signature],
        "the header's bytes not CBOR": [b"\xa2\x01", unprotected, payload, signature],
        "the header with bytes behind": [header + b"\x00", unprotected, payload, signature],
        "a header label twice": [b"\xa2\x01\x26\x01\x26", unprotected, payload, signature],
        "the unprotected header an array": [header, [], payload, signature],
        "the unprotected header bytes": [header, b"\xa0", payload, signature],
        "no payload": [header, unprotected, None, signature],
        "the payload a map": [header, unprotected, cbor2.loads(payload), signature],
        "the payload a text": [header, unprotected, "text", signature],
        "no signature": [header, unprotected, payload, None],
        "a number": 5,
        "a text": "HC1",
    }
    found = {name: Case(of(value), BAD, NO_COSE) for name, value in broken.items()}
    found |= {
        "untagged": Case(of(parts), GOOD, VALID),
        "tag 18": Case(of(tag(18, parts)), GOOD, VALID),
        "tag 61 round tag 18": Case(of(tag(61, tag(18, parts))), GOOD, VALID),
        "wide lengths": Case(text_of(wide(tag(18, parts))), GOOD, VALID),
        "endless strings": Case(text_of(endless(tag(18, parts))), GOOD, VALID),
        "endless, untagged": Case(text_of(endless(parts)), GOOD, VALID),
        "more in the unprotected header": Case(
            of(tag(18, [header, {33: b"x5", "note": [1, {}]}, payload, signature])), GOOD, VALID
        ),
        "bytes behind the message": Case(text_of(signed + b"\x00"), BAD, NO_COSE),
        "the message twice": Case(text_of(signed * 2), BAD, NO_COSE),
        "cut off": Case(text_of(signed[:-1]), BAD, NO_COSE),
        "a length that lies": Case(text_of(b"\xd2\x9b\x7f" + b"\xff" * 7 + signed[2:]), BAD, NO_COSE),
        "nested without end": Case(text_of(b"\x81" * 60_000), BAD, NO_COSE),
        "an endless array without an end": Case(text_of(b"\xd2\x9f" + b"\x40" * 100), BAD, NO_COSE),
    }
    return found


def signing(keys: Keys) -> dict[str, Case]:
    main = keys.main
    kid, other = main.certificate.kid, bytes(8)
    signed = main.cose(claims_of())
    header, _unprotected, payload, signature = parts_of(signed)
    r, s = signature[:32], signature[32:]
    half = bytes(31) + b"\x01"
    order = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551

    def flipped(data: bytes, position: int) -> bytes:
        return data[:position] + bytes((data[position] ^ 1,)) + data[position + 1 :]

    def of(*parts: Any) -> str:
        return text_of(cbor2.dumps(cbor2.CBORTag(18, list(parts))))

    def with_headers(protected: dict[Any, Any], unprotected: dict[Any, Any] | None = None) -> str:
        return main.text(protected=protected, unprotected=unprotected)

    structure = cbor2.dumps(["Signature1", header, b"", payload])
    der = main.key.sign(structure, ec.ECDSA(hashes.SHA256()))
    with_data = main.raw_signature(cbor2.dumps(["Signature1", header, b"x", payload]))
    other_context = main.raw_signature(cbor2.dumps(["Signature", header, b"", payload]))
    rsa_header, _map, rsa_payload, rsa_signature = parts_of(keys.rsa.cose(claims_of()))
    rsa_structure = cbor2.dumps(["Signature1", rsa_header, b"", rsa_payload])

    def by_rsa(pad: Any, digest: Any = None) -> str:
        return of(rsa_header, {}, rsa_payload, keys.rsa.key.sign(rsa_structure, pad, digest or hashes.SHA256()))

    strange = {
        "kid: protected wrong, unprotected right": with_headers({1: -7, 4: other}, {4: kid}),
        "kid: unprotected wrong": with_headers({1: -7}, {4: other}),
        "kid: none": with_headers({1: -7}),
        "kid: empty": with_headers({1: -7, 4: b""}),
        "kid: seven bytes": with_headers({1: -7, 4: kid[:7]}),
        "kid: nine bytes": with_headers({1: -7, 4: kid + b"\x00"}),
        "kid: the whole fingerprint": with_headers({1: -7, 4: kid * 4}),
        "kid: a text": with_headers({1: -7, 4: kid.hex()}),
        "kid: null in the protected header": with_headers({1: -7, 4: None}, {4: kid}),
        "kid: under a text label": with_headers({1: -7, "4": kid}),
        "a stranger's key": keys.stranger.text(),
    }
    good = {
        "kid: protected": with_headers({1: -7, 4: kid}),
        "kid: unprotected": with_headers({1: -7}, {4: kid}),
        "kid: both": with_headers({1: -7, 4: kid}, {4: kid}),
        "kid: protected right, unprotected wrong": with_headers({1: -7, 4: kid}, {4: other}),
        "headers in the other order": with_headers({4: kid, 1: -7}),
        "another protected header": with_headers({1: -7, 4: kid, 3: "application/cwt", "note": 1}),
        "the algorithm unprotected": of(*_unprotected_algorithm(main)),
        "RSA of 2048 bits": keys.rsa.text(),
        "s replaced by its negative": of(
            header, {}, payload, r + (order - int.from_bytes(s, "big")).to_bytes(32, "big")
        ),
    }
    bad = {
        "signature: empty": of(header, {}, payload, b""),
        "signature: 63 bytes": of(header, {}, payload, signature[:63]),
        "signature: 65 bytes": of(header, {}, payload, signature + b"\x00"),
        "signature: 96 bytes": of(header, {}, payload, bytes(16) + r + bytes(16) + s),
        "signature: in DER": of(header, {}, payload, der),
        "signature: zeros": of(header, {}, payload, bytes(64)),
        "signature: r is 0": of(header, {}, payload, bytes(32) + s),
        "signature: s is 0": of(header, {}, payload, r + bytes(32)),
        "signature: s is the order": of(header, {}, payload, r + order.to_bytes(32, "big")),
        "signature: s above the order": of(header, {}, payload, r + b"\xff" * 32),
        "signature: r and s exchanged": of(header, {}, payload, s + r),
        "signature: one and one": of(header, {}, payload, half + half),
        "signature: a bit": of(header, {}, payload, flipped(signature, 40)),
        "signature: with other data": of(header, {}, payload, with_data),
        "signature: in another context": of(header, {}, payload, other_context),
        "signature: of another message": of(header, {}, payload, parts_of(main.cose(claims_of(claim_1="DE")))[3]),
        "signature: by a stranger under this id": Maker(keys.stranger.key, main.certificate).text(),
        "a claim changed": of(header, {}, payload.replace(b"\x62AT", b"\x62DE", 1), signature),
        "algorithm: ES384": with_headers({1: -35, 4: kid}),
        "algorithm: EdDSA": with_headers({1: -8, 4: kid}),
        "algorithm: HMAC": with_headers({1: 5, 4: kid}),
        "algorithm: RS256": with_headers({1: -257, 4: kid}),
        "algorithm: none": with_headers({4: kid}),
        "algorithm: a name": with_headers({1: "ES256", 4: kid}),
        "algorithm: a float": with_headers({1: -7.0, 4: kid}),
        "algorithm: PS256 with an elliptic key": with_headers({1: -37, 4: kid}),
        "algorithm: ES256 with an RSA key": keys.rsa.text(protected={1: -7, 4: keys.rsa.certificate.kid}),
        "ES384 with P-384": keys.p384.text(),
        "ES256 with P-384": keys.p384.text(protected={1: -7, 4: keys.p384.certificate.kid}),
        "RSA of 1024 bits": keys.small_rsa.text(),
        "RSA: PKCS 1.5": by_rsa(padding.PKCS1v15()),
        "RSA: salt of 20 bytes": by_rsa(padding.PSS(padding.MGF1(hashes.SHA256()), 20)),
        "RSA: the longest salt": by_rsa(padding.PSS(padding.MGF1(hashes.SHA256()), padding.PSS.MAX_LENGTH)),
        "RSA: another mask": by_rsa(padding.PSS(padding.MGF1(hashes.SHA384()), 32)),
        "RSA: another digest": by_rsa(padding.PSS(padding.MGF1(hashes.SHA384()), 48), hashes.SHA384()),
        "RSA: a bit": of(rsa_header, {}, rsa_payload, flipped(rsa_signature, 100)),
        "RSA: cut off": of(rsa_header, {}, rsa_payload, rsa_signature[:-1]),
        "RSA: a byte more": of(rsa_header, {}, rsa_payload, b"\x00" + rsa_signature),
    }
    return (
        {name: Case(text, GOOD, VALID) for name, text in good.items()}
        | {name: Case(text, STRANGE, NO_SIGNATURE) for name, text in strange.items()}
        | {name: Case(text, BAD, NO_SIGNATURE) for name, text in bad.items()}
    )


def _unprotected_algorithm(maker: Maker) -> list[Any]:
    """No protected header at all: an empty byte string, which is what is signed."""
    payload = cbor2.dumps(claims_of())
    signature = maker.raw_signature(cbor2.dumps(["Signature1", b"", b"", payload]))
    return [b"", {1: -7, 4: maker.certificate.kid}, payload, signature]


def claims(keys: Keys) -> dict[str, Case]:
    main = keys.main
    now = NOW.timestamp()

    def of(**changes: Any) -> str:
        return text_of(main.cose(claims_of(**changes)))

    def without(label: int) -> str:
        return text_of(main.cose({key: value for key, value in claims_of().items() if key != label}))

    def raw(payload: bytes) -> str:
        return text_of(signed_bytes(main, payload))

    whole = claims_of()
    good = {
        "no issuer": without(1),
        "unknown claims": of(claim_5=int(now), claim_7=b"id", claim_8={"a": [1]}),
        "floats": of(claim_6=now - 0.25, claim_4=now + 0.25),
        "half floats": raw(_half_floats(whole)),
        "times under tag 1": of(claim_6=cbor2.CBORTag(1, int(now)), claim_4=cbor2.CBORTag(1, now + 1.5)),
        "issued at this second": of(claim_6=int(now)),
        "expires at this second": of(claim_4=int(now)),
        "both at this second": of(claim_6=now, claim_4=now),
        "expires far away": of(claim_4=2**63),
        "issued before the calendar": of(claim_6=-(10**15)),
        "wide numbers": raw(wide(whole)),
        "endless maps": raw(endless(whole)),
        "labels in the other order": raw(cbor2.dumps(dict(reversed(whole.items())))),
        "another container beside": of(**{"claim_-260": whole[-260] | {2: {"x": 1}}}),
    }
    not_one = {
        "no health certificate": (without(-260), "-ooooooox-o"),
        "an empty container": (of(**{"claim_-260": {}}), "-ooooooox-o"),
        "a container of another number": (of(**{"claim_-260": {2: content()}}), "-ooooooox-o"),
        "the certificate an array": (of(**{"claim_-260": {1: [content()]}}), "-ooooooox-o"),
        "the certificate a text": (of(**{"claim_-260": {1: "x"}}), "-ooooooox-o"),
        "the container a list": (of(**{"claim_-260": [content()]}), "-ooooooox-o"),
        "the container not numbered by a number": (of(**{"claim_-260": {"1": content()}}), "-ooooooox-o"),
        "no time of issue": (without(6), NO_TIME),
        "no expiry": (without(4), NO_TIME),
        "the expiry a text": (of(claim_4="2030-01-01"), NO_TIME),
        "the expiry a truth": (of(claim_4=True), NO_TIME),
        "the issue under tag 0": (of(claim_6=cbor2.CBORTag(0, "2026-01-01T00:00:00Z")), NO_TIME),
    }
    broken = {
        "a list": raw(cbor2.dumps([whole])),
        "a text": raw(cbor2.dumps("claims")),
        "nothing": raw(b""),
        "bytes round the claims": raw(cbor2.dumps(cbor2.dumps(whole))),
        "a claim twice": raw(b"\xa5" + cbor2.dumps(whole)[1:] + cbor2.dumps(4) + cbor2.dumps(int(now))),
        "the certificate twice": raw(b"\xa5" + cbor2.dumps(whole)[1:] + cbor2.dumps(-260) + cbor2.dumps(whole[-260])),
        "bytes behind the claims": raw(cbor2.dumps(whole) + b"\xf6"),
        "claims cut off": raw(cbor2.dumps(whole)[:-1]),
        "an expiry that is no number": of(claim_4=float("nan")),
        "an endless expiry": of(claim_4=float("inf")),
        "text that is not UTF-8": raw(cbor2.dumps(whole).replace(b"\x62AT", b"\x62\xff\xff")),
        "a map key that is a list": raw(b"\xa1\x80\x00"),
    }
    late = {
        "expired a second ago": of(claim_4=int(now) - 1),
        "expired a quarter of a second ago": of(claim_4=now - 0.25),
        "expired before it was issued": of(claim_4=int(now) - 10, claim_6=int(now) + 10),
        "expired long ago": of(claim_4=0),
    }
    early = {
        "issued in a second": of(claim_6=int(now) + 1),
        "issued in a quarter of a second": of(claim_6=now + 0.25),
    }
    found = {f"claims: {name}": Case(text, GOOD, VALID) for name, text in good.items()}
    found |= {f"claims: {name}": Case(text, NOT, states) for name, (text, states) in not_one.items()}
    found |= {f"claims: {name}": Case(text, BAD, NO_COSE) for name, text in broken.items()}
    found |= {f"time: {name}": Case(text, LATE, NO_TIME) for name, text in late.items()}
    found |= {f"time: {name}": Case(text, EARLY, NO_TIME) for name, text in early.items()}
    exact = text_of(keys.exact.cose(claims_of()))
    found |= {
        "time: the key's only second": Case(exact, GOOD, VALID),
        "time: a second after the key": Case(exact, LATE, NO_TIME, after=1),
        "time: a second before the key": Case(exact, EARLY, NO_TIME, after=-1),
        "time: half a second after the key": Case(exact, LATE, NO_TIME, after=0.5),
        "time: expired, and by a stranger": Case(
            text_of(keys.stranger.cose(claims_of(claim_4=0))), STRANGE, "-oooox-xoo-"
        ),
    }
    return found


def _half_floats(whole: dict[Any, Any]) -> bytes:
    """Times in the shortest float: issued in 1970, expiring when a single float still can say it."""
    single = struct.pack(">f", NOW.timestamp() + 86_400)
    body = b"".join(cbor2.dumps(key) + cbor2.dumps(value) for key, value in whole.items() if key not in (4, 6))
    return b"\xa4" + body + b"\x04\xfa" + single + b"\x06\xf9" + struct.pack(">e", 1.0)


MAKERS: tuple[Callable[[Keys], dict[str, Case]], ...] = (transport, wrapping, signing, claims, contents, usages)


def all_cases(keys: Keys) -> dict[str, Case]:
    found: dict[str, Case] = {}
    for make in MAKERS:
        cases = make(keys)
        assert not found.keys() & cases.keys()
        found |= cases
    return found
