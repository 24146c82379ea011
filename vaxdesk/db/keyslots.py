"""The database key and its slots: one a user's passphrase, one for the recovery code.

The key is random. Each slot opens by a secret (argon2id) and holds the key sealed to the holder. The slots lie
beside the file, are replaced atomically, and travel with each backup. Anybody who can write in the folder can write
there too: so each slot is vouched for with the key itself, and a coming key is sealed for nobody else; and a holder
takes a key only where it descends from the one that her slot was made with, so that nobody puts another file under
her with a key sealed to her.
"""

from __future__ import annotations

import base64
import hmac
import json
import os
import secrets
import unicodedata
from dataclasses import asdict, dataclass, fields, replace
from pathlib import Path
from typing import Any

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.argon2 import Argon2id
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from vaxdesk.errors import InputError, KnownError

#: OWASP's minimum for argon2id: 19 MiB, two passes, one lane; about 0.1 s on the PCs measured.
MEMORY_KIB, PASSES, LANES = 19 * 1024, 2, 1
#: What a later version may ask for at most; beyond it a slot is not believed.
MOST_MEMORY_KIB, MOST_PASSES, MOST_LANES = 1024 * 1024, 20, 8
#: Re-keyings that a slot may be behind.
MOST_LINKS = 500
RECOVERY = "recovery"
PASSPHRASE_LENGTH = 12


@dataclass(frozen=True)
class Slot:
    """One holder's way to the database key. ``holder`` is a user id or ``recovery``.

    The secret opens the holder's own X25519 key (``private``); the database key is sealed to her public key. So the
    file can be re-keyed for everyone who stays without knowing anybody's passphrase. ``sealed_next`` holds the
    coming key while a re-keying is under way: whichever of the two opens the file is the right one. ``voucher`` proves
    that who wrote holder, name and public key knew the database key. ``private`` also holds the mark of the key of that
    day, and ``links`` one entry for each re-keying since: the older key, readable with the newer one.
    """

    holder: str
    name: str
    salt: str
    nonce: str
    private: str
    public: str
    sealed: str
    sealed_next: str = ""
    voucher: str = ""
    links: str = ""
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
    # Keyboards differ in how they compose Vietnamese letters; what was typed is the same.
    return kdf.derive(unicodedata.normalize("NFC", secret).encode())


def wrap(key: bytes, holder: str, name: str, secret: str) -> Slot:
    """A slot that opens with ``secret``."""
    salt, nonce = secrets.token_bytes(16), secrets.token_bytes(12)
    own = X25519PrivateKey.generate()
    derived = _derive(secret, salt, MEMORY_KIB, PASSES, LANES)
    private = AESGCM(derived).encrypt(nonce, own.private_bytes_raw() + _of(key, "mark"), holder.encode())
    public = _text(own.public_key().public_bytes_raw())
    slot = Slot(holder, name, _text(salt), _text(nonce), _text(private), public, _seal(key, public, holder))
    return replace(slot, voucher=_voucher(slot, key))


def unwrap(slot: Slot, secret: str) -> list[bytes] | None:
    """The database key (and the coming one during a re-keying), or None when the secret does not fit.

    :raises KnownError: the secret fits, and the key in the slot does not descend from the one it was made with.
    """
    bounds = ((slot.memory_kib, MOST_MEMORY_KIB), (slot.passes, MOST_PASSES), (slot.lanes, MOST_LANES))
    if not all(0 < value <= most for value, most in bounds):
        return None
    try:
        derived = _derive(secret, _bytes(slot.salt), slot.memory_kib, slot.passes, slot.lanes)
        raw = AESGCM(derived).decrypt(_bytes(slot.nonce), _bytes(slot.private), slot.holder.encode())
    except (InvalidTag, ValueError):
        return None
    try:
        own, mark = X25519PrivateKey.from_private_bytes(raw[:32]), raw[32:]
        keys = [_unseal(own, sealed, slot.holder) for sealed in (slot.sealed, slot.sealed_next) if sealed]
    except (InvalidTag, ValueError):
        keys, mark = [], b""
    # A slot of a file from before there were marks holds none; nobody but its holder can have made such a one.
    ours = [key for key in keys if not mark or _descends(key, mark, slot.links)]
    if not ours:
        raise KnownError("The key file was changed from outside the program. Copy it from the last backup.")
    return ours


