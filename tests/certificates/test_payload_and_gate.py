"""The content of an issued certificate, its identifier, and the gate before the signature."""

from __future__ import annotations

import datetime as dt
import json
import re
from pathlib import Path

import jsonschema
import pytest
from hypothesis import given
from hypothesis import strategies as st
from making import DOSE, NOW, PERSON

from vaxdesk import assets
from vaxdesk.certificates import gate, lists, payload, schema, uvci, valuesets
from vaxdesk.certificates.gate import Blocker, issue_blockers
from vaxdesk.certificates.keys import StationKey, StationKeyRing, StationSigner
from vaxdesk.certificates.payload import DccDose, DccPerson, build_claims, dose_numbers, names, transliterate
from vaxdesk.certificates.trust import Trust
from vaxdesk.certificates.verify import verify_text
from vaxdesk.domain.dates import PartialDate
from vaxdesk.errors import BugError, FieldError

EXAMPLES = Path(__file__).parent / "dcc-examples"
DAY = dt.timedelta(days=1)


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("Nguyễn", "NGUYEN"),
        ("Thị Ánh Đào", "THI<ANH<DAO"),
        ("đặng", "DANG"),
        ("Đặng", "DANG"),
        ("ĐƯỜNG", "DUONG"),
        ("Ưng Ơn Âu Ăn Ê Ô", "UNG<ON<AU<AN<E<O"),
        ("Hoàng-Thị", "HOANG<THI"),
        ("K'Brơi Y-Blăm", "KBROI<Y<BLAM"),
        ("d'Červenková Panklová", "DCERVENKOVA<PANKLOVA"),
        ("Gößinger", "GOESSINGER"),
        ("Müller Åse Ørsted Æsir Łukasz", "MUELLER<AASE<OERSTED<AESIR<LUKASZ"),
        ("  ,, - ", ""),
        ("Nguyễn 2", "NGUYEN"),
        ("李", ""),
        ("a" * 100, "A" * 80),
        ("b" * 79 + " c", "B" * 79),
    ],
)
def test_transliteration(name: str, expected: str) -> None:
    assert transliterate(name) == expected


@given(st.text(max_size=200))
def test_transliteration_gives_only_what_a_passport_may_hold(name: str) -> None:
    found = transliterate(name)
    assert re.fullmatch(r"([A-Z]+(<[A-Z]+)*)?", found)
    assert len(found) <= 80


def test_names_are_kept_letter_by_letter() -> None:
    decomposed = "Nguye\u0302\u0303n  Thi\u0323 Đào"
    assert names(decomposed) == {"fn": "Nguyễn", "fnt": "NGUYEN", "gn": "Thị Đào", "gnt": "THI<DAO"}
    assert names("Sinh") == {"fn": "Sinh", "fnt": "SINH"}
    assert names("李 Lan") == {"fn": "李", "fnt": "LAN", "gn": "Lan", "gnt": "LAN"}
    with pytest.raises(FieldError) as caught:
        names("李 小龍")
    assert caught.value.field == "full_name"


@pytest.mark.parametrize("birth", ["1956", "1956-07", "1956-07-03"])
def test_birth_dates_are_as_exact_as_they_are_known(birth: str) -> None:
    person = DccPerson("Lê Văn Tám", PartialDate.parse(birth))
    made = build_claims(person, DOSE, identifier="URN:UVCI:01:VN:A/1/BBBBBBBB#C", issuer="x" * 200)
    assert made["dob"] == birth
    assert len(made["v"][0]["is"]) == 80
    for version in ("1.3.0", "1.3.3"):
        path = assets.resource("certificates", "schema", f"DCC.combined-schema.{version}.json")
        jsonschema.validate(made, json.loads(path.read_text(encoding="utf-8")))


def test_what_makes_no_certificate_names_its_field() -> None:
    def made(person: DccPerson = PERSON, **changes: object) -> object:
        values = {"prophylaxis": "1119349007", "product": "EU/1/20/1528", "holder": "ORG-100030215", "number": 1}
        dose = DccDose(**(values | {"total": 2, "day": dt.date(2026, 11, 20)} | changes))  # type: ignore[arg-type]
        return build_claims(person, dose, identifier="URN", issuer="x", issued_on=dt.date(2026, 11, 21))

    made()
    for change, field in (
        ({"product": "Nanocovax"}, "/v/0/mp"),
        ({"holder": ""}, "/v/0/ma"),
        ({"number": 0}, "dose_number"),
        ({"total": 10}, "dose_number"),
        ({"day": dt.date(2026, 11, 22)}, "given_on"),
        ({"day": dt.date(1950, 1, 1)}, "birth"),
        ({"country": "việt nam"}, "/v/0/co"),
        ({"country": "VNM"}, "/v/0/co"),
    ):
        with pytest.raises(FieldError) as caught:
            made(**change)
        assert caught.value.field == field


