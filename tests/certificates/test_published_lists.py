"""Trust lists in the styles of the gateway and of national verifiers, made by hand with keys of our own."""

from __future__ import annotations

import base64
import contextlib
import datetime as dt
import json
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from hypothesis import example, given
from hypothesis import strategies as st
from list_styles import Signers, b64, dutch, gateway, kid, numbers, spki, spki_pem, styles, swedish, token, url64
from making import NOW, Maker, certificate_for

from vaxdesk import cli
from vaxdesk.certificates import list_entries, published_lists, x509
from vaxdesk.certificates.enrolment import pem
from vaxdesk.certificates.trust import Trust, TrustError
from vaxdesk.certificates.verification import State, Verdict, Verification
from vaxdesk.certificates.verify import verify_text

V, T = "1.3.6.1.4.1.1847.2021.1.2", "1.3.6.1.4.1.1847.2021.1.1"


@pytest.fixture(scope="module")
def signers() -> Signers:
    return Signers()


ONE_ONLY = ("one entry alone", "french, whole PEM")
STYLES = list(styles(*(lambda one: (one.ec, one.rsa))(Signers())))


@pytest.mark.parametrize("style", STYLES)
def test_each_style_names_its_signers(signers: Signers, style: str, tmp_path: Path) -> None:
    path = tmp_path / "list.json"
    path.write_bytes(styles(signers.ec, signers.rsa)[style])
    trust = Trust.load(path)
    assert trust.left_out == ()
    answers = [verify_text(maker.text(), trust, NOW) for maker in (signers.ec, signers.rsa)]
    expected = [Verdict.VALID, Verdict.UNKNOWN_SIGNER if style in ONE_ONLY else Verdict.VALID]
    assert [answer.verdict for answer in answers] == expected
    assert verify_text(Maker().text(), trust, NOW).verdict is Verdict.UNKNOWN_SIGNER


def load(document: Any, tmp_path: Path) -> Trust:
    path = tmp_path / "list.json"
    path.write_bytes(document if isinstance(document, bytes) else json.dumps(document).encode())
    return Trust.load(path)


def judge(maker: Maker, document: Any, tmp_path: Path, at: dt.datetime = NOW) -> Verification:
    return verify_text(maker.text(), load(document, tmp_path), at)


@pytest.mark.parametrize("restriction", [["t"], ["t", "r"], "t", "tr", T, [T, "2.5.29.37.0"]])
@pytest.mark.parametrize("form", ["dutch", "swedish", "swedish bare", "swiss", "by id"])
def test_a_list_may_restrict_a_key(signers: Signers, restriction: Any, form: str, tmp_path: Path) -> None:
    maker = signers.ec
    document: Any = {
        "dutch": {"eu_keys": {kid(maker): [{"subjectPk": b64(spki(maker)), "keyUsage": restriction}]}},
        "swedish": swedish([maker]),
        "swedish bare": swedish([maker], bare=True),
        "swiss": {"certs": [{"keyId": kid(maker), "use": restriction} | numbers(maker)]},
        "by id": {kid(maker): {"publicKeyPem": b64(spki(maker)), "keyUsage": restriction}},
    }[form]
    if form.startswith("swedish"):
        document["dsc_trust_list"]["AT"]["eku"] = {kid(maker): restriction}
    answer = judge(maker, document, tmp_path)
    assert answer.verdict is Verdict.UNKNOWN_SIGNER
    assert answer.stages["signature"].state is State.OK
    assert answer.stages["key_usage"].state is State.FAILED


@pytest.mark.parametrize("free", [[], None, "", ["digitalSignature"], "sig", ["v"], "tvr", [T, V]])
def test_an_empty_restriction_is_none(signers: Signers, free: Any, tmp_path: Path) -> None:
    document = {"eu_keys": {kid(signers.ec): [{"subjectPk": b64(spki(signers.ec)), "keyUsage": free}]}}
    assert judge(signers.ec, document, tmp_path).valid


