"""The lines of the public table of basic tests that have no vector there, and traps of their kind, made by hand."""

from __future__ import annotations

import datetime as dt
import zlib
from typing import Any

import cbor2
import pytest
import qrcode
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from making import NOW, Maker, certificate_for, claims_of, content, text_of
from PIL import Image
from qrcode.util import MODE_8BIT_BYTE, QRData

from vaxdesk.certificates import base45, pictures
from vaxdesk.certificates.trust import Trust
from vaxdesk.certificates.verification import STAGES, State, Verdict, Verification
from vaxdesk.certificates.verify import verify_text


@pytest.fixture(scope="module")
def maker() -> Maker:
    return Maker()


@pytest.fixture(scope="module")
def rsa_maker() -> Maker:
    return Maker(rsa.generate_private_key(65537, 2048), algorithm=-37)


def judge(maker: Maker, text: str, at: dt.datetime = NOW) -> Verification:
    return verify_text(text, Trust([maker.certificate]), at)


def failed(answer: Verification) -> list[str]:
    return [name for name in STAGES if answer.stages[name].state is State.FAILED]


def test_a_right_certificate_is_valid(maker: Maker) -> None:
    answer = judge(maker, maker.text())
    assert answer.verdict is Verdict.VALID
    assert answer.signer == "other"
    assert [name for name in STAGES if answer.stages[name].state is not State.OK] == ["picture"]


def test_ps256_is_valid_with_rsa_of_2048_and_3072_bits(rsa_maker: Maker) -> None:
    assert judge(rsa_maker, rsa_maker.text()).verdict is Verdict.VALID
    large = Maker(rsa.generate_private_key(65537, 3072), algorithm=-37)
    assert judge(large, large.text()).verdict is Verdict.VALID


def test_q2_a_picture_in_byte_mode_is_read_like_one_in_alphanumeric_mode(maker: Maker) -> None:
    """One country's own vectors are in byte mode and must be read; a hand-held scanner does not tell the mode."""
    text = maker.text()
    code = qrcode.QRCode(border=4, box_size=4)
    code.add_data(QRData(text.encode(), mode=MODE_8BIT_BYTE))
    picture: Image.Image = code.make_image().get_image()
    assert pictures.read_codes(picture.convert("L")) == [text]
    assert judge(maker, text).valid


@pytest.mark.parametrize("algorithm", [-8, -35, -36, -38, -39, -257, 5, 0, "ES256", None, -7.0, True, 2**70])
def test_co4_another_algorithm_is_refused(maker: Maker, algorithm: Any) -> None:
    text = maker.text(protected={1: algorithm, 4: maker.certificate.kid})
    answer = judge(maker, text)
    assert answer.verdict is Verdict.ALTERED
    assert failed(answer) == ["signature"]
    assert answer.payload == content()


def test_the_algorithm_must_not_be_missing_and_the_protected_one_wins(maker: Maker) -> None:
    kid = maker.certificate.kid
    assert judge(maker, maker.text(protected={4: kid})).verdict is Verdict.ALTERED
    assert judge(maker, maker.text(protected={4: kid}, unprotected={1: -7})).verdict is Verdict.VALID
    assert judge(maker, maker.text(protected={1: -37, 4: kid}, unprotected={1: -7})).verdict is Verdict.ALTERED


def test_an_ecdsa_signature_has_64_bytes(maker: Maker) -> None:
    signed = cbor2.loads(maker.cose(claims_of())).value
    right = signed[3]
    r, s = right[:32], right[32:]
    wrong = [
        b"",
        right[:63],
        right + b"\x00",
        b"\x00" + r + b"\x00" + s,
        b"\x00" * 16 + r + b"\x00" * 16 + s,
        right * 2,
        bytes(64),
        b"\xff" * 64,
        s + r,
    ]
    for signature in wrong:
        answer = judge(maker, text_of(cbor2.dumps(cbor2.CBORTag(18, [*signed[:3], signature]))))
        assert (answer.verdict, failed(answer)) == (Verdict.ALTERED, ["signature"])


def test_the_twin_of_a_signature_is_no_forgery_and_is_found_by_its_id(maker: Maker) -> None:
    """(r, n-s) also fits: the signature hash of a revocation list covers r, which both share."""
    signed = cbor2.loads(maker.cose(claims_of())).value
    order = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551
    r, s = signed[3][:32], int.from_bytes(signed[3][32:], "big")
    twin = r + (order - s).to_bytes(32, "big")
    assert judge(maker, text_of(cbor2.dumps([*signed[:3], twin]))).verdict is Verdict.VALID


