"""A verifier that others wrote accepts every code that we issue and refuses every one with a changed bit.

The verifier is dcc-utils 0.4.0 of the Italian health ministry (npm, Apache-2.0): a client in a test, never a
dependency. Install it once by ``npm i dcc-utils@0.4.0`` in a folder and name the folder in VAXDESK_DCC_UTILS, or let
the test install it.
"""

from __future__ import annotations

import datetime as dt
import json
import os
import random
import shutil
import subprocess
from pathlib import Path

import cbor2
import pytest
from making import NOW, text_of

from vaxdesk.certificates import base45, gate, hc1
from vaxdesk.certificates.enrolment import pem
from vaxdesk.certificates.keys import StationSigner
from vaxdesk.certificates.payload import DccDose, DccPerson
from vaxdesk.certificates.trust import Trust
from vaxdesk.certificates.verify import verify_text
from vaxdesk.domain.dates import PartialDate

pytestmark = pytest.mark.long

COUNT = 100
NAMES = ("Nguyễn Thị Ánh Đào", "Trần Văn Đức", "Lê Hoàng Yến", "H'Bia Niê", "Đặng Ưng", "Phạm Quốc Thái")
PRODUCTS = (
    ("1119349007", "EU/1/20/1528", "ORG-100030215"),
    ("J07BX03", "EU/1/21/1529", "ORG-100001699"),
    ("J07BX03", "BBIBP-CorV", "ORG-100020693"),
)


@pytest.fixture(scope="module")
def verifier(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with dcc-utils in it."""
    if shutil.which("node") is None:
        pytest.skip("node is not installed: the outside verifier cannot run")
    given = os.environ.get("VAXDESK_DCC_UTILS")
    if given:
        return Path(given)
    npm = shutil.which("npm")
    if npm is None:
        pytest.skip("npm is not installed: the outside verifier cannot be fetched")
    folder = tmp_path_factory.mktemp("dcc-utils")
    (folder / "package.json").write_text('{"private": true}')
    done = subprocess.run(
        [npm, "install", "--no-audit", "--no-fund", "dcc-utils@0.4.0"], cwd=folder, capture_output=True
    )
    if done.returncode:
        pytest.skip("dcc-utils 0.4.0 could not be fetched (no network?)")
    return folder


def issued(station: StationSigner, number: int) -> str:
    prophylaxis, product, holder = PRODUCTS[number % len(PRODUCTS)]
    day = dt.date(2026, 11, 20) - dt.timedelta(days=number)
    dose = DccDose(prophylaxis, product, holder, 1 + number % 2, 2, day)
    person = DccPerson(NAMES[number % len(NAMES)], PartialDate(1940 + number % 70, 1 + number % 12, 1 + number % 28))
    code = gate.issue(signer=station, desk="01", person=person, dose=dose, issuer="Trạm Y tế", now=NOW, life_days=180)
    return code.text


def with_a_changed_bit(text: str, part: int, chance: random.Random) -> str:
    """The text with one bit changed in the header (part 0), the claims (2) or the signature (3)."""
    parts = list(cbor2.loads(hc1.inflate(base45.decode(hc1.unprefix(text)))).value)
    changed = bytearray(parts[part])
    bit = chance.randrange(len(changed) * 8)
    changed[bit // 8] ^= 1 << (bit % 8)
    parts[part] = bytes(changed)
    return text_of(cbor2.dumps(cbor2.CBORTag(18, parts)))


def ask(folder: Path, certificate: str, texts: list[str]) -> list[bool]:
    (folder / "codes.json").write_text(json.dumps({"certificate": certificate, "texts": texts}))
    script = Path(__file__).with_name("dcc_utils_check.mjs")
    done = subprocess.run(["node", str(script)], cwd=folder, capture_output=True, text=True, check=True)
    answers = json.loads(done.stdout.splitlines()[-1])
    assert len(answers) == len(texts)
    return answers


def test_an_outside_verifier_agrees(verifier: Path, station: StationSigner, trust: Trust) -> None:
    chance = random.Random(20261121)
    texts = [issued(station, number) for number in range(COUNT)]
    certificate = pem(station.certificate)
    figures = {"accepted": sum(ask(verifier, certificate, texts))}
    for name, part in (("header", 0), ("claims", 2), ("signature", 3)):
        changed = [with_a_changed_bit(text, part, chance) for text in texts]
        figures[name] = ask(verifier, certificate, changed).count(False)
        assert not any(verify_text(text, trust, NOW).valid for text in changed)
    print(f"\ndcc-utils 0.4.0 of {COUNT}: {figures['accepted']} accepted; refused with one bit changed: {figures}")
    assert figures == {"accepted": COUNT, "header": COUNT, "claims": COUNT, "signature": COUNT}
    assert all(verify_text(text, trust, NOW).valid for text in texts)
