"""Whatever comes in, the verifier answers: never an error, never "valid" for what nobody signed."""

from __future__ import annotations

import base64
import contextlib
import io
import json
from typing import Any

import cbor2
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from making import NOW, Maker, claims_of, content, text_of
from PIL import Image

from vaxdesk.certificates import base45, cbor, cose, hc1, kinds, lists, published_lists, x509
from vaxdesk.certificates.inputs import verify_input
from vaxdesk.certificates.trust import Trust
from vaxdesk.certificates.verification import STAGES, Verification
from vaxdesk.certificates.verify import verify_cose, verify_text

MAKER = Maker()
TRUST = Trust([MAKER.certificate])
GOOD = MAKER.cose(claims_of())
GOOD_TEXT = text_of(GOOD)
GOOD_PARTS: list[Any] = list(cbor2.loads(GOOD).value)


def check(answer: Verification) -> None:
    document = json.dumps(answer.as_json())
    assert set(json.loads(document)["stages"]) == set(STAGES)
    assert answer.words("vi")
    assert "{" not in answer.words("en") + answer.words("vi")
    assert not answer.valid


@given(st.text(max_size=300))
def test_any_text(text: str) -> None:
    for given_text in (text, hc1.PREFIX + text):
        check(verify_text(given_text, TRUST, NOW))
        for answer in verify_input(given_text, TRUST, NOW):
            check(answer)
    assert kinds.kind_of(text) in kinds.WORDS


@given(st.text(base45.ALPHABET, max_size=200))
def test_any_base45(text: str) -> None:
    check(verify_text(hc1.PREFIX + text, TRUST, NOW))
    try:
        decoded = base45.decode(text)
    except base45.Base45Error:
        return
    assert base45.encode(decoded) == text


@given(st.binary(max_size=300))
def test_base45_there_and_back(data: bytes) -> None:
    assert base45.decode(base45.encode(data)) == data


@given(st.binary(max_size=300))
def test_any_bytes_as_cose(data: bytes) -> None:
    check(verify_cose(data, TRUST, NOW))
    check(verify_text(text_of(data), TRUST, NOW))


@given(st.integers(0, len(GOOD) - 1), st.binary(min_size=1, max_size=4), st.integers(0, 4))
def test_a_good_certificate_with_bytes_exchanged(position: int, patch: bytes, cut: int) -> None:
    changed = GOOD[:position] + patch + GOOD[position + cut :]
    answer = verify_cose(changed, TRUST, NOW)
    try:
        message = cose.parse(changed)
    except cose.CoseError:
        check(answer)
        return
    same = [message.protected_bytes, message.payload, message.signature] == [GOOD_PARTS[index] for index in (0, 2, 3)]
    # Only the unprotected header may differ, and the tag round it: neither is signed, neither is believed.
    assert answer.valid == same
    if not same:
        check(answer)


@given(st.integers(0, len(GOOD_TEXT) - 1), st.sampled_from(base45.ALPHABET + "aé\n"))
def test_a_good_text_with_a_letter_exchanged(position: int, letter: str) -> None:
    changed = GOOD_TEXT[:position] + letter + GOOD_TEXT[position + 1 :]
    answer = verify_text(changed, TRUST, NOW)
    if answer.valid:
        # The compressed form has spare bits (its checksum aside): the signed bytes must then be the same.
        assert hc1.inflate(base45.decode(hc1.unprefix(changed))) == GOOD
    else:
        check(answer)


SIMPLE = st.one_of(
    st.none(), st.booleans(), st.integers(-(2**64), 2**64 - 1), st.floats(allow_nan=False, allow_infinity=False),
    st.text(max_size=8), st.binary(max_size=8),
)  # fmt: skip
KEYS = st.one_of(st.text(max_size=4), st.integers(-300, 300))
TREES = st.recursive(
    SIMPLE, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(KEYS, inner, max_size=4), max_leaves=12
)


@given(TREES)
def test_the_reader_agrees_with_the_reference_on_what_it_takes(value: Any) -> None:
    encoded = cbor2.dumps(value)
    assert cbor.decode(encoded) == cbor2.loads(encoded) == value


@given(st.binary(max_size=80))
def test_the_reader_takes_nothing_that_the_reference_refuses(data: bytes) -> None:
    try:
        cbor.decode(data)
    except cbor.CborError:
        return
    try:
        cbor2.loads(data)
    except cbor2.CBORDecodeError:
        # Tags 0 and 1 are not interpreted here, so their content may be anything.
        assert any(byte in (0xC0, 0xC1) or byte >> 5 == 6 for byte in data)


