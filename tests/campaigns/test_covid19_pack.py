"""The pack that ships: complete, sourced, and honest about what is uncertain."""

from __future__ import annotations

import json
from datetime import date
from functools import cache

import pytest

from vaxdesk import assets
from vaxdesk.campaigns import check, load
from vaxdesk.domain.campaign import Campaign, Product, Source

FOLDER = assets.resource("campaigns", "covid19")


@cache
def pack() -> Campaign:
    return load(FOLDER)


def value_set(name: str) -> dict[str, dict[str, object]]:
    path = assets.resource("certificates", "valuesets", f"{name}.json")
    found: dict[str, dict[str, object]] = json.loads(path.read_text(encoding="utf-8"))["valueSetValues"]
    return found


def test_the_pack_has_no_problem_at_all() -> None:
    assert [problem.words() for problem in check(FOLDER)] == []


def test_the_eight_products() -> None:
    assert {product.family for product in pack().products.values()} == {
        "astrazeneca",
        "comirnaty",
        "spikevax",
        "vero-cell",
        "sputnik-v",
        "janssen",
        "hayat-vax",
        "abdala",
    }
    assert [pack().products[code].component for code in ("sputnik-v-1", "sputnik-v-2")] == ["I", "II"]


@pytest.mark.parametrize("product", pack().products.values(), ids=list(pack().products))
def test_every_product_has_codes_of_the_value_sets(product: Product) -> None:
    vp, mp, ma = product.dcc
    # J07BX03, with which Viet Nam's certificates were signed, is kept in the set of 2023 as a deprecated code.
    assert value_set("vaccine-prophylaxis")[vp]["active"] or vp == "J07BX03"
    assert value_set("vaccine-medicinal-product")[mp]["active"]
    assert value_set("vaccine-mah-manf")[ma]["active"]
    assert product.storage
    assert product.approvals
    assert product.label_vi
    # What no source gives stays empty: nothing is invented.
    assert bool(product.cvx) == (product.code not in ("hayat-vax", "abdala"))
    assert bool(product.icd11) == (product.code != "abdala")


def test_product_and_holder_go_together_as_the_eu_says() -> None:
    """The encoding instructions of the value sets name the holder that goes with each product code."""
    pairs = {
        entry["vaccine-code"]: entry["vaccine-manufacturer"]
        for entry in value_set("vaccine-encoding-instructions").values()
        if "vaccine-code" in entry
    }
    for product in pack().products.values():
        _vp, mp, ma = product.dcc
        assert pairs[mp] == ma, product.code


def test_every_document_can_be_looked_up() -> None:
    """All but the district's own letter have an address where they, or what was read of them, stand."""
    assert {source.id for source in pack().sources.values() if not source.address} == {"611-ubnd-vx"}


@pytest.mark.parametrize(
    ("code", "day"),
    [
        ("astrazeneca", date(2021, 2, 1)),
        ("sputnik-v-1", date(2021, 3, 23)),
        ("vero-cell", date(2021, 6, 3)),
        ("comirnaty", date(2021, 6, 12)),
        ("spikevax", date(2021, 6, 28)),
        ("janssen", date(2021, 7, 15)),
        ("hayat-vax", date(2021, 9, 10)),
        ("abdala", date(2021, 9, 17)),
        ("comirnaty-10", date(2022, 3, 28)),
    ],
)
def test_approval_days(code: str, day: date) -> None:
    product = pack().products[code]
    assert product.approved_on(day)
    assert not product.approved_on(date.fromordinal(day.toordinal() - 1))


def sources() -> list[tuple[str, Source]]:
    campaign = pack()
    found = [(f"rule {rule.id}", rule.source) for rule in campaign.rules]
    found += [(f"course {course.id}", course.source) for course in campaign.courses]
    found += [(f"paper {paper.id}", paper.source) for paper in campaign.papers]
    found += [(f"status {status.code}", status.source) for status in campaign.statuses.values()]
    for product in campaign.products.values():
        found += [(f"product {product.code}", approval.source) for approval in product.approvals]
    return found


@pytest.mark.parametrize(("name", "source"), sources(), ids=[name for name, _source in sources()])
def test_every_rule_has_a_source_and_a_day(name: str, source: Source) -> None:
    assert source.text.reference
    assert source.start >= date(2021, 2, 1)
    assert source.end is None or source.end >= source.start
    assert not source.uncertain or (source.note.vi and source.note.en)
    # A rule does not begin before its document, except where the document's day is itself uncertain.
    if source.text.day is not None and not name.startswith("status"):
        assert source.start >= source.text.day


def test_what_is_uncertain_is_listed_in_both_languages() -> None:
    places = {(doubt.file, doubt.table) for doubt in pack().uncertain}
    assert ("products.toml", "products.abdala.codes") in places
    assert ("campaign.toml", "sources.3309-byt-dp") in places
    assert any(table.endswith(" child-turned-12-moderna") for _file, table in places)
    assert len(places) > 40
    assert all(doubt.note.vi and doubt.note.en for doubt in pack().uncertain)


def test_no_rule_of_one_step_overlaps_its_replacement() -> None:
    """Two rules that replace each other on a day never both hold on it."""
    by_source = {rule.id: rule.source for rule in pack().rules}
    for old, new in (
        ("az-az-8-weeks", "az-az-4-weeks"),
        ("az-pfizer-8-weeks", "az-mrna-4-weeks"),
        ("az-moderna-8-weeks", "az-mrna-4-weeks"),
        ("booster-10225-same", "booster-same"),
        ("booster-10225-mrna", "booster-mrna-pfizer"),
        ("additional-10225", "additional-sinopharm"),
        ("booster-same", "booster-same-3309"),
        ("booster-az-after-mrna", "booster-az-after-mrna-3309"),
        ("additional-sinopharm", "additional-sinopharm-3309"),
        ("booster-12-17", "booster-12-17-3309"),
        ("second-booster-05-2022-same", "second-booster-same"),
        ("second-booster-05-2022-az", "second-booster-az"),
    ):
        end = by_source[old].end
        assert end is not None
        assert by_source[new].start.toordinal() == end.toordinal() + 1
