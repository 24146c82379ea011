"""Several versions of a campaign as one: every day has the rules of the version that is in force on it. Pure.

A version holds from its first day (``valid_from``) until a newer one holds. A dose is judged by the version of its own
day, whatever a later version says of that day; what a version says of days that are not its own is not applied.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields, replace
from datetime import date, timedelta
from difflib import SequenceMatcher
from typing import Any

from vaxdesk.domain.campaign import Campaign, Product, Source

#: What of a campaign is judged by the day of a dose, each with its own source: taken from the version of that day.
BY_DAY = ("courses", "rules", "spacings")
#: Names that rules of any version may use: those of all versions, of two with one name that of today's version.
NAMES = ("sources", "conditions", "others")
_DAY = timedelta(days=1)


@dataclass(frozen=True)
class Reign:
    """The days on which a version holds; ``end`` None: until a newer one comes."""

    campaign: Campaign
    start: date
    end: date | None


def version_key(version: str) -> tuple[int, ...]:
    """How versions are ordered: by their numbers, so 2026.10 follows 2026.9."""
    return tuple(int(part) for part in version.split("."))


def reigns(versions: Sequence[Campaign]) -> list[Reign]:
    """Which version holds when, from the first day on: of those that are valid on a day the newest.

    Before the first day of all, the version that begins first is taken. A version that a newer one covers from its
    first day on holds on no day and is not named.
    """
    begins = sorted({campaign.valid_from for campaign in versions})
    led = [
        max((one for one in versions if one.valid_from <= day), key=lambda one: version_key(one.version))
        for day in begins
    ]
    changes = [place for place in range(len(led)) if place == 0 or led[place] is not led[place - 1]]
    starts = [date.min if place == 0 else begins[place] for place in changes]
    ends = [start - _DAY for start in starts[1:]]
    return [Reign(led[place], start, end) for place, start, end in zip(changes, starts, [*ends, None], strict=True)]


def joined(versions: Sequence[Campaign], day: date) -> Campaign:
    """The campaign as it stands on ``day``: the version of that day, with the schedule of every other day's version.

    Courses, rules, spacings and approvals are those of each version for the days on which it holds, so that a dose
    before the day of a newer version keeps its verdict. Versions that begin after ``day`` count as known: the next dose
    is foreseen by the rules that will hold then. Everything else (forms, texts, papers, statuses) is the version's of
    ``day``. ``versions`` are those of one campaign, at least one.
    """
    held = reigns(versions)
    now = next(reign.campaign for reign in reversed(held) if reign.start <= day)
    if len(held) == 1:
        return now
    known = {field.name for field in fields(now)}
    others = [reign.campaign for reign in held if reign.campaign is not now]
    changes: dict[str, Any] = {"products": _products(now, held, day)}
    for name in known.intersection(NAMES):
        changes[name] = {key: value for one in (*others, now) for key, value in getattr(one, name).items()}
    for name in known.intersection(BY_DAY):
        changes[name] = tuple(_by_day(held, [getattr(reign.campaign, name) for reign in held], day))
    return replace(now, **changes)


def covered(version: str, valid_from: date, others: Sequence[Campaign]) -> bool:
    """Whether newer versions hold on every day of this one: it would never be in force."""
    return any(version_key(other.version) > version_key(version) and other.valid_from <= valid_from for other in others)


def _products(now: Campaign, held: Sequence[Reign], day: date) -> dict[str, Product]:
    """The products of the version of today, then those that only another version knows, with approvals by day."""
    found: dict[str, Product] = dict(now.products)
    for reign in reversed(held):
        for code, product in reign.campaign.products.items():
            found.setdefault(code, product)
    return {
        code: replace(
            product,
            approvals=tuple(
                _by_day(
                    held,
                    [known.approvals if (known := reign.campaign.products.get(code)) else () for reign in held],
                    day,
                )
            ),
        )
        for code, product in found.items()
    }


@dataclass
class _Run:
    """A rule that versions one after the other state alike: the first and the last of them."""

    rule: Any
    first: int
    last: int


def _by_day(held: Sequence[Reign], stated: Sequence[Sequence[Any]], day: date) -> list[Any]:
    """The rules of all versions, each on those of its days on which a version that states it holds.

    What versions one after the other state alike is one rule, so that many versions cost little. The order of the
    rules within each version is kept: the first of several that fit decides.
    """
    runs: list[_Run] = []
    for place, rules in enumerate(stated):
        runs = _joined_runs(runs, rules, place)
    return [rule for run in runs if (rule := _clipped(run, held, day)) is not None]


def _joined_runs(runs: list[_Run], rules: Sequence[Any], place: int) -> list[_Run]:
    """The runs with one more version: both orders are kept, and what is stated alike goes on."""
    before = [index for index, run in enumerate(runs) if run.last == place - 1]
    matcher = SequenceMatcher(None, [runs[index].rule for index in before], rules, autojunk=False)
    found: list[_Run] = []
    cursor = 0
    for tag, low, high, begin, end in matcher.get_opcodes():
        upto = before[high - 1] + 1 if high > low else cursor
        if tag == "equal":
            for index in before[low:high]:
                runs[index].last = place
        found += runs[cursor:upto]
        cursor = upto
        if tag in ("insert", "replace"):
            found += [_Run(rule, place, place) for rule in rules[begin:end]]
    return found + runs[cursor:]


def _clipped(run: _Run, held: Sequence[Reign], day: date) -> Any | None:
    """The rule on the days of its versions; None where it holds on none of them."""
    source: Source = run.rule.source
    start = max(source.start, held[run.first].start)
    ends = [end for end in (source.end, held[run.last].end) if end is not None]
    end = min(ends) if ends else None
    if end is not None and end < start:
        return None
    announced = date.min if held[run.first].start > day else source.announced
    if (start, end, announced) == (source.start, source.end, source.announced):
        return run.rule
    return replace(run.rule, source=replace(source, start=start, end=end, announced=announced))
