"""Screening forms, consent, priority and advice in packs: what is read, and how a fault is named."""

from __future__ import annotations

import shutil
from datetime import date
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from vaxdesk import assets, campaigns
from vaxdesk.campaigns.folder import Folder
from vaxdesk.campaigns.load import read
from vaxdesk.campaigns.screening_checks import differences

COVID19 = assets.resource("campaigns", "covid19")
MINE = ("screening-", "consent.toml", "priority.toml", "advice.toml")


@pytest.fixture(scope="module")
def pack():
    return campaigns.load(COVID19)


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    """A copy of the pack that a test may spoil."""
    return Path(shutil.copytree(COVID19, tmp_path / "covid19"))


def spoil(folder: Path, name: str, old: str, new: str) -> list[str]:
    """Replace a piece of a file once and return the errors as words."""
    text = (folder / name).read_text(encoding="utf-8")
    assert old in text, old
    (folder / name).write_text(text.replace(old, new, 1), encoding="utf-8")
    return [problem.words() for problem in campaigns.check(folder) if problem.severity == "error"]


def test_the_shipped_files_have_no_problem_at_all() -> None:
    told = [problem.words() for problem in campaigns.check(COVID19) if problem.file.startswith(MINE)]
    assert told == []


def test_all_four_forms_are_read_with_their_days(pack) -> None:
    days = {key: (form.source.start, form.source.end) for key, form in pack.screening_forms.items()}
    assert days == {
        "adult-3802": (date(2021, 8, 10), date(2021, 9, 9)),
        "adult-4355": (date(2021, 9, 10), date(2021, 12, 20)),
        "adult-5785": (date(2021, 12, 21), None),
        "child-5002": (date(2021, 10, 29), None),
    }


def test_every_rule_has_an_example_that_holds(pack) -> None:
    for form in pack.screening_forms.values():
        shown = {rule for example in form.examples for rule in example.rules}
        assert shown == {rule.id for rule in form.rules}
        for example in form.examples:
            assert differences(form, example) == [], (form.id, example.id)


def test_what_is_uncertain_is_listed_for_the_manager(pack) -> None:
    files = {item.file for item in pack.uncertain}
    assert {
        "screening-adult-5785.toml",
        "screening-child-5002.toml",
        "consent.toml",
        "priority.toml",
        "advice.toml",
    } <= files
    for item in pack.uncertain:
        assert item.note.vi
        assert item.note.en


def test_the_questions_are_the_official_ones_in_order(pack) -> None:
    adult = pack.screening_forms["adult-5785"]
    printed = [question.number for question in adult.questions if question.printed]
    assert printed == ["1", "2", "3", "3a", "3b", "4", "5", "6", "7", "8", "9", "10"]
    old = pack.screening_forms["adult-4355"]
    assert [question.number for question in old.questions if question.printed] == [
        *("1", "2", "3", "4", "4a", "4b", "5", "6", "7", "8", "9", "10", "11")
    ]
    assert [line.id for line in adult.header] == ["name", "birth", "sex", "identity", "phone", "address", "doses"]
    assert adult.header[-1].rows == 3


def test_advice_has_eight_signs_and_thresholds_by_age(pack) -> None:
    day = date(2022, 5, 1)
    grown, child = pack.advice.slip_for(40, day), pack.advice.slip_for(8, day)
    assert len(grown.signs) == 8
    assert "39 °C" in grown.sign_lines("vi")[-1]
    assert "38,5 °C" in child.sign_lines("vi")[-1]
    assert "38.5 °C" in child.sign_lines("en")[-1]
    assert (grown.wait_minutes, grown.home_hours, grown.watch_days) == (30, 24, 28)
    assert "30 phút" in grown.lines("vi")[0]
    assert len(pack.advice.reactions) == 13
    assert pack.advice.slip_for(40, date(2021, 1, 1)) is None


