"""One fault of a pack is told once, without its consequences; what rules may say beyond intervals is checked too."""

from __future__ import annotations

from pathlib import Path

import pytest
from support.spoilt_packs import spoil

from vaxdesk.campaigns import check

pytestmark = pytest.mark.usefixtures("english")


@pytest.mark.parametrize(
    ("file", "old", "new", "said"),
    [
        ("products.toml", "[products.alpha]", "[products.alpha", "not TOML"),
        ("products.toml", "[products.alpha]", "[product.alpha]", "Did you mean products?"),
        ("products.toml", "[products.alpha]", "[products]\nalpha = 1\n[products.gamma]", "wrong kind"),
        ("campaign.toml", "[sources.schedule]", "[source.schedule]", "Did you mean sources?"),
        ("schedule.toml", "[[courses]]\nid", "[[course]]\nid", "Did you mean courses?"),
        ("schedule.toml", 'id = "first"', 'ID = "first"', "Did you mean id?"),
        ("schedule.toml", "from = 2021-02-27", "form = 2021-02-27", "Did you mean from?"),
    ],
)
def test_one_fault_is_told_once_and_its_consequences_are_held_back(
    pack: Path, file: str, old: str, new: str, said: str
) -> None:
    (problem,) = spoil(pack, file, old, new)
    assert problem.file == file
    assert said in problem.words()


def test_a_missing_file_is_one_fault(pack: Path) -> None:
    (pack / "products.toml").unlink()
    assert [(p.file, p.key) for p in check(pack) if p.severity == "error"] == [("products.toml", "")]


def test_a_name_that_nothing_bears_is_told_once_for_each_file(pack: Path) -> None:
    problems = spoil(pack, "products.toml", "[products.alpha]", "[products.alfa]")
    assert [(problem.file, problem.table, problem.key) for problem in problems] == [
        ("schedule.toml", "courses[1] two", "products")
    ]
    assert "17 times" in problems[0].words()
    assert "alfa, beta, single" in problems[0].words()


@pytest.mark.parametrize(
    ("old", "new", "table", "key", "said"),
    [
        (
            'id = "alpha-alpha"',
            'id = "alpha-alpha"\nabsolute_interval = "22 days"',
            "rules[3] alpha-alpha",
            "interval",
            "rising",
        ),
        (
            'id = "alpha-alpha"',
            'id = "alpha-alpha"\ngrace_days = 2\nabsolute_interval = "9 days"',
            "rules[3] alpha-alpha",
            "absolute_interval",
            "twice",
        ),
        (
            'id = "alpha-alpha"',
            'id = "alpha-alpha"\nabsolute_min_age = "9 days"',
            "rules[3] alpha-alpha",
            "min_age",
            "absolute_min_age",
        ),
        (
            'id = "alpha-alpha"',
            'id = "alpha-alpha"\nlatest_since_first = "3 days"\nsince_first = "4 days"',
            "rules[3] alpha-alpha",
            "latest_since_first",
            "since_first, latest_since_first",
        ),
        (
            'id = "alpha-alpha"',
            'id = "alpha-alpha"\nborn_from = 2010-01-01\nborn_to = 2009-12-31',
            "rules[3] alpha-alpha",
            "born_to",
            "2010-01-01",
        ),
        (
            'id = "alpha-alpha"',
            'id = "alpha-alpha"\nto_course = "one"',
            "rules[3] alpha-alpha",
            "to_course",
            "2 doses or more",
        ),
        ('id = "alpha-alpha"', 'id = "alpha-alpha"\ncourses = "four"', "rules[3] alpha-alpha", "courses", "two, one"),
        ('id = "first"', 'id = "first"\ncourses = "two"', "rules[1] first", "courses", "later doses"),
        ('id = "booster"', 'id = "booster"\nto_course = "two"', "rules[6] booster", "to_course", "primary"),
        ("[defaults]", '[defaults]\nwait_for_age = "soon"', "defaults", "wait_for_age", "18 years"),
        (
            'id = "two"',
            'id = "two"\nmin_age = "9 years"\nbelow_age = "9 years"',
            "courses[1] two",
            "below_age",
            "rising",
        ),
    ],
)
def test_what_rules_may_say_is_checked(pack: Path, old: str, new: str, table: str, key: str, said: str) -> None:
    (problem,) = spoil(pack, "schedule.toml", old, new)
    assert (problem.table, problem.key) == (table, key)
    assert said in problem.words()


def test_a_spacing_names_products_and_other_vaccines(pack: Path) -> None:
    schedule = pack / "schedule.toml"
    spacing = (
        '\n[[spacing]]\nid = "live"\nproducts = "*"\nafter = "fever"\ninterval = "28 days"\n'
        'source = "schedule"\nfrom = 2020-12-11\n'
    )
    schedule.write_text(schedule.read_text(encoding="utf-8") + spacing, encoding="utf-8")
    (problem,) = [problem for problem in check(pack) if problem.severity == "error"]
    assert (problem.table, problem.key) == ("spacing[1] live", "after")
    products = pack / "products.toml"
    other = '\n[others.fever]\nlabel = "Yellow fever"\ncvx = "37"\n'
    products.write_text(products.read_text(encoding="utf-8") + other, encoding="utf-8")
    assert [problem for problem in check(pack) if problem.severity == "error"] == []


def test_a_course_without_an_end_is_told(pack: Path) -> None:
    schedule = pack / "schedule.toml"
    text = schedule.read_text(encoding="utf-8").replace("doses = 2\n", "doses = 3\n", 1)
    schedule.write_text(text[: text.index("[[examples]]")], encoding="utf-8")
    assert any("No rule foresees dose 3 of the course two." in problem.words() for problem in check(pack))
