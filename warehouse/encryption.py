"""Encryption at rest: where the key comes from, and how the files beside the database are sealed.

The database, its log and its temporary files are DuckDB's to encrypt (AES-256-GCM); what waits in
the inbox is sealed here with the same cipher and a key derived from the same one. The key is read
from a file or the environment, never from the command line, where others can see it.
"""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from pathlib import Path

from Crypto.Cipher import AES
from Crypto.Hash import SHA256
from Crypto.Protocol.KDF import HKDF

#: The environment: the key or a file with it, a copy of httpfs, and consent to do without one.
KEY, KEY_FILE = "CHANNELWATCH_KEY", "CHANNELWATCH_KEY_FILE"
HTTPFS, ALLOW_MBEDTLS = "CHANNELWATCH_HTTPFS", "CHANNELWATCH_ALLOW_MBEDTLS"

SHORTEST = 32
MAGIC = b"CWSEAL01"
NONCE, TAG = 12, 16
#: Lies in the inbox of an encrypted warehouse, so that nobody hands over plain files to it.
MARK = "encrypted"

HOW = (
    "a warehouse that is there opens with its own key alone, so name the file of that one; for a "
    "new one make a key: openssl rand -hex 32 > warehouse.key; chmod 600 warehouse.key"
)


class KeyProblem(Exception):  # noqa: N818
    """A key cannot be used; the message says why and what to do."""

    exit_code = 3


@dataclass(frozen=True)
class Encryption:
    """The key of a warehouse, and what may encrypt.

    Args:
        key: at least 32 characters.
        httpfs: DuckDB's extension file with OpenSSL's cipher, of the same version as DuckDB.
        allow_mbedtls: encrypt with the cipher that DuckDB has built in where there is no httpfs.
            Its weakness: it has no cryptographically secure source of random numbers, so the
            nonces (and the key of temporary files) may be guessed or come twice. A nonce that
            comes twice shows how two blocks differ, and lets blocks be forged; DuckDB's authors
            call it unsafe (duckdb/duckdb#20148, #20420). It keeps a lost disk unreadable to who
            finds it, not to who can study many versions of the file.
    """

    key: str = field(repr=False)
    httpfs: Path | None = None
    allow_mbedtls: bool = False

    def __post_init__(self) -> None:
        if len(self.key) < SHORTEST:
            raise KeyProblem(f"the key has {len(self.key)} characters, {SHORTEST} at least; {HOW}")

    def seal(self, data: bytes) -> bytes:
        """Encrypt the bytes of a file (AES-256-GCM, a random nonce each)."""
        cipher = AES.new(self._file_key(), AES.MODE_GCM, nonce=os.urandom(NONCE))
        body, tag = cipher.encrypt_and_digest(data)
        return bytes(MAGIC + cipher.nonce + body + tag)

    def unseal(self, data: bytes) -> bytes:
        """The bytes that were sealed.

        Raises:
            ValueError: another key sealed them, or they are damaged.
        """
        if not data.startswith(MAGIC):
            raise ValueError("it is not encrypted, and this warehouse is")
        start, end = len(MAGIC) + NONCE, len(data) - TAG
        cipher = AES.new(self._file_key(), AES.MODE_GCM, nonce=data[len(MAGIC) : start])
        try:
            return bytes(cipher.decrypt_and_verify(data[start:end], data[end:]))
        except ValueError:
            raise ValueError("another key encrypted it, or it is damaged") from None

    def fingerprint(self) -> str:
        """Sixteen letters by which the same key is known; the key does not follow from them."""
        return self._derived(b"channelwatch fingerprint")[:8].hex()

    def _file_key(self) -> bytes:
        return self._derived(b"channelwatch inbox")

    def _derived(self, context: bytes) -> bytes:
        made = HKDF(self.key.encode(), 32, b"", SHA256, context=context)
        assert isinstance(made, bytes)
        return made


def from_environment() -> Encryption | None:
    """The encryption that the environment asks for; None: none.

    Raises:
        KeyProblem: the key file cannot be read, or the key is too short.
    """
    path = os.environ.get(KEY_FILE)
    key = read_key(Path(path)) if path else os.environ.get(KEY)
    if not key:
        return None
    httpfs = os.environ.get(HTTPFS)
    return Encryption(
        key, Path(httpfs) if httpfs else None, os.environ.get(ALLOW_MBEDTLS, "") not in ("", "0")
    )


def read_key(path: Path, how: str = HOW) -> str:
    """A key from a file: its first line; ``how`` says how to make one, where it cannot be read.

    Raises:
        KeyProblem: the file cannot be read or is empty.
    """
    try:
        text = path.read_text("utf-8").strip()
    except (OSError, UnicodeDecodeError) as error:
        why = (error.strerror if isinstance(error, OSError) else None) or "it is no text"
        raise KeyProblem(f"the key file {path} cannot be read ({why}); {how}") from error
    if not text:
        raise KeyProblem(f"the key file {path} is empty; {how}")
    return text.split("\n", 1)[0].strip()


def is_sealed(data: bytes) -> bool:
    """Whether these are bytes that were sealed."""
    return data.startswith(MAGIC)


def outgoing(folder: Path, data: bytes) -> bytes:
    """The bytes of a file for an inbox: sealed, where there is a key.

    Raises:
        KeyProblem: the inbox is of an encrypted warehouse, and there is no key.
    """
    encryption = from_environment()
    if encryption is not None:
        return encryption.seal(data)
    if (folder / MARK).exists():
        raise KeyProblem(
            f"{folder} is the inbox of an encrypted warehouse; name the file of its key with "
            f"{KEY_FILE}"
        )
    return data


def incoming(data: bytes, encryption: Encryption | None = None) -> bytes:
    """The bytes of a file of an inbox, opened where they are sealed.

    Raises:
        ValueError: they are sealed with another key, or there is none; or they are not sealed
            and ``encryption`` says that they must be.
    """
    if encryption is not None:
        return encryption.unseal(data)
    if not is_sealed(data):
        return data
    encryption = from_environment()
    if encryption is None:
        raise ValueError(f"it is encrypted; name the key with {KEY_FILE} or --key-file")
    return encryption.unseal(data)
