"""Signatures of bundles: Ed25519 (RFC 8032), by the ``cryptography`` library.

What is signed begins with a text that says what it is for: a signature made for anything else, or by another
program with the same key, is none of a bundle. Signatures of bundles of format 1 were made without it.
"""

from __future__ import annotations

import hashlib
from typing import Any

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

CONTEXT = b"AR Effects bundle\0"


def new_key() -> bytes:
    """A private key, 32 bytes, to be kept by the author and by nobody else."""
    return Ed25519PrivateKey.generate().private_bytes_raw()


def signature_of(data: bytes, key: bytes) -> dict[str, str]:
    """The signature and the public key that it can be checked with."""
    private = Ed25519PrivateKey.from_private_bytes(key)
    return {
        "key": private.public_key().public_bytes_raw().hex(),
        "signature": private.sign(CONTEXT + data).hex(),
    }


def verified_key(data: bytes, signed: Any, context: bytes = CONTEXT) -> str | None:
    """The public key, in hex, that signed ``data``; None where the signature does not fit.

    Args:
        data: what is said to be signed.
        signed: a table with key and signature, in hex.
        context: empty for signatures that were made without it.
    """
    if not isinstance(signed, dict):
        return None
    try:
        key = bytes.fromhex(signed["key"])
        Ed25519PublicKey.from_public_bytes(key).verify(bytes.fromhex(signed["signature"]), context + data)
    except (InvalidSignature, KeyError, TypeError, ValueError):
        return None
    return key.hex()


def fingerprint(key: str) -> str:
    """A short name for a public key that two people can compare."""
    digest = hashlib.sha256(bytes.fromhex(key)).hexdigest()
    return "-".join(digest[i : i + 4] for i in range(0, 16, 4))
