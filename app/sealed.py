"""A stream under a passphrase: scrypt makes the key, AES-GCM seals chunk after chunk.

The chunks are numbered and the last one says so (the STREAM construction), so that a chunk
changed, left out, doubled, moved or cut off at the end is found. Memory stays flat.

    16 bytes  MAGIC
    16 bytes  salt
     4 bytes  log2(n), r, p of scrypt, log2 of the chunk's length
     7 bytes  beginning of every nonce
    16 bytes  check of the key: a wrong passphrase is told from damage
    chunks    ciphertext and 16 bytes of tag; nonce = beginning, number (4 bytes), last (1 byte)
"""

import hmac
import os
from hashlib import sha256
from typing import IO, Final

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.scrypt import Scrypt

MAGIC: Final = b"enlaza-sealed-1\n"
SALT_BYTES: Final = 16
NONCE_BYTES: Final = 7
CHECK_BYTES: Final = 16
TAG_BYTES: Final = 16
KEY_BYTES: Final = 32
# 128 MiB and half a second for each guess.
SCRYPT: Final = (17, 8, 1)
CHUNK_LOG2: Final = 18
HEADER_BYTES: Final = len(MAGIC) + SALT_BYTES + 4 + NONCE_BYTES
PASSPHRASE_CHARS_MIN: Final = 12


class WrongPassphraseError(Exception):
    """This passphrase does not open the file."""


class SealBrokenError(Exception):
    """The sealed bytes are not those that were written."""


class SealingWriter:
    """Takes plain bytes, writes sealed ones; `finish` writes the end."""

    def __init__(self, sink: IO[bytes], passphrase: str) -> None:
        parameters = bytes((*SCRYPT, CHUNK_LOG2))
        header = MAGIC + os.urandom(SALT_BYTES) + parameters + os.urandom(NONCE_BYTES)
        self._seal = _Seal(header, passphrase)
        self._sink = sink
        self._waiting = bytearray()
        self._sink.write(header + self._seal.check)

    def write(self, plain: bytes) -> int:
        """Seal what fills whole chunks, keep the rest for later."""
        self._waiting += plain
        size = self._seal.chunk_bytes
        while len(self._waiting) > size:
            self._sink.write(self._seal.close(bytes(self._waiting[:size]), last=False))
            del self._waiting[:size]
        return len(plain)

    def finish(self) -> None:
        """Seal the last chunk."""
        self._sink.write(self._seal.close(bytes(self._waiting), last=True))
        self._waiting.clear()


class OpeningReader:
    """Gives the plain bytes of a sealed file, each chunk proved before it is given."""

    def __init__(self, source: IO[bytes], passphrase: str) -> None:
        header = source.read(HEADER_BYTES)
        check = source.read(CHECK_BYTES)
        if len(check) != CHECK_BYTES or not header.startswith(MAGIC):
            message = "the beginning is damaged"
            raise SealBrokenError(message)
        self._seal = _Seal(header, passphrase)
        if not hmac.compare_digest(check, self._seal.check):
            raise WrongPassphraseError
        self._source = source
        self._ready = bytearray()
        self._ahead = source.read(self._seal.chunk_bytes + TAG_BYTES)
        self._ended = False

    def read(self, size: int = -1) -> bytes:
        """Give up to `size` bytes; fewer only at the end."""
        while not self._ended and (size < 0 or len(self._ready) < size):
            now, self._ahead = self._ahead, self._source.read(self._seal.chunk_bytes + TAG_BYTES)
            self._ended = not self._ahead
            self._ready += self._seal.open(now, last=self._ended)
        size = len(self._ready) if size < 0 else size
        given = bytes(self._ready[:size])
        del self._ready[:size]
        return given


def is_sealed(beginning: bytes) -> bool:
    """Say whether a file that begins so asks for a passphrase."""
    return beginning.startswith(MAGIC)


class _Seal:
    def __init__(self, header: bytes, passphrase: str) -> None:
        salt = header[len(MAGIC) : len(MAGIC) + SALT_BYTES]
        parameters = tuple(header[len(MAGIC) + SALT_BYTES : -NONCE_BYTES])
        if parameters != (*SCRYPT, CHUNK_LOG2):  # version 1 knows these alone
            message = "the beginning is damaged"
            raise SealBrokenError(message)
        log2_n, r, p = SCRYPT
        derived = Scrypt(salt=salt, length=2 * KEY_BYTES, n=1 << log2_n, r=r, p=p).derive(
            passphrase.encode()
        )
        self.chunk_bytes = 1 << CHUNK_LOG2
        self.check = hmac.digest(derived[KEY_BYTES:], header, sha256)[:CHECK_BYTES]
        self._cipher = AESGCM(derived[:KEY_BYTES])
        self._header = header
        self._number = 0

    def close(self, plain: bytes, *, last: bool) -> bytes:
        return self._cipher.encrypt(self._nonce(last=last), plain, self._header)

    def open(self, sealed: bytes, *, last: bool) -> bytes:
        try:
            return self._cipher.decrypt(self._nonce(last=last), sealed, self._header)
        except (InvalidTag, ValueError) as error:
            message = f"piece {self._number} is damaged, or the end is missing"
            raise SealBrokenError(message) from error

    def _nonce(self, *, last: bool) -> bytes:
        self._number += 1
        return self._header[-NONCE_BYTES:] + self._number.to_bytes(4) + bytes((last,))