def test_a_list_and_a_certificate_restrict_together(tmp_path: Path) -> None:
    key = ec.generate_private_key(ec.SECP256R1())
    maker = Maker(key, certificate_for(key, usages=(T,)))
    document = swedish([maker])
    document["dsc_trust_list"]["AT"]["eku"] = {kid(maker): [V]}
    assert judge(maker, document, tmp_path).stages["key_usage"].state is State.FAILED
    both = Maker(key, certificate_for(key, usages=(T, V)))
    document = swedish([both])
    document["dsc_trust_list"]["AT"]["eku"] = {kid(both): [V]}
    assert judge(both, document, tmp_path).valid


def test_two_keys_under_one_id_are_both_tried(signers: Signers, tmp_path: Path) -> None:
    other = Maker()
    for order in ([other, signers.ec], [signers.ec, other]):
        entries = [{"subjectPk": b64(spki(maker)), "keyUsage": ["v"]} for maker in order]
        assert judge(signers.ec, {"eu_keys": {kid(signers.ec): entries}}, tmp_path).valid
    only = {"eu_keys": {kid(signers.ec): [{"subjectPk": b64(spki(other))}]}}
    assert judge(signers.ec, only, tmp_path).verdict is Verdict.ALTERED


def test_the_dates_of_a_bare_key_count_to_the_second(signers: Signers, tmp_path: Path) -> None:
    second = dt.timedelta(seconds=1)
    for begin, end, verdict in (
        (NOW, NOW, Verdict.VALID),
        (NOW + second, NOW + 2 * second, Verdict.NOT_YET_VALID),
        (NOW - 2 * second, NOW - second, Verdict.EXPIRED),
    ):
        dates = {"notBefore": begin.isoformat(), "notAfter": end.isoformat()}
        document = {kid(signers.ec): {"publicKeyPem": spki_pem(signers.ec), **dates}}
        assert judge(signers.ec, document, tmp_path).verdict is verdict


def test_who_signs_is_said_by_the_lists_country(signers: Signers, tmp_path: Path) -> None:
    document = swedish([signers.ec], bare=True)
    document["dsc_trust_list"]["VN"] = document["dsc_trust_list"].pop("AT")
    answer = judge(signers.ec, document, tmp_path)
    assert answer.valid
    assert answer.signer == "national"
    answer = judge(signers.ec, dutch([signers.ec]), tmp_path)
    assert answer.signer == "other"
    assert f"{kid(signers.ec)}, AT" in answer.words("en")


def test_the_id_of_a_certificate_is_computed(signers: Signers, tmp_path: Path) -> None:
    wrong = {"AAAAAAAAAAA=": b64(signers.ec.certificate.der)}
    assert judge(signers.ec, wrong, tmp_path).valid
    twisted = Maker(signers.ec.key, signers.ec.certificate)
    text = twisted.text(protected={1: -7, 4: bytes(8)})
    assert verify_text(text, load(wrong, tmp_path), NOW).verdict is Verdict.UNKNOWN_SIGNER


