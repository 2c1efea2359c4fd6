"""Foreign bytes as a response: a browser keeps them as a file and opens them with nothing."""

from __future__ import annotations

from collections.abc import Iterable

from django.http import HttpResponseBase, StreamingHttpResponse

from licet.evidence.models import Item
from licet.evidence.tables import SUFFIX_OF


def attachment(item: Item, chunks: Iterable[bytes]) -> HttpResponseBase:
    """Content that a browser must keep and not open: an attachment of no type, with no rights."""
    return sealed_off(StreamingHttpResponse(chunks), f"{item.ref}.{SUFFIX_OF.get(item.media_type, 'bin')}")


def sealed_off(response: StreamingHttpResponse, name: str) -> HttpResponseBase:
    """Headers for foreign bytes: kept as a file, opened by nothing, kept by no proxy."""
    response["Content-Type"] = "application/octet-stream"
    response["Content-Disposition"] = f'attachment; filename="{name}"'
    response["Content-Security-Policy"] = "default-src 'none'; sandbox"
    response["X-Content-Type-Options"] = "nosniff"
    response["Cache-Control"] = "no-store"
    return response
