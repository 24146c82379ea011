"""The pack's doubts in a manager's words: never a file's table where the desks have a name for it."""

from __future__ import annotations

import dataclasses

import pytest

from vaxdesk import assets, i18n
from vaxdesk.campaigns import load
from vaxdesk.domain.campaign import Campaign, LocalText, Uncertainty
from vaxdesk.gui import pack_words


@pytest.fixture(scope="module")
def campaign() -> Campaign:
    return load(assets.resource("campaigns", "covid19"))


@pytest.mark.parametrize("language", i18n.LANGUAGES)
def test_every_doubt_has_a_name_that_people_know(campaign: Campaign, language: str) -> None:
    before = i18n.language()
    i18n.set_language(language)
    try:
        found = pack_words.doubts(campaign)
        topics = {i18n.translate(topic) for topic in pack_words.TOPICS.values()}
    finally:
        i18n.set_language(before)
    assert len(found) == len(campaign.uncertain)
    raw = {piece for one in campaign.uncertain for piece in (one.table, one.table.rpartition(" ")[2]) if piece}
    for doubt in found:
        assert doubt.topic in topics
        assert doubt.name
        assert doubt.name not in raw, doubt
        assert ".toml" not in doubt.name
        assert doubt.note
        assert doubt.place.partition(" ")[0].endswith(".toml")


def test_what_decides_about_doses_comes_first(campaign: Campaign) -> None:
    topics = list(dict.fromkeys(doubt.topic for doubt in pack_words.doubts(campaign)))
    known = [i18n.translate(topic) for topic in pack_words.TOPICS.values()]
    assert topics == [topic for topic in known if topic in topics]


def test_a_rule_is_named_by_its_dose_and_what_came_before(campaign: Campaign) -> None:
    rules = {rule.id: rule for rule in campaign.rules}
    before = i18n.language()
    i18n.set_language("vi")
    try:
        assert pack_words.rule_name(campaign, rules["sinopharm-hayat"]) == "mũi 2: Hayat-Vax sau Vero Cell"
        assert pack_words.rule_name(campaign, rules["hayat-hayat"]) == "mũi 2: Hayat-Vax"
        assert pack_words.rule_name(campaign, rules["additional-10225-immunodeficiency"]).endswith("mọi loại vắc xin")
    finally:
        i18n.set_language(before)


def test_what_has_no_name_is_called_as_in_the_file(campaign: Campaign) -> None:
    note = LocalText("-", "-")
    strange = (
        Uncertainty("schedule.toml", "rules[99] gone", "", note),
        Uncertainty("extra.toml", "tables.x", "", note),
    )
    names = {doubt.name for doubt in pack_words.doubts(dataclasses.replace(campaign, uncertain=strange))}
    assert names == {"gone", "x"}
