"""A stream of bytes under a passphrase: authenticated, in pieces, of any length.

    offset  bytes
    0       8     b"CUELOCK" and the version, 1
    8       3     scrypt cost: log2 N, r, p
    11      16    salt
    27      7     nonce prefix
    34      32    HMAC-SHA256 over the 34 bytes before it
    66      ...   pieces of 1 MiB, each with a tag of 16 bytes; the last one may be shorter or empty

scrypt (RFC 7914) turns passphrase and salt into two keys: one for the pieces, one for the header's HMAC, by which a
wrong passphrase is known before anything is decrypted. Every piece is AES-256-GCM with the nonce prefix, its number
(4 bytes) and a byte that marks the last one: the STREAM construction of Hoang, Reyhanitabar, Rogaway and Vizár (2015),
so that pieces cannot be left out, repeated, reordered or cut off. The header is the associated data of each piece.
"""

from __future__ import annotations

import hmac
import os
from collections.abc import Iterator
from typing import IO, TYPE_CHECKING, Any

from cuetrack.errors import CuetrackError, StoreError, WrongPassphrase

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM

PIECE = 1 << 20
COST = 17
"""log2 of scrypt's N: 128 MB of memory and about half a second for every guess."""
_MAGIC = b"CUELOCK\x01"
_R, _P = 8, 1
_TAG, _HEAD, _MAC = 16, 34, 32
_HIGHEST_COST = 22  # a header that asks for more than 4 GB is not ours


class Sealing:
    """A writable stream that encrypts what is written into `target`; `close` writes the last piece."""

    def __init__(self, target: IO[bytes], passphrase: str, *, cost: int = COST) -> None:
        head = _MAGIC + bytes((cost, _R, _P)) + os.urandom(16) + os.urandom(7)
        key, mac = _keys(passphrase, head)
        self._head, self._cipher, self._target = head, _gcm(key), target
        self._waiting, self._number = bytearray(), 0
        target.write(head + hmac.digest(mac, head, "sha256"))

    def write(self, data: Any) -> int:
        """Take bytes; whole pieces go out at once, so that memory stays constant."""
        self._waiting += data
        while len(self._waiting) > PIECE:  # the last piece, even a full one, waits for close
            self._put(bytes(self._waiting[:PIECE]), last=False)
            del self._waiting[:PIECE]
        return len(data)

    def close(self) -> None:
        """Write the last piece; the target stays open."""
        self._put(bytes(self._waiting), last=True)
        self._waiting.clear()

    def _put(self, piece: bytes, *, last: bool) -> None:
        self._target.write(self._cipher.encrypt(_nonce(self._head, self._number, last), piece, self._head))
        self._number += 1


class Opening:
    """A readable stream of what `Sealing` wrote.

    Raises WrongPassphrase, or StoreError for what is damaged, cut off or no such file; no byte of a piece is given
    out before the whole piece is proved.
    """

    def __init__(self, source: IO[bytes], passphrase: str) -> None:
        head, mac = source.read(_HEAD), source.read(_MAC)
        if len(mac) < _MAC or head[:7] != _MAGIC[:7]:
            raise StoreError("this is not a locked session")
        if head[:8] != _MAGIC:
            raise StoreError(f"locked by a newer cuetrack (version {head[7]}, this one knows 1); update cuetrack")
        if head[8] > _HIGHEST_COST or head[9:11] != bytes((_R, _P)):
            raise StoreError("the header of the locked session is damaged; take a backup")
        key, mac_key = _keys(passphrase, head)
        if not hmac.compare_digest(hmac.digest(mac_key, head, "sha256"), mac):
            raise WrongPassphrase("this is not the passphrase it was locked with; nothing was changed")
        self._pieces = _pieces(source, head, _gcm(key))
        self._ready = bytearray()

    def read(self, size: int = -1) -> bytes:
        """Return up to `size` bytes, all that is left if negative, b"" at the end."""
        while size < 0 or len(self._ready) < size:
            piece = next(self._pieces, None)
            if piece is None:
                break
            self._ready += piece
        size = len(self._ready) if size < 0 else size
        out = bytes(self._ready[:size])
        del self._ready[:size]
        return out


def _pieces(source: IO[bytes], head: bytes, cipher: AESGCM) -> Iterator[bytes]:
    from cryptography.exceptions import InvalidTag

    number, following = 0, source.read(PIECE + _TAG)
    while True:
        piece, following = following, source.read(PIECE + _TAG)
        try:
            yield cipher.decrypt(_nonce(head, number, not following), piece, head)
        except (InvalidTag, ValueError):
            raise StoreError(
                f"the locked session is damaged or cut off, about {number} MB into it; take a backup"
            ) from None
        if not following:
            return
        number += 1


def _keys(passphrase: str, head: bytes) -> tuple[bytes, bytes]:
    """Return the pieces' key and the header's, 32 bytes each."""
    import unicodedata

    secret = unicodedata.normalize("NFC", passphrase).encode()  # keyboards write the same letter in two ways
    try:
        from cryptography.hazmat.primitives.kdf.scrypt import Scrypt
    except ImportError:
        raise CuetrackError("locking needs one more package: pip install 'cuetrack[encrypt]', then again") from None
    both = Scrypt(salt=head[11:27], length=64, n=1 << head[8], r=head[9], p=head[10]).derive(secret)
    return both[:32], both[32:]


def _nonce(head: bytes, number: int, last: bool) -> bytes:
    return head[27:34] + number.to_bytes(4, "big") + bytes((last,))


def _gcm(key: bytes) -> AESGCM:
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM

    return AESGCM(key)