@pytest.mark.parametrize(
    ("given_", "total", "further", "expected"),
    [
        (1, 2, 0, (1, 2)),
        (2, 2, 0, (2, 2)),
        (2, 2, 1, (3, 3)),
        (2, 2, 2, (4, 4)),
        (1, 1, 0, (1, 1)),
        (1, 1, 1, (2, 1)),
        (1, 1, 3, (4, 1)),
        (3, 3, 0, (3, 3)),
        (3, 3, 1, (4, 4)),
        (3, 2, 0, (3, 3)),
        (1, 2, 1, (2, 2)),
    ],
)
def test_dose_numbers(given_: int, total: int, further: int, expected: tuple[int, int]) -> None:
    assert dose_numbers(given_, total, further) == expected


@pytest.mark.parametrize("path", sorted(EXAMPLES.glob("standard_case*.json")), ids=lambda path: path.stem)
def test_dose_numbers_follow_the_names_of_the_published_examples(path: Path) -> None:
    """The names say the rule; the content of some of them was left at 1 of 2."""
    found = re.match(r"standard_case_(\d)-of-(\d)", path.stem)
    assert found is not None
    number, total = int(found[1]), int(found[2])
    course = 1 if "janssen" in path.stem else 2
    assert dose_numbers(min(number, course), course, max(0, number - course)) == (number, total)


@pytest.mark.parametrize("path", sorted(EXAMPLES.glob("*.json")), ids=lambda path: path.stem)
def test_the_published_examples_pass(path: Path) -> None:
    document = json.loads(path.read_text(encoding="utf-8"))
    assert schema.full_problem(document) is None
    assert valuesets.problem(document, "v") is None


MUTATIONS = st.one_of(
    st.none(), st.booleans(), st.integers(-2, 11), st.floats(allow_nan=False), st.text(max_size=90),
    st.lists(st.integers(), max_size=2), st.dictionaries(st.sampled_from(["fnt", "gnt", "fn"]), st.text(max_size=3)),
)  # fmt: skip


@given(
    st.sampled_from(schema.VERSIONS),
    st.sampled_from(sorted(EXAMPLES.glob("*.json"))),
    st.lists(st.tuples(st.integers(0, 40), MUTATIONS, st.booleans()), max_size=3),
)
def test_the_compiled_schema_agrees_with_the_reference_validator(
    version: str, path: Path, changes: list[tuple[int, object, bool]]
) -> None:
    document = json.loads(path.read_text(encoding="utf-8"))
    for index, value, remove in changes:
        places = [(document, name) for name in document]
        for part in [document.get("nam"), *(document["v"] if isinstance(document.get("v"), list) else ())]:
            places += [(part, name) for name in part] if isinstance(part, dict) else []
        if not places:
            break
        holder, name = places[index % len(places)]
        if remove:
            del holder[name]
        else:
            holder[name] = value
    schema_path = assets.resource("certificates", "schema", f"DCC.combined-schema.{version}.json")
    reference = jsonschema.Draft202012Validator(json.loads(schema_path.read_text(encoding="utf-8")))
    assert (schema.problem(document, version) is None) == reference.is_valid(document)


@pytest.mark.parametrize(
    "text",
    [
        "URN:UVCI:01:AT:10807843F94AEE0EE5093FBC254BD813#B",
        "URN:UVCI:01:AT:858CC18CFCF5965EF82F60E493349AA5#K",
        "URN:UVCI:01:NL:DADFCC47C7334E45A906DB12FD859FB7#1",
        "URN:UVCI:01:GR:7UXL2ZTSS6KUZAF2XAAA3A4C4I#E",
        "URN:UVCI:01:LT:1227GNXXUEM92NY8J44JW#0",
    ],
)
def test_check_characters_of_other_countries_hold(text: str) -> None:
    assert uvci.check_holds(text)


