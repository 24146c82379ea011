"""The public test set of the European certificate, read through the stages that the program itself uses.

``dcc-testdata/README.md`` says what each expectation asserts; ``MANIFEST.json`` which ones count. Nothing here, and
nothing in the program, knows a vector.
"""

from __future__ import annotations

import base64
import json
import unicodedata
from collections import Counter
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import Any

import cbor2
import pytest

from vaxdesk.certificates import base45, cbor, command, hc1, inputs, pictures, schema, verify
from vaxdesk.certificates.trust import Trust
from vaxdesk.certificates.verification import State, Verdict, Verification
from vaxdesk.certificates.x509 import Certificate

DATA = Path(__file__).parent / "dcc-testdata"
MANIFEST = json.loads((DATA / "MANIFEST.json").read_text(encoding="utf-8"))
ENTRIES = {entry["file"]: entry for entry in MANIFEST["list"]}


@cache
def case(name: str) -> dict[str, Any]:
    return json.loads((DATA / name).read_text(encoding="utf-8"))


def clock(name: str) -> datetime:
    text = case(name)["TESTCTX"].get("VALIDATIONCLOCK")
    return command.parse_moment(text) if text else datetime(2021, 5, 3, 18, tzinfo=UTC)


def trust(name: str) -> Trust:
    return Trust([Certificate(base64.b64decode(case(name)["TESTCTX"]["CERTIFICATE"]))])


def whole(name: str) -> Verification:
    """The certificate's answer from its text, or from the signed bytes where the vector has no good text."""
    return verify.verify_text(case(name)["PREFIX"], trust(name), clock(name))


def signed(name: str) -> Verification:
    data = case(name)
    if "COSE" in data:
        return verify.verify_cose(bytes.fromhex(data["COSE"]), trust(name), clock(name))
    return whole(name)


def nfc(value: Any) -> Any:
    if isinstance(value, dict):
        return {nfc(key): nfc(item) for key, item in value.items()}
    if isinstance(value, list):
        return [nfc(item) for item in value]
    return unicodedata.normalize("NFC", value) if isinstance(value, str) else value


def certificate_in(content: Any) -> Any:
    """The certificate in the CBOR of a vector: the certificate itself or the whole claims."""
    container = content.get(hc1.HCERT)
    return container[hc1.DCC] if container else content


def picture_decodes(name: str) -> bool:
    try:
        picture = pictures.open_picture(base64.b64decode(case(name)["2DCODE"]))
    except pictures.PictureError:
        return False
    return pictures.read_codes(picture) == [case(name)["PREFIX"]]


def cose_bytes(name: str) -> bytes:
    return bytes.fromhex(case(name)["COSE"])


def compressed_bytes(name: str) -> bytes:
    data = case(name)
    return bytes.fromhex(data["COMPRESSED"]) if "COMPRESSED" in data else base45.decode(data["BASE45"])


def unprefixes(name: str) -> bool:
    try:
        return hc1.unprefix(case(name)["PREFIX"]) == case(name)["BASE45"]
    except hc1.StepError:
        return False


def base45_decodes(name: str) -> bool:
    try:
        decoded = base45.decode(case(name)["BASE45"])
    except base45.Base45Error:
        return False
    # Some vectors leave the compressed bytes out: what follows then shows that they are right.
    compressed = case(name).get("COMPRESSED")
    return decoded == bytes.fromhex(compressed) if compressed else hc1.inflate(decoded) == cose_bytes(name)


def inflates(name: str) -> bool:
    try:
        return hc1.inflate(compressed_bytes(name)) == cose_bytes(name)
    except hc1.StepError:
        return False


def decodes(name: str) -> bool:
    payload = nfc(signed(name).payload)
    cbor_field = case(name).get("CBOR")
    same = cbor_field is None or nfc(certificate_in(cbor.decode(bytes.fromhex(cbor_field)))) == payload
    return same and payload == nfc(case(name)["JSON"])


def encodes(name: str) -> bool:
    encoded = cbor.decode(cbor2.dumps(case(name)["JSON"]))
    return nfc(encoded) == nfc(certificate_in(cbor.decode(bytes.fromhex(case(name)["CBOR"]))))


def stage(name: str, stage_name: str) -> bool:
    return signed(name).stages[stage_name].state is State.OK


STEPS = {
    "EXPECTEDPICTUREDECODE": picture_decodes,
    "EXPECTEDUNPREFIX": unprefixes,
    "EXPECTEDB45DECODE": base45_decodes,
    "EXPECTEDCOMPRESSION": inflates,
    "EXPECTEDVERIFY": lambda name: stage(name, "signature"),
    "EXPECTEDDECODE": decodes,
    "EXPECTEDVALIDJSON": lambda name: nfc(whole(name).payload) == nfc(case(name)["JSON"]),
    "EXPECTEDSCHEMAVALIDATION": lambda name: stage(name, "schema"),
    "EXPECTEDVALIDOBJECT": lambda name: schema.problem(case(name)["JSON"]) is None,
    "EXPECTEDENCODE": encodes,
    "EXPECTEDEXPIRATIONCHECK": lambda name: stage(name, "time"),
    "EXPECTEDKEYUSAGE": lambda name: stage(name, "key_usage"),
}


def counted(entry: dict[str, Any]) -> dict[str, bool]:
    return {key: value for key, value in entry["expect"].items() if key not in (entry.get("defects") or {})}


@pytest.mark.parametrize("name", ENTRIES)
def test_each_counted_expectation_is_met(name: str) -> None:
    met = {key: STEPS[key](name) for key in counted(ENTRIES[name])}
    assert met == counted(ENTRIES[name])


def test_as_many_expectations_are_counted_as_the_manifest_says() -> None:
    counts = Counter(
        f"{key} {str(value).lower()}" for entry in ENTRIES.values() for key, value in counted(entry).items()
    )
    assert counts == MANIFEST["counted_expectations"]
    assert counts.total() == MANIFEST["counted_total"] == 1710


@pytest.mark.parametrize("name", [name for name, entry in ENTRIES.items() if entry.get("verdict")])
def test_the_verdict_of_each_common_case(name: str) -> None:
    data = case(name)
    given: str | bytes = base64.b64decode(data["2DCODE"]) if "2DCODE" in data else data["PREFIX"]
    answers = inputs.verify_input(given, trust(name), clock(name))
    assert len(answers) == 1
    assert answers[0].valid == (ENTRIES[name]["verdict"] == "VALID"), answers[0].as_json()


@pytest.mark.parametrize("path", sorted((DATA / "png").glob("*.png")), ids=lambda path: path.name)
def test_picture_files_give_a_certificate(path: Path) -> None:
    (answer,) = inputs.verify_input(path, Trust(), datetime(2021, 6, 1, tzinfo=UTC))
    assert answer.stages["cose"].state is State.OK
    assert answer.verdict is Verdict.UNKNOWN_SIGNER
    assert answer.payload is not None
