"""Advice after the injection: danger signs, ordinary reactions, how long to watch. Data of the campaign pack."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from vaxdesk.domain.campaign import LocalText, Source


@dataclass(frozen=True, slots=True)
class DangerSign:
    """One danger sign: where in the body, what is seen. ``{fever}`` in the text is the slip's limit in °C."""

    id: str
    place: LocalText
    text: LocalText


@dataclass(frozen=True, slots=True)
class OrdinaryReaction:
    """An ordinary reaction; ``code`` is what reports count by."""

    code: str
    label: LocalText


@dataclass(frozen=True, slots=True)
class AdviceSlip:
    """What the slip says to an age group. ``fever_above`` in °C; times in minutes, hours, days after the injection."""

    id: str
    title: LocalText
    age_from: int
    age_to: int | None
    fever_above: float
    wait_minutes: int
    home_hours: int
    watch_days: int
    watch_closely_days: int
    watch_for: LocalText
    paragraphs: tuple[LocalText, ...]
    signs: tuple[DangerSign, ...]
    source: Source

    def lines(self, language: str) -> tuple[str, ...]:
        """The paragraphs in ``vi`` or ``en`` with the slip's own figures."""
        values = {
            "wait": self.wait_minutes,
            "home": self.home_hours,
            "days": self.watch_days,
            "close": self.watch_closely_days,
            "watch_for": self.watch_for.text(language),
        }
        return tuple(paragraph.text(language).format_map(values) for paragraph in self.paragraphs)

    def sign_lines(self, language: str) -> tuple[str, ...]:
        """The danger signs in ``vi`` or ``en``, each with its place in the body."""
        fever = f"{self.fever_above:g}"
        shown = fever.replace(".", ",") if language == "vi" else fever
        return tuple(
            f"{s.place.text(language)}: {s.text.text(language).format_map({'fever': shown})}" for s in self.signs
        )


@dataclass(frozen=True, slots=True)
class Advice:
    """All advice of a campaign."""

    slips: tuple[AdviceSlip, ...]
    reactions: tuple[OrdinaryReaction, ...]

    def slip_for(self, age: int, day: date) -> AdviceSlip | None:
        """The slip for an age in completed years on a day; of several the one that began last."""
        fitting = [
            slip
            for slip in self.slips
            if slip.age_from <= age and (slip.age_to is None or age <= slip.age_to) and slip.source.in_force(day)
        ]
        return max(fitting, key=lambda slip: (slip.source.start, slip.id), default=None)


def times(slip: AdviceSlip, injected_at: datetime) -> Mapping[str, datetime]:
    """When the stay at the point, the close watch at home and the self-watching end (aware UTC in, aware UTC out)."""
    return {
        "stay_until": injected_at + timedelta(minutes=slip.wait_minutes),
        "home_until": injected_at + timedelta(hours=slip.home_hours),
        "watch_until": injected_at + timedelta(days=slip.watch_days),
    }