def test_a_good_entry_counts_beside_a_bad_one_which_is_named(signers: Signers, tmp_path: Path) -> None:
    good = gateway(signers.ec)
    bad: list[Any] = [
        (5, list_entries.NOTHING_IN_ENTRY),
        ({"kid": kid(signers.rsa)}, list_entries.NOTHING_IN_ENTRY),
        ({"rawData": "!!"}, list_entries.UNREADABLE_ENTRY),
        ({"rawData": b64(b"\x30\x03\x02\x01\x05")}, list_entries.UNREADABLE_ENTRY),
        ({"rawData": b64(signers.ec.certificate.der[:-1])}, list_entries.UNREADABLE_ENTRY),
        ({"rawData": [300]}, list_entries.UNREADABLE_ENTRY),
        ({"kid": "AAAA", "publicKey": b64(spki(signers.rsa))}, list_entries.NO_KEY_ID),
        ({"publicKey": b64(spki(signers.rsa))}, list_entries.NO_KEY_ID),
        ({"kid": kid(signers.rsa), "publicKey": b64(spki(signers.rsa)[:-1])}, list_entries.UNREADABLE_ENTRY),
        ({"kid": kid(signers.rsa), "x": "AA", "y": "AA"}, list_entries.UNREADABLE_ENTRY),
        ({"kid": kid(signers.rsa), "x": url64(bytes(32))}, list_entries.UNREADABLE_ENTRY),
        (numbers(signers.ec) | {"kid": kid(signers.ec), "crv": "P-384"}, list_entries.UNREADABLE_ENTRY),
        (numbers(signers.rsa) | {"kid": kid(signers.rsa), "e": "AA"}, list_entries.UNREADABLE_ENTRY),
        (
            {"kid": kid(signers.rsa), "publicKey": b64(spki(signers.rsa)), "notAfter": "soon"},
            list_entries.WRONG_DATES,
        ),
    ]
    trust = load([good, *(entry for entry, _words in bad)], tmp_path)
    assert verify_text(signers.ec.text(), trust, NOW).valid
    assert [sentence.message_id for sentence in trust.left_out] == [words for _entry, words in bad]
    assert [sentence.values["entry"] for sentence in trust.left_out] == [str(2 + index) for index in range(len(bad))]
    for sentence in trust.left_out:
        assert "list.json" in sentence.text("vi")
        assert "Fetch the list again" in sentence.text("en")
    for entry, words in bad:
        with pytest.raises(TrustError) as raised:
            load([entry], tmp_path)
        assert raised.value.message_id == words
        assert "entry 1 " in str(raised.value)


def test_other_kinds_of_certificates_are_no_signers(signers: Signers, tmp_path: Path) -> None:
    document = [gateway(signers.ec), gateway(signers.rsa) | {"certificateType": "CSCA"}]
    trust = load(document, tmp_path)
    assert trust.left_out == ()
    assert not verify_text(signers.rsa.text(), trust, NOW).valid
    keys = {"keys": [numbers(signers.ec) | {"kid": kid(signers.ec)}]}
    keys["keys"].append(numbers(signers.rsa) | {"kid": kid(signers.rsa), "use": "enc"})
    assert verify_text(signers.ec.text(), load(keys, tmp_path), NOW).valid
    assert not verify_text(signers.rsa.text(), load(keys, tmp_path), NOW).valid


def test_a_damaged_token_is_refused(signers: Signers, tmp_path: Path) -> None:
    head, body, signature = token(swedish([signers.ec]), signers.ec).split(b".")
    other = token(swedish([Maker()]), signers.ec).split(b".")
    for parts in ((head, other[1], signature), (head, body, other[2]), (head, body, b"AA"), (head, body, b"")):
        with pytest.raises(TrustError) as raised:
            load(b".".join(parts), tmp_path)
        assert raised.value.message_id == published_lists.WRONG_SIGNATURE
    with pytest.raises(TrustError):
        load(token(swedish([signers.ec]), signers.ec, algorithm="none"), tmp_path)


@pytest.mark.parametrize(
    "data",
    [
        b"{}",
        b"[]",
        b'{"certificates": []}',
        b'{"dsc_trust_list": {}}',
        b'{"dsc_trust_list": {"AT": []}}',
        b'{"eu_keys": {}}',
        b'{"payload": "!"}',
        b'{"payload": "e30="}',
        b'{"trustList": {}}',
        b'{"trustList": {"trustListContent": "oA=="}}',
        b'{"name": "package", "version": "1.0"}',
        b'{"certificates": 5}',
        b"[1, 2]",
        b"{",
        b"line\n{",
        b"eyJhbGciOiJFUzI1NiJ9.e30.AA",
        b"ey.ey.ey",
        b"\xa1\x61c\x80",
        b"\xa1\x61c",
        b"\xbf\xff",
    ],
)
def test_what_is_no_list_is_said_with_the_file_and_a_remedy(data: bytes, tmp_path: Path) -> None:
    with pytest.raises(TrustError) as raised:
        load(data, tmp_path)
    assert "list.json" in str(raised.value)
    assert "Fetch the list again" in str(raised.value) or "no trust list in" in str(raised.value)


