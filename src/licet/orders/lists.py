"""The wire forms of lists: a response policy zone (RPZ) for resolvers, lines as JSON or CSV."""

from __future__ import annotations

import io
import ipaddress
from collections.abc import Iterable
from typing import Any

from licet.core.spreadsheet import SafeCsv
from licet.orders.models import Connector, ListEntry

TTL_S = 60
_KINDS = {"hosts": "host", "addresses": "address", "codes": "code"}


def zone_text(connector: Connector, lines: Iterable[ListEntry]) -> str:
    """A complete RPZ zone: names become NXDOMAIN (the name and everything below it), addresses likewise. Names that
    cannot stand in a zone are left out of it; they are in the JSON form."""
    rows = [f"$TTL {TTL_S}", f"@ SOA licet.invalid. licet.invalid. {connector.serial} 300 60 604800 {TTL_S}",
            "@ NS licet.invalid."]
    for line in lines:
        if line.field == "hosts":
            rows += [f"{line.value} CNAME .", f"*.{line.value} CNAME ."]
        elif line.field == "addresses":
            rows.append(f"{_rpz_address(line.value)} CNAME .")
    return "\n".join(rows) + "\n"


def _rpz_address(text: str) -> str:
    """``192.0.2.1`` as ``32.1.2.0.192.rpz-ip``; IPv6 with ``zz`` for the longest run of zeros."""
    address = ipaddress.ip_address(text)
    if address.version == 4:
        return ".".join(["32", *reversed(text.split(".")), "rpz-ip"])
    groups = address.compressed.split("::")
    left, right = groups[0].split(":") if groups[0] else [], groups[1].split(":") if len(groups) > 1 and groups[1] else []
    words = [*left, "zz", *right] if len(groups) > 1 else left
    return ".".join(["128", *reversed(words), "rpz-ip"])


def line_document(line: ListEntry) -> dict[str, Any]:
    """One line as programs read it."""
    return {"serial": line.serial, "action": line.action, "kind": _KINDS[line.field], "value": line.value,
            "order": str(line.order.public_id), "at": line.at.isoformat()}


def csv_text(lines: Iterable[ListEntry]) -> str:
    """Lines as CSV with a header."""
    out = io.StringIO()
    writer = SafeCsv(out)
    writer.writerow(["serial", "action", "kind", "value", "order", "at"])
    writer.writerows(list(line_document(line).values()) for line in lines)
    return out.getvalue()