@given(st.binary(min_size=10, max_size=10), st.from_regex(r"[A-Z0-9]{1,12}", fullmatch=True), st.integers(1, 9999))
def test_identifiers(opaque: bytes, station: str, desk: int) -> None:
    text = uvci.new(station, str(desk), lambda size: opaque[:size])
    assert len(text) <= 72
    assert re.fullmatch(r"URN:UVCI:[A-Z0-9/#:]+", text)
    parsed = uvci.parse(text)
    assert parsed is not None
    assert (parsed.station, parsed.desk) == (station, str(desk))
    assert uvci.check_holds(text)
    # Luhn mod N finds every wrong character.
    for position in range(15, len(text) - 2):
        wrong = "B" if text[position] != "B" else "C"
        assert uvci.parse(text[:position] + wrong + text[position + 1 :]) is None


def test_identifiers_are_never_the_same_and_never_personal() -> None:
    assert len({uvci.new("01279", "01") for _number in range(1000)}) == 1000
    for station, desk in (
        ("", "1"),
        ("tram y te", "1"),
        ("1" * 13, "1"),
        ("01279", ""),
        ("01279", "12345"),
        ("Đ", "1"),
    ):
        with pytest.raises(BugError):
            uvci.new(station, desk)
    for text in ("", "URN:UVCI:01:VN:A/1/BBBBBBBB", "URN:UVCI:01:AT:A/1/BBBBBBBB#C", "x" * 100):
        assert uvci.parse(text) is None
    assert uvci.check_holds("no mark") is None
    assert uvci.check_holds("URN:UVCI:01:IE:1eb24cba#D") is None


def ring_of(station: StationSigner) -> StationKeyRing:
    return StationKeyRing().with_key(station.key, NOW).with_certificate(station.certificate)


def fields(**changes: object) -> list[str]:
    return [blocker.field for blocker in issue_blockers(**changes)]  # type: ignore[arg-type]


def test_the_gate_opens_only_without_any_doubt(station: StationSigner) -> None:
    ring = ring_of(station)
    good = {"ring": ring, "now": NOW, "latest_seen": NOW}
    assert fields(**good) == []
    assert fields(**good | {"latest_seen": None}) == []
    assert fields(**good | {"latest_seen": NOW + dt.timedelta(minutes=1)}) == []
    assert fields(**good | {"latest_seen": NOW + dt.timedelta(minutes=3)}) == ["clock"]
    assert fields(**good | {"ring": StationKeyRing()}) == ["signing_key"]
    assert fields(**good | {"ring": StationKeyRing().with_key(StationKey.generate(), NOW)}) == ["signing_key"]
    assert fields(**good | {"now": station.not_after + DAY}) == ["signing_key"]
    assert fields(**good | {"now": station.not_before - DAY, "latest_seen": None}) == ["signing_key"]
    assert fields(**good | {"counted_doses": 0}) == ["doses"]
    assert fields(**good | {"products_without_code": ["Nanocovax"]}) == ["product"]
    doubts = {"identity_doubts": [Blocker("birth", "x")], "dose_doubts": [Blocker("lot", "y")]}
    assert fields(**good | doubts) == ["birth", "lot"]
    assert fields(**good | doubts | {"campaign_has_code": False}) == ["campaign"]


def test_each_reason_says_what_is_in_the_way(station: StationSigner) -> None:
    ring = ring_of(station)
    late = station.not_after + DAY
    (expired,) = issue_blockers(ring=ring, now=late, latest_seen=None)
    assert "đã hết hạn ngày 21/11/2027" in expired.text("vi")
    (clock,) = issue_blockers(ring=ring, now=NOW, latest_seen=NOW + DAY)
    assert "08:00 22/11/2026" in clock.text("vi")
    (none,) = issue_blockers(ring=StationKeyRing(), now=NOW, latest_seen=None)
    assert none.text("vi") != none.text("en")


def test_an_issued_code_carries_what_was_recorded(station: StationSigner, trust: Trust) -> None:
    code = gate.issue(signer=station, desk="01", person=PERSON, dose=DOSE, issuer="Trạm", now=NOW, life_days=180)
    answer = verify_text(code.text, trust, NOW)
    assert answer.valid
    assert answer.payload is not None
    assert answer.payload["nam"] == {"fn": "Nguyễn", "fnt": "NGUYEN", "gn": "Thị Ánh Đào", "gnt": "THI<ANH<DAO"}
    assert answer.payload["v"][0]["ci"] == code.identifier
    assert answer.claims is not None
    assert list(lists.claims_identifiers(answer.claims)) == [code.identifier]
    assert len(code.text) < 720
    assert answer.payload["ver"] == payload.VERSION