NAMES = [
    *("certificates", "kid", "rawData", "x5c", "keys", "eu_keys", "dsc_trust_list", "AT", "eku", "payload", "c", "i"),
    *("publicKey", "x", "y", "n", "e", "keyUsage", "notBefore", "trustList", "trustListContent"),
    *("verificationMethod", "publicKeyJwk", "AAAAAAAAAAA="),
]
json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=12),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(
            st.sampled_from(NAMES) | st.text(max_size=12),
            inner,
            max_size=4,
        )
    ),
    max_leaves=12,
)


@given(json_values)
@example({"publicKey": 10**11})
def test_any_json_gives_signers_or_one_kind_of_error(document: Any) -> None:
    with contextlib.suppress(published_lists.StyleError):
        published_lists.read(json.dumps(document).encode())


@given(st.binary(max_size=200))
def test_any_bytes_give_signers_or_one_kind_of_error(data: bytes) -> None:
    for prefix in (b"", b"[", b"{", b"\xa1", b"eyJ.", b"line\n["):
        with contextlib.suppress(published_lists.StyleError):
            published_lists.read(prefix + data)


class TestFolder:
    """A folder of certificates, lists and other things."""

    def test_of_every_kind_of_file(self, signers: Signers, tmp_path: Path) -> None:
        makers = [Maker() for _index in range(8)]
        der = [maker.certificate.der for maker in makers]
        files: dict[str, bytes] = {
            "a.pem": (pem(makers[0].certificate) + pem(makers[1].certificate)).encode(),
            "b.der": der[2],
            "c.b64": b64(der[3]).encode(),
            "d": base64.encodebytes(der[4]),
            "e.txt": b"subject=CN = x\n" + pem(makers[5].certificate).encode(),
            "f.json": json.dumps([gateway(makers[6])]).encode(),
            "g.cert": b"\xef\xbb\xbf" + pem(makers[7].certificate).encode().replace(b"\n", b"\r\n"),
            "README.md": b"# Certificates",
            "notes.txt": b"some words",
            "empty": b"",
            "photo.jpg": b"\xff\xd8\xff\xe0" + bytes(50),
            ".DS_Store": b"\x00\x00\x00\x01",
        }
        for name, data in files.items():
            (tmp_path / name).write_bytes(data)
        (tmp_path / "sub").mkdir()
        (tmp_path / "sub" / "x.pem").write_text(pem(signers.ec.certificate))
        trust = Trust.load(tmp_path)
        assert trust.left_out == ()
        assert [verify_text(maker.text(), trust, NOW).verdict for maker in makers] == [Verdict.VALID] * 8
        assert not verify_text(signers.ec.text(), trust, NOW).valid

    def test_what_looked_like_a_certificate_is_named(
        self, signers: Signers, tmp_path: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        (tmp_path / "good.pem").write_text(pem(signers.ec.certificate))
        (tmp_path / "broken.pem").write_text(pem(signers.rsa.certificate).replace("MII", "M", 1))
        (tmp_path / "package.json").write_text('{"name": "x"}')
        (tmp_path / "key.pem").write_text(spki_pem(signers.ec))
        code = cli.main(["verify", signers.ec.text(), "--trust", str(tmp_path), "--at", NOW.isoformat(), "--json"])
        printed = capsys.readouterr()
        assert code == 0
        assert [answer["verdict"] for answer in json.loads(printed.out)] == ["valid"]
        for name in ("broken.pem", "package.json", "key.pem"):
            assert printed.err.count(name) == 1

    def test_of_nothing_that_can_be_used(self, tmp_path: Path) -> None:
        with pytest.raises(TrustError):
            Trust.load(tmp_path)
        (tmp_path / "notes.txt").write_text("words")
        with pytest.raises(TrustError):
            Trust.load(tmp_path)


def test_the_mark_of_our_own_certificates_is_searched_by_its_bytes() -> None:
    arcs = int(x509.ROLE_OID.removeprefix("2.25."))
    septets = [arcs >> shift & 0x7F for shift in range(0, arcs.bit_length(), 7)]
    content = bytes([2 * 40 + 25, *(0x80 | one for one in reversed(septets[1:])), septets[0]])
    assert content == x509._ROLE_BYTES