@pytest.mark.parametrize(
    "change", [lambda kid: kid[:7], lambda kid: kid + b"\x00", lambda kid: b"", lambda kid: kid * 2]
)
def test_a_key_id_has_eight_bytes(maker: Maker, change: Any) -> None:
    kid = change(maker.certificate.kid)
    for place in ({"protected": {1: -7, 4: kid}}, {"protected": {1: -7}, "unprotected": {4: kid}}):
        answer = judge(maker, maker.text(**place))
        assert (answer.verdict, failed(answer)) == (Verdict.UNKNOWN_SIGNER, ["signature"])


@pytest.mark.parametrize("kid", ["text", 5, None, [b"12345678"], True])
def test_a_key_id_of_another_kind_is_no_key_id(maker: Maker, kid: Any) -> None:
    assert judge(maker, maker.text(protected={1: -7, 4: kid})).verdict is Verdict.UNKNOWN_SIGNER


def test_the_protected_key_id_wins(maker: Maker) -> None:
    kid, other = maker.certificate.kid, b"otherkid"
    right, wrong = Verdict.VALID, Verdict.UNKNOWN_SIGNER
    for protected, unprotected, expected in (
        ({1: -7, 4: kid}, {4: other}, right),
        ({1: -7}, {4: kid}, right),
        ({1: -7, 4: other}, {4: kid}, wrong),
        ({1: -7}, {4: other}, wrong),
        ({1: -7}, {}, wrong),
    ):
        assert judge(maker, maker.text(protected=protected, unprotected=unprotected)).verdict is expected


def test_the_algorithm_must_fit_the_key(maker: Maker, rsa_maker: Maker) -> None:
    for one, algorithm in ((maker, -37), (rsa_maker, -7)):
        text = one.text(protected={1: algorithm, 4: one.certificate.kid})
        assert judge(one, text).verdict is Verdict.ALTERED
    for curve in (ec.SECP384R1(), ec.SECP521R1(), ec.SECP256K1()):
        other = Maker(ec.generate_private_key(curve))
        assert judge(other, other.text()).verdict is Verdict.ALTERED
    small = Maker(rsa.generate_private_key(65537, 1024), algorithm=-37)
    assert judge(small, small.text()).verdict is Verdict.ALTERED


def test_the_three_wrappings_are_accepted_and_no_other(maker: Maker) -> None:
    parts = cbor2.loads(maker.cose(claims_of())).value
    tag = cbor2.CBORTag
    parts = list(parts)
    for wrapped in (parts, tag(18, parts), tag(61, tag(18, parts))):
        assert judge(maker, text_of(cbor2.dumps(wrapped))).verdict is Verdict.VALID
    for wrapped in (
        tag(17, parts),
        tag(61, parts),
        tag(18, tag(18, parts)),
        tag(98, parts),
        parts[:3],
        [*parts, 1],
        {},
    ):
        answer = judge(maker, text_of(cbor2.dumps(wrapped)))
        assert (answer.verdict, failed(answer)) == (Verdict.ALTERED, ["cose"])


def test_times_may_have_fractions_and_must_be_there(maker: Maker) -> None:
    now = NOW.timestamp()
    for claims, verdict in (
        ({"claim_6": now - 0.5, "claim_4": now + 0.5}, Verdict.VALID),
        ({"claim_6": now, "claim_4": now}, Verdict.VALID),
        ({"claim_6": now + 0.5}, Verdict.NOT_YET_VALID),
        ({"claim_4": now - 0.5}, Verdict.EXPIRED),
        ({"claim_4": 2**64 - 1}, Verdict.VALID),
        ({"claim_4": None}, Verdict.NOT_A_CERTIFICATE),
        ({"claim_6": "today"}, Verdict.NOT_A_CERTIFICATE),
        ({"claim_6": True}, Verdict.NOT_A_CERTIFICATE),
        ({"claim_4": cbor2.CBORTag(1, int(now) + 100)}, Verdict.VALID),
    ):
        answer = judge(maker, text_of(maker.cose(claims_of(**claims))))
        assert answer.verdict is verdict, claims
    for infinite in (float("inf"), float("nan"), float("-inf")):
        answer = judge(maker, text_of(maker.cose(claims_of(claim_4=infinite))))
        assert answer.verdict is Verdict.ALTERED