@pytest.mark.parametrize(
    ("name", "old", "new", "expected"),
    [
        (
            "screening-adult-5785.toml",
            'outcome = "deferral"',
            'outcome = "later"',
            ("[rules[2] acute-illness] outcome",),
        ),
        ("screening-adult-5785.toml", 'item = "3b"', 'item = "3"', ("[rules[4] pregnant-from-13-weeks] item",)),
        ("screening-adult-5785.toml", "high = 37.5", 'high = "37,5"', ("[vitals.temperature] high",)),
        ("screening-adult-5785.toml", "plausible_high = 45.0", "plausible_high = 20", ("temperature", "30")),
        ("screening-adult-5785.toml", 'id = "8"\n', 'id = "7"\n', ("questions", "7")),
        ("screening-adult-5785.toml", 'parent = "3"', 'parent = "33"', ("questions 3a parent",)),
        ("screening-adult-5785.toml", "eligible = true", "eligible = false", ("outcomes",)),
        ("screening-adult-5785.toml", "gravity = 0", "gravity = 21", ("outcomes.eligible gravity",)),
        ("screening-adult-5785.toml", 'place = "anaphylaxis-facility"\n', "", ("rules anaphylaxis-grade-3 place",)),
        (
            "screening-adult-5785.toml",
            'products = ["sputnik-v"]',
            'products = ["sputnik"]',
            ("breastfeeding", "products"),
        ),
        ("screening-adult-5785.toml", 'leading = "caution"', 'leading = "deferral"', ("examples", "caution")),
        ("screening-adult-5785.toml", 'source = "5785-qd-byt"', 'source = "5785"', ("source",)),
        ("screening-adult-5785.toml", 'next = "recall"', 'next = "home"', ("[outcomes.deferral] next",)),
        ("screening-adult-5785.toml", "gravity = 60", "gravity = 60\nweight = 3", ("[outcomes.deferral] weight",)),
        ("screening-child-5002.toml", 'id = "child-5002"', 'id = "adult-5785"', ("id", "adult-5785")),
        ("screening-child-5002.toml", "age_to = 17", "age_to = 170", ("age_to", "150")),
        ("consent.toml", "guardian = true\n", "", ("texts.child-8688 guardian",)),
        ("consent.toml", "days = 14", "days = 0", ("[declarations.no-vaccine-14-days] days",)),
        ("priority.toml", 'code = "2"', 'code = "1"', ("groups",)),
        ("priority.toml", 'list = "qd-3355"', 'list = "qd-3356"', ("[groups[1]] list",)),
        (
            "priority.toml",
            "[lists.nq-21]\n",
            '[lists.empty]\nsource = "21-nq-cp"\nfrom = 2021-01-01\ntitle = "-"\n\n[lists.nq-21]\n',
            ("lists.empty",),
        ),
        ("advice.toml", "trên {fever}", "trên {fiver}", ("[signs.whole-body] text",)),
        ("advice.toml", "{wait}", "{wait", ("[slips.adult] paragraphs",)),
        ("advice.toml", "fever_above = 39.0", "fever_above = 93.0", ("[slips.adult] fever_above",)),
    ],
)
def test_a_fault_is_named_by_file_table_and_key(copy: Path, name: str, old: str, new: str, expected: tuple) -> None:
    told = spoil(copy, name, old, new)
    assert any(line.startswith(name) and all(piece in line for piece in expected) for line in told), told
    with pytest.raises(campaigns.PackError):
        campaigns.load(copy)


def test_a_rule_without_an_example_is_a_warning(copy: Path) -> None:
    path = copy / "screening-child-5002.toml"
    path.write_text(path.read_text(encoding="utf-8").replace('rules = ["allergy"]', "rules = []"), encoding="utf-8")
    text = path.read_text(encoding="utf-8").replace('rules = ["heart-lung-sounds", "allergy"]', "rules = []")
    path.write_text(text, encoding="utf-8")
    warned = [problem.words() for problem in campaigns.check(copy) if problem.severity == "warning"]
    assert any("rules allergy" in line for line in warned)
    assert campaigns.load(copy).screening_forms["child-5002"]


def test_a_pack_may_do_without_these_files(copy: Path) -> None:
    for path in copy.glob("screening-*.toml"):
        path.unlink()
    for name in MINE[1:]:
        (copy / name).unlink()
    pack = campaigns.load(copy)
    assert pack.screening_forms == {}
    assert pack.consents is None
    assert pack.priority is None
    assert pack.advice is None


CONTENTS = {path.name: path.read_bytes() for path in COVID19.glob("*.toml")}
LINES = [
    (name, number)
    for name, text in sorted(CONTENTS.items())
    if name.startswith(MINE)
    for number, line in enumerate(text.decode().split("\n"))
    if "=" in line
]


@settings(max_examples=40)
@given(st.sampled_from(LINES), st.sampled_from([None, "7", '"zzz"', "[1]", "{ a = 1 }", "-3.5", "2021-01-01", "true"]))
def test_no_single_wrong_line_breaks_the_reader(line: tuple[str, int], value: str | None) -> None:
    name, number = line
    lines = CONTENTS[name].decode().split("\n")
    lines[number] = "" if value is None else f"{lines[number].split('=')[0]}= {value}"
    campaign, problems = read(Folder({**CONTENTS, name: "\n".join(lines).encode()}))
    assert campaign is not None or problems
