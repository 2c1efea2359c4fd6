"""Keeping what a load could not read, so that nobody is accused for the absence of a record that was there, unreadable."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pyarrow.parquet as pq
from django.db import connection

from licet.core.actors import WORKER
from licet.core.rls import acting_as
from licet.registers.exchange.merging import MergeOrder
from licet.registers.models import RegisterLoad, UnreadRow

_AT_A_TIME = 5_000
# Rows this load takes, each with what it names.
_TAKEN = " JOIN licet_plan p ON p.line = i.line AND p.action <> ALL(ARRAY['newer', 'overlap', 'foreign'])"
_BROUGHT = {
    "filings": ("SELECT 'number' AS what, i.filing_no AS value FROM licet_incoming i{taken}"
                " UNION ALL SELECT 'domain', unnest(i.domains) FROM licet_incoming i{taken}"
                " UNION ALL SELECT 'subject', i.subject_no FROM licet_incoming i{taken}"),
    "licences": ("SELECT 'licence' AS what, i.licence_no AS value FROM licet_incoming i{taken}"
                 " UNION ALL SELECT 'provider', i.provider_id FROM licet_incoming i{taken}"),
    "annual_reviews": "SELECT 'licence' AS what, i.licence_no AS value FROM licet_incoming i{taken}",
    "addresses": ("SELECT 'block' AS what, i.cidr::text AS value FROM licet_incoming i{taken}"
                  " UNION ALL SELECT 'holder', i.holder_id FROM licet_incoming i{taken}"),
    "blacklist": "SELECT i.kind AS what, i.value FROM licet_incoming i{taken}",
}


def record_unread(load: RegisterLoad, order: MergeOrder) -> None:
    """Close what this load brings again, and keep what it could not read. In the load's transaction.

    The system writes it: whoever brings a record repairs also what somebody else's file said of it badly.
    """
    staged = order.staged
    if staged.kind.id not in _BROUGHT:
        return
    with acting_as(WORKER), connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtext('licet:register'), hashtext('unread'))")
        if UnreadRow.objects.filter(kind=load.kind, until__isnull=True).exists():
            cursor.execute(_close_sql(order), {"kind": load.kind, "day": order.as_of, "provider": order.provider})
        cursor.execute("SELECT nextval('licet_change_seq')")
        ((sequence,),) = cursor.fetchall()
        for path in sorted(staged.directory.glob("unread-*.parquet")):
            for batch in pq.ParquetFile(path).iter_batches(_AT_A_TIME):
                UnreadRow.objects.bulk_create([_row(load, order, sequence, row) for row in batch.to_pylist()])


def _row(load: RegisterLoad, order: MergeOrder, sequence: int, row: Mapping[str, Any]) -> UnreadRow:
    return UnreadRow(kind=load.kind, what=row["what"], value=row["value"][:300], closes=row["closes"], line=row["line"],
                     file_name=load.file_name, load=load, provider_id=load.provider_id, since=order.as_of,
                     change_seq=sequence)


def _close_sql(order: MergeOrder) -> str:
    """All of them when the file is complete (of its provider); else those whose record it brings."""
    kind = order.staged.kind.id
    if order.end_absent:
        which = "u.provider_id = %(provider)s" if order.provider else "true"
    else:
        which = (f"(u.load_id, u.line) IN (SELECT o.load_id, o.line FROM ({_BROUGHT[kind].format(taken=_TAKEN)}) b"
                 " JOIN registers_unreadrow o ON o.value = b.value AND o.what = b.what"
                 " WHERE o.until IS NULL AND o.kind = %(kind)s AND o.closes)")
    return ("UPDATE registers_unreadrow u SET until = greatest(u.since, %(day)s::date),"
            f" change_seq = nextval('licet_change_seq') WHERE u.until IS NULL AND u.kind = %(kind)s AND {which}")
