"""Commands without a station as real processes: packs, cases, the portal; exit codes and the shape of answers."""

from __future__ import annotations

import json
import subprocess
import sys
import urllib.request
from pathlib import Path

import pytest
from support.terminal import Terminal

from vaxdesk import assets

COVID = assets.resource("campaigns", "covid19")


@pytest.fixture
def terminal(tmp_path: Path) -> Terminal:
    """A folder without a station."""
    return Terminal(tmp_path, tmp_path / "station")


def test_a_pack_is_checked(terminal: Terminal, tmp_path: Path) -> None:
    good = terminal.run("campaign", "check", COVID, user=False)
    assert (good["ok"], good["code"]) == (True, "covid19")
    (tmp_path / "bad").mkdir()
    (tmp_path / "bad" / "campaign.toml").write_text("code = 7", encoding="utf-8")
    bad = terminal.run("campaign", "check", tmp_path / "bad", user=False, code=1)
    assert not bad["ok"]
    assert {"file", "key"} <= set(bad["problems"][0])
    assert "error" in terminal.run("campaign", "check", tmp_path / "none", user=False, code=2)


def test_a_schedule_case_is_evaluated(terminal: Terminal, tmp_path: Path) -> None:
    case = tmp_path / "case.json"
    case.write_text(
        json.dumps(
            {"birth_date": "1990-01-01", "sex": "male", "doses": [{"date": "2021-08-01", "product": "astrazeneca"}]}
        ),
        encoding="utf-8",
    )
    arguments = ("schedule", "evaluate", case, "--campaign", COVID, "--on")
    answer = terminal.run(*arguments, "2021-11-01", user=False)
    assert answer["doses"][0] | {"date": "2021-08-01", "valid": True} == answer["doses"][0]
    assert set(answer["next"]) >= {"number", "earliest", "recommended", "latest", "products"}
    assert (answer["complete"], answer["status"]) == (False, "begun")
    case.write_text("{", encoding="utf-8")
    assert "error" in terminal.run(*arguments, "2021-11-01", user=False, code=2)


def test_a_screening_case_is_evaluated(terminal: Terminal, tmp_path: Path) -> None:
    case = tmp_path / "case.json"
    found = {"form": "adult-5785", "product": "astrazeneca", "answers": {"2": True}, "vitals": {"temperature": 36.6}}
    case.write_text(json.dumps(found), encoding="utf-8")
    answer = terminal.run("screening", "evaluate", case, "--campaign", COVID, user=False)
    assert [item["item"] for item in answer["triggered"]] == ["2"]
    assert answer["missing"]
    case.write_text(json.dumps({**found, "answers": {"nothing": True}}), encoding="utf-8")
    assert "error" in terminal.run("screening", "evaluate", case, "--campaign", COVID, user=False, code=2)


def test_the_portal_serves_until_it_is_ended(terminal: Terminal, tmp_path: Path) -> None:
    process = terminal.start("portal", "--port", "0", "--database", f"sqlite:///{tmp_path / 'p.db'}", user=False)
    with process:
        assert process.stdout is not None
        url = json.loads(process.stdout.readline())["url"]
        with urllib.request.urlopen(f"{url}/fhir/metadata", timeout=20) as answer:
            assert json.loads(answer.read())["resourceType"] == "CapabilityStatement"
        process.terminate()
        assert process.wait(20) in (0, -15, 143)


@pytest.mark.parametrize(
    "arguments",
    [
        ("nonsense",),
        ("search",),
        ("sync",),
        ("backup",),
        ("schedule", "evaluate", "x.json"),
        ("search", "a", "--passphrase", "x"),
    ],
)
def test_bad_arguments_are_2_and_json(terminal: Terminal, arguments: tuple[str, ...]) -> None:
    assert set(terminal.run(*arguments, user=False, code=2)) == {"error"}


def test_without_a_station_every_command_that_needs_one_says_so(terminal: Terminal) -> None:
    for arguments in (("search", "a"), ("sync", "--once"), ("backup", "x.db")):
        answer = terminal.run(*arguments, code=1)
        assert "Run set-up first" in answer["error"]
    assert not terminal.data_dir.exists()


def test_words_instead_of_json_go_to_the_right_stream(terminal: Terminal) -> None:
    command = [sys.executable, "-m", "vaxdesk.cli", "search", "a", "--data-dir", str(terminal.data_dir)]
    command += ["--secret-file", str(terminal.secret)]
    done = subprocess.run(command, capture_output=True, check=False, stdin=subprocess.DEVNULL)
    assert done.returncode == 1
    assert done.stdout == b""
    assert "Hãy thiết lập trước" in done.stderr.decode()