@given(TREES, TREES, TREES)
@settings(max_examples=60)
def test_anything_that_a_trusted_key_signed(claims: Any, certificate: Any, part: Any) -> None:
    for signed in (
        MAKER.cose(claims),
        MAKER.cose({**claims_of(), -260: claims}),
        MAKER.cose(claims_of(certificate) if certificate is not None else claims),
        MAKER.cose(claims_of(content() | {"v": part})),
        MAKER.cose(claims_of(content() | {"v": [part], "t": certificate})),
        MAKER.cose(claims_of(), protected={1: part, 4: certificate}, unprotected={4: claims}),
    ):
        check(verify_cose(signed, TRUST, NOW))


@given(TREES, TREES, TREES, TREES)
def test_any_four_parts(protected: Any, unprotected: Any, payload: Any, signature: Any) -> None:
    header = cbor2.dumps({1: -7, 4: MAKER.certificate.kid})
    for parts in (
        [protected, unprotected, payload, signature],
        [header, {}, payload if isinstance(payload, bytes) else cbor2.dumps(payload), signature],
        [header, {}, GOOD_PARTS[2], signature if isinstance(signature, bytes) else b"x" * 64],
    ):
        check(verify_cose(cbor2.dumps(parts), TRUST, NOW))


@given(st.binary(max_size=400))
def test_any_bytes_as_a_file(data: bytes) -> None:
    for given_bytes in (
        data,
        b"\x89PNG\r\n\x1a\n" + data,
        b"\xff\xd8\xff" + data,
        b"%PDF-1.4\n" + data,
        b"GIF89a" + data,
    ):
        for answer in verify_input(given_bytes, TRUST, NOW, label="file"):
            check(answer)


@pytest.fixture(scope="module")
def pictures() -> list[bytes]:
    from test_inputs_and_command import picture, saved

    image = picture(GOOD_TEXT, size=2)
    return [saved(image, "PNG"), saved(image, "JPEG", quality=50), saved(image, "GIF"), saved(image, "TIFF")]


@given(st.integers(0, 3), st.integers(0, 5000), st.binary(min_size=1, max_size=40))
@settings(max_examples=60)
def test_pictures_with_bytes_exchanged(pictures: list[bytes], which: int, position: int, patch: bytes) -> None:
    data = pictures[which]
    position %= len(data)
    answers = verify_input(data[:position] + patch + data[position + len(patch) :], TRUST, NOW, label="x")
    for answer in answers:
        # A symbol corrects errors: what is read is the very text, or nothing that counts.
        assert not answer.valid or answer.text == GOOD_TEXT
        assert json.dumps(answer.as_json())


@given(st.integers(1, 40), st.integers(1, 40), st.binary(min_size=1600, max_size=1600))
@settings(max_examples=40)
def test_noise_is_no_code(width: int, height: int, noise: bytes) -> None:
    buffer = io.BytesIO()
    Image.frombytes("L", (width, height), noise[: width * height]).resize((width * 5, height * 5)).save(buffer, "PNG")
    for answer in verify_input(buffer.getvalue(), TRUST, NOW):
        check(answer)


SIGNER = MAKER.certificate.der


@given(st.lists(st.tuples(st.integers(0, len(SIGNER) - 1), st.integers(0, 255)), min_size=1, max_size=4))
@settings(max_examples=300)
def test_a_signers_certificate_with_bytes_exchanged(changes: list[tuple[int, int]]) -> None:
    """A trust list may come from anywhere: a strange certificate in it is of no use, and no error."""
    der = bytearray(SIGNER)
    for position, byte in changes:
        der[position] = byte
    certificate = x509.Certificate(bytes(der))
    with contextlib.suppress(x509.CertificateError):
        assert lists.TrustedKey.of(certificate).kid == certificate.kid
    twisted = Maker(MAKER.key, certificate)
    answer = verify_text(twisted.text(), Trust([certificate]), NOW)
    assert json.dumps(answer.as_json())
    with contextlib.suppress(published_lists.StyleError):
        published_lists.read(json.dumps([{"rawData": base64.b64encode(der).decode(), "use": "v"}]).encode())


@pytest.mark.parametrize(
    ("old", "new"), [(b"\xa0\x03\x02\x01\x02", b"\xa0\x03\x02\x01\x42"), (b"\x0c\x02AT", b"\x03\x02AT")]
)
def test_an_unknown_version_and_a_name_of_bits_are_no_error(old: bytes, new: bytes) -> None:
    der = SIGNER.replace(old, new).replace(b"\x13\x02AT", b"\x03\x02AT" if new[0] == 3 else b"\x13\x02AT")
    assert der != SIGNER
    certificate = x509.Certificate(der)
    answer = verify_text(Maker(MAKER.key, certificate).text(), Trust([certificate]), NOW)
    assert json.dumps(answer.as_json())


@given(st.binary(max_size=200))
def test_any_bytes_as_a_signed_list(data: bytes) -> None:
    for given_bytes in (data, b"\xd2\x84" + data):
        with pytest.raises(lists.ListError):
            lists.open_list(given_bytes)
