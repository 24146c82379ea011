"""A coverage-guided fuzzer over the verifier: run by test_atheris.py, or by hand with a corpus folder.

Each input is tried as a text, as the base45 part of a text, as a COSE message, as what a trusted key signed, as a
signed list, as a published list and as a file. Any exception, and any "valid" for what was not signed, ends the run.
"""

from __future__ import annotations

import contextlib
import json
import sys
from pathlib import Path

import atheris
import cbor2

with atheris.instrument_imports(include=["vaxdesk.certificates"]):
    sys.path.insert(0, str(Path(__file__).parent))
    from vaxdesk.certificates import cose, lists, published_lists, x509
    from vaxdesk.certificates.inputs import verify_input
    from vaxdesk.certificates.trust import Trust
    from vaxdesk.certificates.verification import Verification
    from vaxdesk.certificates.verify import verify_cose, verify_text

from making import NOW, Maker, claims_of, text_of

MAKER = Maker()
TRUST = Trust([MAKER.certificate])
GOOD = MAKER.cose(claims_of())
HEADER = b"\xa2\x01\x26\x04\x48" + MAKER.certificate.kid


def check(answer: Verification, signed: bytes | None) -> None:
    """The answer must be printable, and valid only where the bytes carry the one good signature."""
    json.dumps(answer.as_json())
    if answer.valid:
        if signed is None:
            raise AssertionError("valid without a signature")
        message, good = cose.parse(signed), cose.parse(GOOD)
        if (message.protected_bytes, message.payload, message.signature) != (
            good.protected_bytes,
            good.payload,
            good.signature,
        ):
            raise AssertionError("a false valid")


def one_input(data: bytes) -> None:
    """Try one input in every role."""
    text = data.decode("latin-1")
    check(verify_text(text, TRUST, NOW), None)
    check(verify_text("HC1:" + text, TRUST, NOW), None)
    check(verify_cose(data, TRUST, NOW), data)
    check(verify_text(text_of(data), TRUST, NOW), data)
    if len(data) < 5000:
        signature = MAKER.raw_signature(b"\x84\x6aSignature1\x4d" + HEADER + b"\x40" + cbor2.dumps(data))
        signed = b"\xd2\x84\x4d" + HEADER + b"\xa0" + cbor2.dumps(data) + cbor2.dumps(signature)
        answer = verify_cose(signed, TRUST, NOW)
        json.dumps(answer.as_json())
        if answer.stages["cose"].state == "ok" and answer.stages["signature"].state != "ok":
            raise AssertionError("a good signature refused")
    with contextlib.suppress(lists.ListError):
        lists.open_list(data)
    with contextlib.suppress(published_lists.StyleError):
        published_lists.read(data)
    x509.usages(data)
    for answer in verify_input(data, TRUST, NOW, label="file"):
        check(answer, None)


if __name__ == "__main__":
    atheris.Setup(sys.argv, one_input)
    atheris.Fuzz()
