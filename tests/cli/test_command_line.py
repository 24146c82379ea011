"""The frame of the command line: choosing, languages, errors and exit codes, without any room."""

from __future__ import annotations

import argparse
import importlib
import json
import os
import subprocess
import sys
import types
from typing import Any

import pytest

from vaxdesk import cli, i18n
from vaxdesk.errors import FieldError, InputError, KnownError, RefusedError


def pretend(monkeypatch: pytest.MonkeyPatch, act: Any) -> None:
    """A command ``act`` whose body is the given function."""
    module = types.ModuleType("pretended_command")

    def add_parser(subparsers: Any) -> None:
        parser = subparsers.add_parser("act")
        inner = parser.add_subparsers(dest="part")
        inner.add_parser("deep").add_argument("text")
        inner.add_parser("plain")

    module.__dict__.update(add_parser=add_parser, run=act)
    monkeypatch.setitem(sys.modules, "pretended_command", module)
    monkeypatch.setitem(cli.COMMANDS, "act", ("pretended_command", "Act"))


def fail(error: Exception) -> Any:
    def act(_args: argparse.Namespace) -> int:
        raise error

    return act


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (KnownError("The disk is full: nothing was saved. Free some space and save again."), 1),
        (RefusedError("The disk is full: nothing was saved. Free some space and save again."), 1),
        (InputError("The passphrase needs at least {n} characters.", n=12), 2),
        (FieldError("passphrase", "The passphrase needs at least {n} characters.", n=12), 2),
    ],
)
def test_a_known_error_is_words_and_a_code(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], error: KnownError, code: int
) -> None:
    pretend(monkeypatch, fail(error))
    assert cli.main(["act", "plain", "--language", "en"]) == code
    told = capsys.readouterr()
    assert told.out == ""
    assert told.err.strip() == str(error)

    assert cli.main(["act", "plain", "--json", "--language=en"]) == code
    told = capsys.readouterr()
    answer = json.loads(told.out)
    assert answer["error"] == str(error)
    assert answer["id"] == error.message_id
    assert answer.get("field") == getattr(error, "field", None)


@pytest.mark.parametrize("options", [[], ["--json"]])
def test_a_fault_of_ours_is_told_by_its_place_and_without_values(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], options: list[str]
) -> None:
    pretend(monkeypatch, fail(ZeroDivisionError("Lò Thị Mai")))
    assert cli.main(["act", "plain", *options]) == cli.FAULT
    told = capsys.readouterr()
    said = json.loads(told.out)["fault"] if options else told.err
    assert "ZeroDivisionError" in said
    assert "test_command_line.py" in said
    assert "Mai" not in told.out + told.err
    assert "Traceback" not in told.err


def test_what_a_command_writes_is_its_owners_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    before = os.umask(0o022)
    try:
        pretend(monkeypatch, fail(KnownError("Try again")))
        cli.main(["act", "plain"])
        assert os.umask(0o022) == 0o077
    finally:
        os.umask(before)


@pytest.mark.parametrize(
    "argv",
    [
        ["act", "deep", "x", "--json", "--data-dir", "d"],
        ["act", "--json", "--data-dir", "d", "deep", "x"],
        ["--json", "--data-dir", "d", "act", "deep", "x"],
    ],
)
def test_the_common_options_may_stand_anywhere(monkeypatch: pytest.MonkeyPatch, argv: list[str]) -> None:
    seen: list[argparse.Namespace] = []

    def act(args: argparse.Namespace) -> int:
        seen.append(args)
        return 0

    pretend(monkeypatch, act)
    assert cli.main(argv) == 0
    assert (seen[0].json, str(seen[0].data_dir), seen[0].text) == (True, "d", "x")


def test_without_options_they_are_off(monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[argparse.Namespace] = []
    pretend(monkeypatch, lambda args: seen.append(args) or 1)
    assert cli.main(["act", "plain"]) == 1
    assert (seen[0].json, seen[0].data_dir, seen[0].language) == (False, None, "vi")


@pytest.mark.parametrize("argv", [[], ["nonsense"], ["act", "nonsense"], ["act", "plain", "--wrong"]])
def test_bad_arguments_are_code_2(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], argv: list[str]
) -> None:
    pretend(monkeypatch, lambda args: 0)
    with pytest.raises(SystemExit) as left:
        cli.main(argv)
    assert left.value.code == 2
    assert capsys.readouterr().err
    with pytest.raises(SystemExit) as left:
        cli.main([*argv, "--json"])
    assert left.value.code == 2
    assert json.loads(capsys.readouterr().out)["error"]


def test_the_language_is_an_option_or_from_the_environment(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    pretend(monkeypatch, lambda args: 0)
    monkeypatch.setenv("VAXDESK_LANGUAGE", "en")
    cli.main(["act", "plain"])
    assert i18n.language() == "en"
    cli.main(["--language", "vi", "act", "plain"])
    assert i18n.language() == "vi"
    with pytest.raises(SystemExit):
        cli.main(["--language", "xx", "act", "plain"])
    assert "xx" in capsys.readouterr().err


def test_an_option_with_the_name_of_a_command_is_not_the_command() -> None:
    assert cli.chosen(["--data-dir", "verify", "campaign"]) == "campaign"
    assert cli.chosen(["verify", "campaign"]) == "verify"
    assert cli.chosen(["--json"]) is None


@pytest.mark.parametrize("name", cli.COMMANDS)
def test_every_command_in_the_table_is_there(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    module = importlib.import_module(cli.COMMANDS[name][0])
    assert callable(module.run)
    with pytest.raises(SystemExit) as left:
        cli.main([name, "--help"])
    assert left.value.code == 0
    assert f"vaxdesk {name}" in capsys.readouterr().out


def test_help_answers_in_both_languages_without_the_rooms() -> None:
    program = (
        "import sys\n"
        "from vaxdesk import cli\n"
        "try:\n    cli.main(['--help'])\nexcept SystemExit:\n    pass\n"
        "rooms = {m.split('.')[1] for m in sys.modules if m.startswith('vaxdesk.')}\n"
        "print(sorted(rooms - {'cli', 'errors', 'i18n', 'assets'}))"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True, encoding="utf-8")
    assert "Kiểm tra" in done.stdout
    assert done.stdout.splitlines()[-1] == "[]"


def test_a_reader_that_goes_away_is_no_fault(monkeypatch: pytest.MonkeyPatch) -> None:
    program = (
        "import sys, types\n"
        "from vaxdesk import cli\n"
        "m = types.ModuleType('m')\n"
        "m.add_parser = lambda s: s.add_parser('act')\n"
        "def run(args):\n    for _ in range(100000):\n        print('x' * 100)\n    return 0\n"
        "m.run = run\n"
        "sys.modules['m'] = m\n"
        "cli.COMMANDS['act'] = ('m', 'Act')\n"
        "sys.exit(cli.main(['act']))\n"
    )
    writer = subprocess.Popen(
        [sys.executable, "-c", program], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    assert writer.stdout is not None
    assert writer.stderr is not None
    writer.stdout.readline()
    writer.stdout.close()
    assert writer.stderr.read() == ""
    assert writer.wait() == 1
    writer.stderr.close()