def test_the_key_must_hold_at_the_moment(maker: Maker) -> None:
    key = ec.generate_private_key(ec.SECP256R1())
    day = dt.timedelta(days=1)
    for begin, end, verdict in (
        (NOW - day, NOW + day, Verdict.VALID),
        (NOW - 2 * day, NOW - day, Verdict.EXPIRED),
        (NOW + day, NOW + 2 * day, Verdict.NOT_YET_VALID),
    ):
        other = Maker(key, certificate_for(key, begin=begin, end=end))
        assert judge(other, other.text()).verdict is verdict


@pytest.mark.parametrize(
    ("usages", "good"),
    [
        (("1.3.6.1.4.1.1847.2021.1.2",), True),
        (("1.3.6.1.4.1.0.1847.2021.1.2",), True),
        (("1.3.6.1.4.1.1847.2021.1.1", "1.3.6.1.4.1.1847.2021.1.2"), True),
        (("1.3.6.1.4.1.1847.2021.1.1",), False),
        (("1.3.6.1.4.1.0.1847.2021.1.3",), False),
        (("1.3.6.1.5.5.7.3.1",), True),
        ((), True),
        (None, True),
    ],
)
def test_key_usage(usages: tuple[str, ...] | None, good: bool) -> None:
    key = ec.generate_private_key(ec.SECP256R1())
    maker = Maker(key, certificate_for(key, usages=usages))
    answer = judge(maker, maker.text())
    assert answer.verdict is (Verdict.VALID if good else Verdict.UNKNOWN_SIGNER)
    assert (answer.stages["key_usage"].state is State.OK) is good


def test_dates_under_tag_0_are_the_text_that_was_signed(maker: Maker) -> None:
    certificate = content()
    certificate["v"][0]["dt"] = cbor2.CBORTag(0, "2026-11-20")
    answer = judge(maker, maker.text(certificate))
    assert answer.verdict is Verdict.VALID
    assert answer.payload == content()


@pytest.mark.parametrize(
    ("change", "stage"),
    [
        ({"v": []}, "schema"),
        ({"v": None}, "schema"),
        ({"t": content()["v"]}, "schema"),
        ({"v": content()["v"] * 2}, "schema"),
        ({"ver": "not a version"}, "schema"),
        ({"ver": 1}, "schema"),
        ({"dob": "1956-07-03\n"}, "schema"),
        ({"dob": "٠٩٥٦"}, "schema"),
        ({"nam": {}}, "schema"),
        ({"nam": {"fnt": "đào"}}, "schema"),
        ({"v": [content()["v"][0] | {"dn": 0}]}, "schema"),
        ({"v": [content()["v"][0] | {"dn": "2"}]}, "schema"),
        ({"v": [content()["v"][0] | {"dn": True}]}, "schema"),
        ({"v": [content()["v"][0] | {"ci": "x" * 81}]}, "schema"),
        ({"v": [content()["v"][0] | {"mp": "EU/1/20/9999"}]}, "value_sets"),
        ({"v": [content()["v"][0] | {"ma": "ORG-1"}]}, "value_sets"),
        ({"v": [content()["v"][0] | {"tg": "1"}]}, "value_sets"),
        ({"v": [content()["v"][0] | {"co": "VNM"}]}, "value_sets"),
    ],
)
def test_signed_nonsense_is_not_valid(maker: Maker, change: dict[str, Any], stage: str) -> None:
    answer = judge(maker, maker.text(content() | change))
    assert (answer.verdict, failed(answer)) == (Verdict.NOT_A_CERTIFICATE, [stage])
    assert answer.signer == "other"


def test_an_unpublished_version_is_judged_by_the_newest_schema(maker: Maker) -> None:
    assert judge(maker, maker.text(content(ver="1.3.2"))).verdict is Verdict.VALID
    assert judge(maker, maker.text(content(ver="2.0.0", nam={"gnt": "DAO"}))).verdict is Verdict.VALID
    assert judge(maker, maker.text(content(ver="1.3.0", nam={"gnt": "DAO"}))).verdict is Verdict.NOT_A_CERTIFICATE


