"""A faulty pack is refused with file, table, key, what is wrong and what is expected."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.spoilt_packs import GOOD, spoil

from vaxdesk import i18n
from vaxdesk.campaigns import PackError, check, load
from vaxdesk.campaigns.folder import MAX_FILE_BYTES, Folder
from vaxdesk.campaigns.load import read

pytestmark = pytest.mark.usefixtures("english")


CASES = [
    (
        "products.toml",
        "doses_per_vial = 6",
        "doses_per_vial = 0",
        "products.alpha",
        "doses_per_vial",
        "1",
    ),
    (
        "products.toml",
        "doses_per_vial = 6",
        'doses_per_vial = "six"',
        "products.alpha",
        "doses_per_vial",
        "whole number",
    ),
    (
        "products.toml",
        "doses_per_vial = 6",
        "doses_per_vial = true",
        "products.alpha",
        "doses_per_vial",
        "whole number",
    ),
    (
        "products.toml",
        'label = "Alpha 30"',
        'label = { vi = "Alpha" }',
        "products.alpha",
        "label",
        "vi =",
    ),
    (
        "products.toml",
        'manufacturer = "Alpha Works"',
        "",
        "products.alpha",
        "manufacturer",
        "quotes",
    ),
    (
        "products.toml",
        "doses_per_vial = 6",
        "dose_per_vial = 6",
        "products.alpha",
        "dose_per_vial",
        "doses_per_vial",
    ),
    (
        "products.toml",
        'source = "schedule", from = 2020-12-18',
        'source = "nowhere", from = 2020-12-18',
        "products.beta.approvals[1]",
        "source",
        "schedule, intervals",
    ),
    (
        "products.toml",
        "to = 2021-05-11",
        "to = 2019-05-11",
        "products.alpha.approvals[1]",
        "to",
        "2020-12-11",
    ),
    (
        "products.toml",
        "from = 2020-12-18",
        'from = "2020-12-18"',
        "products.beta.approvals[1]",
        "from",
        "without quotes",
    ),
    (
        "products.toml",
        "[products.beta]",
        '[products."Beta!"]',
        "products",
        "Beta!",
        "pattern",
    ),
    (
        "schedule.toml",
        'interval = "14 days"',
        'interval = "a fortnight"',
        "rules[2] second-14-days",
        "interval",
        "28 days",
    ),
    (
        "schedule.toml",
        'interval = "14 days"',
        "",
        "rules[2] second-14-days",
        "interval",
        "28 days",
    ),
    (
        "schedule.toml",
        'recommended = "21 days"',
        'recommended = "7 days"',
        "rules[2] second-14-days",
        "recommended",
        "rising",
    ),
    (
        "schedule.toml",
        'after = "alpha"',
        'after = "alfa"',
        "rules[3] alpha-alpha",
        "after",
        "alpha, beta, single, *",
    ),
    (
        "schedule.toml",
        'kind = "booster"',
        'kind = "bosster"',
        "rules[6] booster",
        "kind",
        "primary, additional, booster",
    ),
    (
        "schedule.toml",
        'id = "mixed"',
        'id = "alpha-alpha"',
        "",
        "rules",
        "once",
    ),
    (
        "schedule.toml",
        'grace_source = "intervals"',
        "",
        "defaults",
        "grace_source",
        "schedule, intervals",
    ),
    (
        "schedule.toml",
        "doses = 2",
        'doses = 2\nconditions = ["pregnancy"]',
        "courses[1] two",
        "conditions",
        "one of",
    ),
    (
        "schedule.toml",
        'reason = "too_early", days = 5',
        'reason = "too_early", days = 6',
        "",
        "examples sixteen-days-in-2022 doses[2]",
        "too_early 6",
    ),
    (
        "schedule.toml",
        'birth = "1980-05-01"',
        'birth = "01/05/1980"',
        "examples[1] sixteen-days-in-2021",
        "birth",
        "1956-07-03",
    ),
    (
        "campaign.toml",
        'version = "1.2"',
        'version = "v1"',
        "campaign",
        "version",
        "pattern",
    ),
    (
        "campaign.toml",
        "[disease]",
        "[diseases]",
        "",
        "diseases",
        "mean disease?",
    ),
    (
        "campaign.toml",
        "[campaign]",
        "[campaign",
        "",
        "",
        "TOML",
    ),
]


@pytest.mark.parametrize(("file", "old", "new", "table", "key", "expected"), CASES)
def test_every_fault_is_named(pack: Path, file: str, old: str, new: str, table: str, key: str, expected: str) -> None:
    problems = spoil(pack, file, old, new)
    found = [p for p in problems if (p.file, p.table, p.key) == (file, table, key)]
    assert found, [problem.words() for problem in problems]
    told = found[0].as_json()
    assert told["wrong"]
    assert expected in told["expected"] + told["wrong"], told
    assert file in found[0].words()


def test_several_faults_are_told_at_once(pack: Path) -> None:
    spoil(pack, "products.toml", "doses_per_vial = 6", "doses_per_vial = 0")
    problems = spoil(pack, "schedule.toml", 'interval = "14 days"', 'interval = "soon"')
    assert {(problem.file, problem.key) for problem in problems} == {
        ("products.toml", "doses_per_vial"),
        ("schedule.toml", "interval"),
    }
    with pytest.raises(PackError) as caught:
        load(pack)
    assert len(caught.value.problems) == 2
    assert "2" in caught.value.words()


def test_missing_and_foreign_files(pack: Path) -> None:
    (pack / "products.toml").unlink()
    (pack / "shedule.toml").write_text("x = 1", encoding="utf-8")
    problems = check(pack)
    assert ("products.toml", "error") in {(problem.file, problem.severity) for problem in problems}
    assert ("shedule.toml", "warning") in {(problem.file, problem.severity) for problem in problems}
    assert [problem.severity for problem in check(pack / "nothing")] == ["error", "error"]


def test_a_file_that_is_no_text_or_too_big(pack: Path) -> None:
    (pack / "statuses.toml").write_bytes(b"\xff\xfe")
    assert "statuses.toml" in {problem.file for problem in check(pack)}
    (pack / "statuses.toml").write_bytes(b"#" * (MAX_FILE_BYTES + 1))
    assert any(problem.values.get("limit") == MAX_FILE_BYTES for problem in check(pack))


def test_warnings_do_not_refuse_a_pack(pack: Path) -> None:
    text = (pack / "schedule.toml").read_text(encoding="utf-8")
    (pack / "schedule.toml").write_text(text.split("# The same two doses")[0], encoding="utf-8")
    problems = check(pack)
    assert {problem.severity for problem in problems} == {"warning"}
    assert len(problems) == 6  # one a rule: no example shows it
    assert load(pack).code == "two-dose-grace"


def test_words_are_in_the_language_of_the_user(pack: Path) -> None:
    i18n.set_language("vi")
    problem = spoil(pack, "schedule.toml", 'interval = "14 days"', 'interval = "a fortnight"')[0]
    assert "không đúng dạng" in problem.words()


def test_a_pack_is_small(tmp_path: Path) -> None:
    for source in GOOD.glob("*.toml"):
        if source.name in ("campaign.toml", "products.toml", "schedule.toml"):
            shutil.copy(source, tmp_path)
    campaign = load(tmp_path)
    assert (campaign.statuses, campaign.papers, campaign.screening_forms) == ({}, (), {})


VALUES = st.recursive(
    st.one_of(st.booleans(), st.integers(), st.text(max_size=5).map(lambda t: t.replace("\x00", ""))),
    lambda inner: st.lists(inner, max_size=2),
    max_leaves=3,
)


@given(st.sampled_from(["campaign.toml", "products.toml", "schedule.toml", "statuses.toml", "papers.toml"]), st.data())
def test_no_content_breaks_the_checker(file: str, data: st.DataObject) -> None:
    """Any line may be dropped or replaced: the checker answers with problems, never with an exception."""
    texts = {path.name: path.read_bytes() for path in (GOOD.parent / "measles-rubella").glob("*.toml")}
    lines = texts[file].decode("utf-8").splitlines()
    place = data.draw(st.integers(0, len(lines) - 1))
    key = lines[place].split("=")[0].strip() if "=" in lines[place] else "x"
    new = data.draw(st.one_of(st.just(""), VALUES.map(lambda value: f"{key} = {_toml(value)}"), st.text(max_size=20)))
    lines[place] = new.replace("\n", " ").replace("\r", " ")
    texts[file] = "\n".join(lines).encode("utf-8", "surrogatepass")
    campaign, problems = read(Folder(texts))
    assert (campaign is None) == any(problem.severity == "error" for problem in problems)
    for problem in problems:
        assert problem.words()


def _toml(value: object) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, list):
        return "[" + ", ".join(_toml(inner) for inner in value) + "]"
    return str(value) if isinstance(value, int) else "'" + str(value).replace("'", "") + "'"
