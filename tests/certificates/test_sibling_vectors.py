"""The vectors of ``sibling_vectors.py`` through the command, as somebody else would try them."""

from __future__ import annotations

import datetime as dt
import json
from pathlib import Path

import pytest
from making import NOW, UVCI, content
from sibling_parts import Case, Keys
from sibling_vectors import all_cases

from vaxdesk import cli
from vaxdesk.certificates import base45, cose, hc1, lists
from vaxdesk.certificates.authority import Authority
from vaxdesk.certificates.command import verify_command
from vaxdesk.certificates.enrolment import pem
from vaxdesk.certificates.lists import RevocationKind
from vaxdesk.certificates.verification import STAGES

LETTERS = {"ok": "o", "failed": "x", "not reached": "-"}
KEYS = Keys()
CASES = all_cases(KEYS)


@pytest.fixture(scope="module")
def trusted(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("trusted")
    for number, maker in enumerate(KEYS.trusted):
        (folder / f"{number}.pem").write_text(pem(maker.certificate))
    return folder


@pytest.mark.parametrize("name", CASES)
def test_each_vector(name: str, trusted: Path) -> None:
    case: Case = CASES[name]
    (answer,) = verify_command([case.text], trusted, NOW + dt.timedelta(seconds=case.after))
    states = "".join(LETTERS[answer["stages"][stage]["state"]] for stage in STAGES)
    assert (answer["verdict"], states) == (case.verdict, case.states), json.dumps(answer, indent=1)
    for stage in answer["stages"].values():
        assert stage["reason"] or stage["state"] == "ok"
    assert answer["words"]["vi"]
    assert answer["words"]["vi"] != answer["words"]["en"]
    assert (answer["signer"] is None) == (answer["stages"]["signature"]["state"] != "ok")
    assert answer["payload"] is None or answer["stages"]["cose"]["state"] == "ok"
    marked = "not to be trusted" in answer["stages"]["schema"]["reason"]
    assert marked == (answer["stages"]["schema"]["state"] == "ok" and answer["signer"] is None)


def test_there_are_many_more_than_the_published_ones() -> None:
    assert len(CASES) > 200


def test_the_exit_code_is_0_only_if_all_are_valid(trusted: Path, capsys: pytest.CaptureFixture[str]) -> None:
    good = [case.text for case in CASES.values() if case.verdict == "valid" and not case.after]
    options = ["--trust", str(trusted), "--at", NOW.isoformat(), "--json"]
    assert cli.main(["verify", *good, *options]) == 0
    assert len(json.loads(capsys.readouterr().out)) == len(good)
    for verdict in ("expired", "not_yet_valid", "unknown_signer", "altered", "not_a_certificate"):
        bad = next(case.text for case in CASES.values() if case.verdict == verdict and not case.after)
        assert cli.main(["verify", good[0], bad, *options]) == 1
        assert [answer["verdict"] for answer in json.loads(capsys.readouterr().out)] == ["valid", verdict]


class TestLists:
    """Revoked and replaced codes, by the signed lists in a folder."""

    @pytest.fixture
    def folder(self, fresh_authority: Authority, tmp_path: Path) -> Path:
        folder = tmp_path / "lists"
        folder.mkdir()
        (folder / "root.pem").write_text(pem(fresh_authority.root))
        (folder / "national.pem").write_text(pem(fresh_authority.national_signer(at=NOW).certificate))
        return folder

    def verdict(self, folder: Path, authority: Authority, text: str, days: int = 0, listed: int = 0) -> tuple[str, str]:
        """The verdict and the states at NOW and ``days``, with lists of NOW and ``listed`` days."""
        moment = NOW + dt.timedelta(days=listed)
        (folder / "trust.cbor").write_bytes(authority.trust_list(moment))
        (folder / "revocation.cbor").write_bytes(authority.revocation_list(moment))
        (answer,) = verify_command([text], folder, NOW + dt.timedelta(days=days))
        assert answer["signer"] == "national"
        return answer["verdict"], "".join(LETTERS[answer["stages"][stage]["state"]] for stage in STAGES)

    @pytest.mark.parametrize("kind", list(RevocationKind))
    @pytest.mark.parametrize("which", range(3))
    def test_each_hash_with_each_reason(
        self, folder: Path, fresh_authority: Authority, kind: RevocationKind, which: int
    ) -> None:
        signer = fresh_authority.national_signer(at=NOW)
        text = hc1.encode(content(), signer, NOW, NOW + dt.timedelta(days=5))
        assert self.verdict(folder, fresh_authority, text) == ("valid", "-oooooooooo")
        message = cose.parse(hc1.inflate(base45.decode(hc1.unprefix(text))))
        one = lists.hashes_of("VN", UVCI, message.signature, cose.ES256)[which]
        fresh_authority.revoke_hash(one, kind, day=NOW.date())
        assert self.verdict(folder, fresh_authority, text) == (kind.value, "-ooooooooox")
        assert self.verdict(folder, fresh_authority, text, 6, 6) == (kind.value, "-ooooooxoox")
        other = hc1.encode(content(UVCI[:-1] + "2"), signer, NOW, NOW + dt.timedelta(days=5))
        assert self.verdict(folder, fresh_authority, other) == ("valid", "-oooooooooo")

    @pytest.mark.parametrize(("days", "listed"), [(31, 0), (0, 5)])
    def test_lists_that_are_too_old_or_dated_later_confirm_nothing(
        self, folder: Path, fresh_authority: Authority, days: int, listed: int
    ) -> None:
        signer = fresh_authority.national_signer(at=NOW)
        text = hc1.encode(content(), signer, NOW, NOW + dt.timedelta(days=60))
        assert self.verdict(folder, fresh_authority, text, days, listed) == ("unknown_signer", "-ooooooooox")
