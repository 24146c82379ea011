"""The database key and its slots: one a user's passphrase, one for the recovery code.

The key is random. Each slot wraps it with AES-256-GCM under a key derived by argon2id from a secret. The
slots lie beside the file, are replaced atomically, and travel with each backup.
"""

from __future__ import annotations

import base64
import json
import os
import secrets
from dataclasses import asdict, dataclass
from pathlib import Path

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.argon2 import Argon2id

from vaxdesk.errors import InputError, KnownError

#: OWASP's minimum for argon2id: 19 MiB, two passes, one lane; about 0.1 s on the PCs measured.
MEMORY_KIB, PASSES, LANES = 19 * 1024, 2, 1
RECOVERY = "recovery"
PASSPHRASE_LENGTH = 12


@dataclass(frozen=True)
class Slot:
    """One wrapped copy of the database key. ``holder`` is a user id or ``recovery``."""

    holder: str
    name: str
    salt: str
    nonce: str
    wrapped: str
    memory_kib: int = MEMORY_KIB
    passes: int = PASSES
    lanes: int = LANES


def new_key() -> bytes:
    """A fresh random database key, 32 bytes."""
    return secrets.token_bytes(32)


def check_passphrase(passphrase: str) -> None:
    """Twelve characters at least, or four generated words (DESIGN.md section 6).

    :raises InputError: it is too short or one repeated character.
    """
    if len(passphrase.strip()) < PASSPHRASE_LENGTH:
        raise InputError("The passphrase needs at least {n} characters.", n=PASSPHRASE_LENGTH)
    if len(set(passphrase)) < 5:
        raise InputError("The passphrase repeats too few characters: choose four words.")


def _derive(secret: str, salt: bytes, memory_kib: int, passes: int, lanes: int) -> bytes:
    kdf = Argon2id(salt=salt, length=32, iterations=passes, lanes=lanes, memory_cost=memory_kib)
    return kdf.derive(secret.encode())


def wrap(key: bytes, holder: str, name: str, secret: str) -> Slot:
    """A slot that opens with ``secret``."""
    salt, nonce = secrets.token_bytes(16), secrets.token_bytes(12)
    derived = _derive(secret, salt, MEMORY_KIB, PASSES, LANES)
    wrapped = AESGCM(derived).encrypt(nonce, key, holder.encode())
    return Slot(holder, name, *(base64.b64encode(part).decode() for part in (salt, nonce, wrapped)))


def unwrap(slot: Slot, secret: str) -> bytes | None:
    """The database key, or None when the secret does not fit."""
    salt, nonce, wrapped = (base64.b64decode(part) for part in (slot.salt, slot.nonce, slot.wrapped))
    if slot.memory_kib > 1024 * 1024 or slot.passes > 20 or slot.lanes > 8:
        return None
    derived = _derive(secret, salt, slot.memory_kib, slot.passes, slot.lanes)
    try:
        return AESGCM(derived).decrypt(nonce, wrapped, slot.holder.encode())
    except InvalidTag:
        return None


def read(path: Path) -> list[Slot]:
    """The slots of a station.

    :raises KnownError: there is no such file, or it is not one.
    """
    try:
        data = json.loads(path.read_text(encoding="utf-8"))
        return [Slot(**row) for row in data["slots"]]
    except FileNotFoundError as error:
        raise KnownError("No station was set up in this folder. Run set-up first.") from error
    except (ValueError, KeyError, TypeError, OSError) as error:
        raise KnownError("The key file {name} cannot be read. Copy it from the last backup.", name=path.name) from error


def write(path: Path, slots: list[Slot]) -> None:
    """Replace the slots atomically: the old file or the new one, never half of it."""
    text = json.dumps({"version": 1, "slots": [asdict(slot) for slot in slots]}, ensure_ascii=False, indent=1)
    write_atomically(path, text.encode())


def write_atomically(path: Path, data: bytes, mode: int = 0o600) -> None:
    """Write beside, flush to the disk, rename over."""
    temporary = path.with_name(path.name + ".new")
    descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, mode)
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        os.replace(temporary, path)
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise
    if hasattr(os, "O_DIRECTORY"):
        folder = os.open(path.parent, os.O_RDONLY | os.O_DIRECTORY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)


_RECOVERY_LETTERS = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"


def new_recovery_code() -> str:
    """128 random bits and a check, 28 letters in seven groups of four (Crockford's alphabet)."""
    number = secrets.randbits(128)
    letters = "".join(_RECOVERY_LETTERS[(number >> (5 * i)) & 31] for i in range(26))
    return grouped(letters + _check_letters(letters))


def grouped(code: str) -> str:
    """In groups of four, as printed."""
    return "-".join(code[i : i + 4] for i in range(0, len(code), 4))


def _check_letters(letters: str) -> str:
    value = 0
    for letter in letters:
        value = (value * 32 + _RECOVERY_LETTERS.index(letter)) % 1021
    return _RECOVERY_LETTERS[value // 32] + _RECOVERY_LETTERS[value % 32]


def normal_recovery_code(typed: str) -> str:
    """The code as it wraps the key, from what was typed (spaces, dashes, O/0 and I/L/1 forgiven).

    :raises InputError: a letter is missing or wrong.
    """
    letters = "".join(
        {"O": "0", "I": "1", "L": "1"}.get(letter, letter) for letter in typed.upper() if letter not in " -\t"
    )
    if len(letters) != 28 or any(letter not in _RECOVERY_LETTERS for letter in letters):
        raise InputError("The recovery code has 28 letters and digits; {n} were typed.", n=len(letters))
    if _check_letters(letters[:26]) != letters[26:]:
        raise InputError("A letter of the recovery code is wrong: compare each group with the sheet.")
    return grouped(letters)
