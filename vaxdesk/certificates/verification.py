"""The answer of a verification: what each stage found, the verdict, and the words for it in two languages."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from enum import StrEnum
from typing import Any

from vaxdesk import i18n
from vaxdesk.certificates.hc1 import Claims
from vaxdesk.certificates.lists import Revocation, TrustedKey
from vaxdesk.i18n import N_

STAGES = (
    "picture",
    "prefix",
    "base45",
    "zlib",
    "cose",
    "signature",
    "key_usage",
    "time",
    "schema",
    "value_sets",
    "revocation",
)

#: Which stage must be ok before another one is reached.
NEEDS = {
    "prefix": "picture",
    "base45": "prefix",
    "zlib": "base45",
    "cose": "zlib",
    "signature": "cose",
    "key_usage": "signature",
    "time": "cose",
    "schema": "cose",
    "value_sets": "schema",
    "revocation": "signature",
}
NO_PICTURE = N_("The input is a text, not a picture.")
NEEDS_ANOTHER = N_("It needs the stage {stage}, which is not ok.")
UNCONFIRMED = N_("The signature is not confirmed: the content is shown, but is not to be trusted.")


class State(StrEnum):
    """How a stage ended."""

    OK = "ok"
    FAILED = "failed"
    NOT_REACHED = "not reached"


class Verdict(StrEnum):
    """What a code is worth."""

    VALID = "valid"
    EXPIRED = "expired"
    NOT_YET_VALID = "not_yet_valid"
    REVOKED = "revoked"
    REPLACED = "replaced"
    UNKNOWN_SIGNER = "unknown_signer"
    ALTERED = "altered"
    NOT_A_CERTIFICATE = "not_a_certificate"


@dataclass(frozen=True)
class Sentence:
    """A sentence of the catalogue with its values, shown in any language."""

    message_id: str
    values: Mapping[str, object] = field(default_factory=dict)

    def text(self, language: str | None = None) -> str:
        """The sentence in the current (or the given) language."""
        return i18n.translate(self.message_id, language).format_map(self.values)


@dataclass(frozen=True)
class Stage:
    """One stage of a verification. ``detail`` is the technical cause (English, no content of the certificate)."""

    state: State
    reason: Sentence | None = None
    detail: str = ""

    def as_json(self) -> dict[str, str]:
        """State and reason as the command line prints them (reasons in English)."""
        words = self.reason.text("en") if self.reason else ""
        return {
            "state": self.state.value,
            "reason": f"{words} ({self.detail})" if words and self.detail else words or self.detail,
        }


@dataclass(frozen=True)
class Verification:
    """The whole answer for one code.

    ``payload`` is what the code says, shown even where the signature fails: it may be trusted only if the verdict is
    ``valid``. ``sentences`` is the answer in words, the verdict first, then warnings (age of the lists).
    """

    input: str
    text: str
    stages: Mapping[str, Stage]
    payload: Mapping[str, Any] | None
    verdict: Verdict
    sentences: tuple[Sentence, ...]
    claims: Claims | None = None
    kid: bytes | None = None
    key: TrustedKey | None = None
    revocation: Revocation | None = None
    kind: str = ""
    list_age_days: int | None = None
    at: datetime | None = None

    @property
    def signer(self) -> str | None:
        """``national``, ``station`` or ``other``; None where no trusted signature holds."""
        return self.key.signer if self.key is not None else None

    @property
    def valid(self) -> bool:
        """Whether the code may be relied on."""
        return self.verdict is Verdict.VALID

    def words(self, language: str | None = None) -> str:
        """The answer in words, in the current (or the given) language."""
        return " ".join(sentence.text(language) for sentence in self.sentences)

    def _explained(self, name: str) -> Stage:
        """A stage; one that was not reached with the reason why not, what nobody vouches for with that reason."""
        stage = self.stages[name]
        if name in ("schema", "value_sets") and stage.state is State.OK and self.key is None:
            return replace(stage, reason=Sentence(UNCONFIRMED))
        if stage.state is not State.NOT_REACHED:
            return stage
        if name == "picture":
            return replace(stage, reason=Sentence(NO_PICTURE))
        return replace(stage, reason=Sentence(NEEDS_ANOTHER, {"stage": NEEDS[name]}))

    def as_json(self) -> dict[str, Any]:
        """The answer as the command line prints it."""
        return {
            "input": self.input,
            "stages": {name: self._explained(name).as_json() for name in STAGES},
            "payload": plain(self.payload) if self.payload is not None else None,
            "signer": self.signer,
            "verdict": self.verdict.value,
            "words": {language: self.words(language) for language in i18n.LANGUAGES},
        }


def plain(value: Any) -> Any:
    """A value as JSON can carry it: bytes as hex, foreign kinds as text, keys as text."""
    if isinstance(value, dict):
        return {key if isinstance(key, str) else plain_key(key): plain(item) for key, item in value.items()}
    if isinstance(value, list):
        return [plain(item) for item in value]
    if isinstance(value, bytes):
        return value.hex()
    if value is None or isinstance(value, str | int | float | bool):
        return value
    return f"tag {value.tag}"


def plain_key(key: int | bytes) -> str:
    """A map's key as JSON text."""
    return key.hex() if isinstance(key, bytes) else str(key)
