"""RFC 3161: asking an authority to sign a hash, and checking what it answered. Knows no database.

Rule: RFC 3161
"""

from __future__ import annotations

import dataclasses
import datetime as dt
import functools
import hashlib
import warnings
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from cryptography import x509

from licet.core.errors import BadInput, BadSetting
from licet.core.lazy import lazy

if TYPE_CHECKING:
    import httpx
    import rfc3161_client
    import rfc3161_client.errors
else:
    httpx, rfc3161_client = lazy("httpx"), lazy("rfc3161_client", "rfc3161_client.errors")

SECONDS = 20
LARGEST_ANSWER = 256 * 1024
_PLACEHOLDER = b"licet"


class StampRefused(BadInput):
    """The time stamp does not hold."""

    code = "stamp_refused"


@dataclasses.dataclass(frozen=True, kw_only=True)
class Attested:
    """What a time stamp says. ``trusted``: its chain ends in a certificate the operator configured, not only
    in a public one."""

    token: bytes
    at: dt.datetime
    serial: str
    trusted: bool


def read_certificates(paths: Iterable[str | Path]) -> list[x509.Certificate]:
    """All certificates in some PEM files. Raises :class:`BadSetting` naming the file."""
    found: list[x509.Certificate] = []
    for path in paths:
        try:
            found += x509.load_pem_x509_certificates(Path(path).read_bytes())
        except (OSError, ValueError) as error:
            raise BadSetting(f"{path} holds no certificates that can be read: {error}",
                             hint="LICET_TSA_CA names PEM files") from error
    return found


@functools.lru_cache(maxsize=1)
def public_roots() -> list[x509.Certificate]:
    """The roots that HTTPS trusts here; many public time-stamp authorities lead to one of them."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # some old roots have serial numbers one would not choose today
        return [x509.load_der_x509_certificate(raw)
                for raw in httpx.create_ssl_context().get_ca_certs(binary_form=True)]


def request_for(sha256: str) -> rfc3161_client.TimeStampRequest:
    """A request for a hash, with a nonce. (The library hashes what it is given; here the hash is known already and its
    32 bytes take the place of another hash's.)"""
    return rfc3161_client.TimestampRequestBuilder().data(_PLACEHOLDER).hash_algorithm(
        rfc3161_client.HashAlgorithm.SHA256).cert_request(cert_request=True).build()


def request_bytes(request: rfc3161_client.TimeStampRequest, sha256: str) -> bytes:
    """The request as it is sent."""
    whole, stand_in = request.as_bytes(), hashlib.sha256(_PLACEHOLDER).digest()
    if whole.count(stand_in) != 1:
        raise StampRefused("the request cannot be written")
    return whole.replace(stand_in, bytes.fromhex(sha256))


def ask(authority: str, sha256: str, roots: Sequence[x509.Certificate]) -> Attested:
    """Ask one authority to stamp a hash. Raises :class:`StampRefused`, also when it does not answer."""
    request = request_for(sha256)
    try:
        with httpx.Client(timeout=SECONDS, follow_redirects=False) as client:
            answer = client.post(authority, content=request_bytes(request, sha256),
                                 headers={"Content-Type": "application/timestamp-query"})
            answer.raise_for_status()
    except (httpx.HTTPError, httpx.InvalidURL) as error:
        raise StampRefused(f"the authority does not answer: {type(error).__name__}") from error
    if len(answer.content) > LARGEST_ANSWER:
        raise StampRefused("the authority's answer is too long")
    return check(answer.content, sha256, roots, nonce=request.nonce)


def check(token: bytes, sha256: str, roots: Sequence[x509.Certificate], *, nonce: int | None = None) -> Attested:
    """What a token attests, if its signature and its hash fit and its chain ends in one of ``roots`` (without any: in
    one of the roots that HTTPS trusts).

    Raises :class:`StampRefused`.
    """
    try:
        response = rfc3161_client.decode_timestamp_response(token)
        builder = rfc3161_client.VerifierBuilder(roots=list(roots) or public_roots(), nonce=nonce)
        builder.build().verify(response, bytes.fromhex(sha256))
        info = response.tst_info
        return Attested(token=token, at=info.gen_time.astimezone(dt.UTC), serial=f"{info.serial_number:x}",
                        trusted=bool(roots))
    except (rfc3161_client.errors.VerificationError, ValueError, TypeError, AttributeError) as error:
        raise StampRefused(f"the time stamp does not hold: {str(error)[:200]}") from error
