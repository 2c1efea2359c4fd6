"""Who is at a name, an address, above a provider: questions the registers answer through an index at any size.

Under row-level security PostgreSQL evaluates nothing before the policy that it does not trust to keep hidden rows'
values to itself: LIKE, containment of blocks, overlap of arrays read the whole table, however good their index. Equality and
order of texts are trusted, so every question here is asked with them alone (migrations 0005 and 0010).
"""

from __future__ import annotations

import ipaddress
from collections.abc import Iterable, Iterator
from typing import Any

from django.db import connection
from django.db.models import Q
from django.db.models.functions import Collate
from django.db.models.lookups import GreaterThanOrEqual, LessThan

from licet.registers.models import AccessRelation

MOST_VERSIONS = 10_000  # of filings that list the names asked, present and past
REVERSED_NAME = Collate("domain_reversed", "C")  # as its index has it
_LAST = "\U0010ffff"  # sorts after every continuation of a beginning

# Two questions: one condition that PostgreSQL does not trust would keep the whole OR from its index.
_LISTED_FIRST = ("SELECT id FROM registers_filing WHERE domains[1] = ANY(%(names)s)"
                 " OR (domains[2] IS NOT NULL AND domains[2] = ANY(%(names)s))"
                 " OR (domains[3] IS NOT NULL AND domains[3] = ANY(%(names)s)) LIMIT %(most)s")
_LISTED_LATER = "SELECT id FROM registers_filing WHERE domains[4] > '' AND domains && %(names)s::varchar[] LIMIT %(most)s"


def filings_naming(names: Iterable[str]) -> list[int]:
    """Primary keys of the versions of filings, present and past, that list one of these host names."""
    values: dict[str, Any] = {"names": list(names), "most": MOST_VERSIONS}
    ids: list[int] = []
    with connection.cursor() as cursor:
        for statement in (_LISTED_FIRST, _LISTED_LATER):
            cursor.execute(statement, values)
            ids += [row[0] for row in cursor.fetchall()]
    return ids


def below(hosts: Iterable[str]) -> Q:
    """On access relations: the name lies below one of these hosts, as ``a.site.example`` lies below ``site.example``."""
    found = Q(pk__in=[])
    for host in hosts:
        beginning = f".{host}"[::-1]
        found |= Q(GreaterThanOrEqual(REVERSED_NAME, beginning), LessThan(REVERSED_NAME, beginning + _LAST))
    return found


def blocks_around(addresses: Iterable[str]) -> list[str]:
    """The blocks that may hold one of these addresses or blocks, itself among them: 33 of an IPv4 address, 129 of an IPv6.

    Equality is trusted where containment (``>>=``) is not.
    """
    networks = [ipaddress.ip_network(address, strict=False) for address in addresses]
    return sorted({str(network.supernet(new_prefix=length)) for network in networks for length in range(network.prefixlen + 1)})


def providers_above(provider_id: str) -> Iterator[str]:
    """Whom present access relations of a provider name as upstream, each once.

    Each is found by stepping over all relations that name the one before: a carrier has millions that name one.
    """
    rows = AccessRelation.objects.filter(provider_id=provider_id, until__isnull=True).order_by("upstream_provider_id")
    last = ""
    while found := rows.filter(upstream_provider_id__gt=last).values_list("upstream_provider_id", flat=True).first():
        yield (last := found)