def announce(slot: Slot, key: bytes, coming: bytes) -> Slot:
    """The slot with the coming key beside the present one. Only for a slot that is vouched for."""
    # The same text for each slot, under a key that is used for nothing else: so the nonce may be constant.
    link = _text(AESGCM(_of(coming, "link")).encrypt(bytes(12), key, None))
    return replace(slot, sealed_next=_seal(coming, slot.public, slot.holder), links=f"{slot.links} {link}".strip())


def _descends(key: bytes, mark: bytes, links: str) -> bool:
    """Whether a key is the one of the mark, or came after it by re-keyings whose older key each newer one opens."""
    left = links.split()[-MOST_LINKS:]
    while not hmac.compare_digest(_of(key, "mark"), mark):
        older = [(link, found) for link in left if (found := _older(key, link)) is not None]
        if not older:
            return False
        link, key = older[-1]
        left.remove(link)
    return True


def _older(key: bytes, link: str) -> bytes | None:
    try:
        return AESGCM(_of(key, "link")).decrypt(bytes(12), _bytes(link), None)
    except (InvalidTag, ValueError):
        return None


def _of(key: bytes, use: str) -> bytes:
    """A key for one use only, made of the database key."""
    return HKDF(hashes.SHA256(), 32, salt=None, info=f"vaxdesk key {use}".encode()).derive(key)


def settle(slot: Slot, key: bytes, coming: bytes) -> Slot:
    """The slot after the re-keying: the coming key is the key. It stays vouched for where it was."""
    if not slot.sealed_next:
        return slot
    voucher = _voucher(slot, coming) if vouched(slot, key) else ""
    return replace(slot, sealed=slot.sealed_next, sealed_next="", voucher=voucher)


def vouched(slot: Slot, key: bytes) -> bool:
    """Whether holder, name and public key are as somebody wrote them who had the database key."""
    return hmac.compare_digest(slot.voucher.encode(), _voucher(slot, key).encode())


def _voucher(slot: Slot, key: bytes) -> str:
    said = json.dumps([slot.holder, slot.name, slot.public]).encode()
    return hmac.new(_of(key, "slots"), said, "sha256").hexdigest()


def _seal(key: bytes, public: str, holder: str) -> str:
    ephemeral = X25519PrivateKey.generate()
    shared = ephemeral.exchange(X25519PublicKey.from_public_bytes(_bytes(public)))
    ours = ephemeral.public_key().public_bytes_raw()
    # The nonce is constant because the key is used once: a fresh ephemeral key pair for each sealing.
    return _text(ours + AESGCM(_sealing_key(shared, ours)).encrypt(bytes(12), key, holder.encode()))


def _unseal(own: X25519PrivateKey, sealed: str, holder: str) -> bytes:
    data = _bytes(sealed)
    theirs, box = data[:32], data[32:]
    shared = own.exchange(X25519PublicKey.from_public_bytes(theirs))
    return AESGCM(_sealing_key(shared, theirs)).decrypt(bytes(12), box, holder.encode())


def _sealing_key(shared: bytes, ephemeral: bytes) -> bytes:
    return HKDF(hashes.SHA256(), 32, salt=ephemeral, info=b"vaxdesk database key").derive(shared)


def _text(data: bytes) -> str:
    return base64.b64encode(data).decode()


def _bytes(text: str) -> bytes:
    return base64.b64decode(text)


def read(path: Path) -> list[Slot]:
    """The slots of a station.

    :raises KnownError: there is no such file, or it is not one.
    """
    try:
        data = json.loads(path.read_text(encoding="utf-8"))
        return [_slot(row) for row in data["slots"]]
    except FileNotFoundError as error:
        raise KnownError("No station was set up in this folder. Run set-up first.") from error
    except (ValueError, KeyError, TypeError, OSError, RecursionError) as error:
        raise KnownError("The key file {name} cannot be read. Copy it from the last backup.", name=path.name) from error


def _slot(row: dict[str, Any]) -> Slot:
    slot = Slot(**row)
    if any(type(getattr(slot, item.name)).__name__ != item.type for item in fields(Slot)):
        raise ValueError("a value of another kind")
    return slot


def beside(backup: Path) -> Path:
    """Where the key slots of a backup lie."""
    return backup.with_name(backup.name + ".keys")


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
