"""How a person's status is shown: a code, the pack's colour and shape, and words that can stand alone."""

from __future__ import annotations

from dataclasses import dataclass

from vaxdesk.domain.campaign import Campaign, LocalText, StatusCode
from vaxdesk.domain.schedule_result import Evaluation
from vaxdesk.i18n import N_, translate
from vaxdesk.i18n import language as current_language

#: What is said where a pack has no words of its own.
PLAIN_WORDS: dict[StatusCode, str] = {
    "none": N_("No valid dose."),
    "begun": N_("The course has begun."),
    "complete": N_("The course is complete."),
}


@dataclass(frozen=True, slots=True)
class ShownStatus:
    """A status ready for screen, print and portal; ``colour`` and ``shape`` are empty where the pack has none."""

    code: StatusCode
    colour: str
    shape: str
    doses: int
    text: LocalText | None

    def words(self, language: str | None = None) -> str:
        """The status in words."""
        if self.text is None:
            return translate(PLAIN_WORDS[self.code], language)
        return self.text.text(language or current_language()).format(doses=self.doses)


def shown(campaign: Campaign, evaluation: Evaluation) -> ShownStatus:
    """The status of an evaluation as the campaign shows it."""
    rule = campaign.statuses.get(evaluation.status)
    if rule is None:
        return ShownStatus(evaluation.status, "", "", evaluation.counted, None)
    return ShownStatus(evaluation.status, rule.colour, rule.shape, evaluation.counted, rule.words)