@pytest.mark.parametrize("claims", [[], "text", 5, {}, {-260: 5}, {-260: {}}, {-260: {1: "x"}}, {-260: {2: {}}}])
def test_a_signed_message_without_certificate_has_no_payload(maker: Maker, claims: Any) -> None:
    answer = judge(maker, text_of(maker.cose(claims)))
    assert answer.verdict in (Verdict.ALTERED, Verdict.NOT_A_CERTIFICATE)
    assert answer.payload is None


def test_broken_wrappings_name_their_stage(maker: Maker) -> None:
    signed = maker.cose(claims_of())
    compressed = zlib.compress(signed, 9)
    good = base45.encode(compressed)
    for text, stage, verdict in (
        (good, "prefix", Verdict.NOT_A_CERTIFICATE),
        ("hc1:" + good, "prefix", Verdict.NOT_A_CERTIFICATE),
        ("HC2:" + good, "prefix", Verdict.NOT_A_CERTIFICATE),
        ("", "prefix", Verdict.NOT_A_CERTIFICATE),
        ("HC1:" + "0" * 30_000, "prefix", Verdict.NOT_A_CERTIFICATE),
        ("HC1:" + good.lower(), "base45", Verdict.ALTERED),
        ("HC1:" + good + "\n", "base45", Verdict.ALTERED),
        ("HC1:" + good + "é", "base45", Verdict.ALTERED),
        ("HC1:" + good + ":::", "base45", Verdict.ALTERED),
        ("HC1:" + base45.encode(compressed + b"\x00"), "zlib", Verdict.ALTERED),
        ("HC1:", "zlib", Verdict.ALTERED),
        ("HC1:" + base45.encode(signed), "zlib", Verdict.ALTERED),
        ("HC1:" + base45.encode(compressed[:-4]), "zlib", Verdict.ALTERED),
        ("HC1:" + base45.encode(zlib.compress(bytes(50_000_000))), "prefix", Verdict.NOT_A_CERTIFICATE),
        ("HC1:" + base45.encode(zlib.compress(bytes(5_000_000))), "zlib", Verdict.ALTERED),
        ("HC1:" + base45.encode(zlib.compress(b"")), "cose", Verdict.ALTERED),
        ("HC1:" + base45.encode(zlib.compress(signed + b"\x00")), "cose", Verdict.ALTERED),
    ):
        answer = judge(maker, text)
        assert (answer.verdict, failed(answer)) == (verdict, [stage]), (text[:20], answer.as_json())


@pytest.mark.parametrize(
    "signed",
    [
        b"\x9f" * 200,
        b"\x81" * 5000,
        b"\xd8\x1c" * 50 + b"\x80",
        bytes.fromhex("9b7fffffffffffffff"),
        bytes.fromhex("bbffffffffffffffff"),
        bytes.fromhex("5b7fffffffffffffff00"),
        bytes.fromhex("d81c81d81d00"),
        bytes.fromhex("c4821b7fffffffffffffff01"),
        bytes.fromhex("d82363282929"),
        bytes.fromhex("ff"),
        bytes.fromhex("a1ff00"),
        bytes.fromhex("5f5f41ffff"),
        bytes.fromhex("7fff61"),
        bytes.fromhex("fc"),
        bytes.fromhex("1f"),
        bytes.fromhex("a1a00000"),
        bytes.fromhex("62c328"),
    ],
)
def test_hostile_cbor_is_refused_quickly(maker: Maker, signed: bytes) -> None:
    assert judge(maker, text_of(signed)).verdict is Verdict.ALTERED
    inside = maker.cose(claims_of())
    parts = cbor2.loads(inside).value
    wrapped = cbor2.dumps([signed, {}, signed, parts[3]])
    assert judge(maker, text_of(wrapped)).verdict is Verdict.ALTERED


def test_two_keys_with_one_id_are_both_tried(maker: Maker) -> None:
    other = Maker()
    # The id is computed from the certificate, so a collision is staged on the objects.
    same = type(maker.certificate)(other.certificate.der)
    same.__dict__["kid"] = maker.certificate.kid
    for order in ([same, maker.certificate], [maker.certificate, same]):
        assert verify_text(maker.text(), Trust(order), NOW).verdict is Verdict.VALID
        assert verify_text(Maker(other.key, same).text(), Trust(order), NOW).verdict is Verdict.VALID
    assert verify_text(maker.text(), Trust([same]), NOW).verdict is Verdict.ALTERED
