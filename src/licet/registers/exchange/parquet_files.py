"""Parquet, row group by row group."""

from __future__ import annotations

import functools
from collections.abc import Iterator
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from licet.registers.exchange.errors import BrokenContainer
from licet.registers.exchange.headers import HeaderMap, map_headers
from licet.registers.exchange.readers import Opened, RawBatch
from licet.registers.kinds import Kind


def open_parquet(path: Path, kind: Kind, provided: frozenset[str]) -> Opened:
    """Columns and batches of a Parquet file; a row's line is its position plus one, as if there were a header line."""
    try:
        with pq.ParquetFile(path) as file:
            names = file.schema_arrow.names
    except (pa.ArrowException, OSError) as error:
        raise BrokenContainer(f"{path.name} is truncated or damaged: {error}") from error
    found = map_headers(kind, names, provided)
    return found, functools.partial(_batches, path, found, names)


def _batches(path: Path, found: HeaderMap, names: list[str], limit: int) -> Iterator[RawBatch]:
    wanted = [name for name, column in zip(names, found.columns, strict=True) if column]
    meaning = dict(zip(names, found.columns, strict=True))
    at = 0
    try:
        with pq.ParquetFile(path, pre_buffer=False) as file:
            total = file.metadata.num_rows
            for batch in file.iter_batches(batch_size=limit, columns=wanted):
                lines = list(range(at + 2, at + 2 + batch.num_rows))
                at += batch.num_rows
                cells = {meaning[name]: batch.column(name).to_pylist() for name in batch.schema.names}
                yield RawBatch(lines, cells, [], at, total, spreadsheet=False)
    except (pa.ArrowException, OSError, UnicodeDecodeError) as error:
        raise BrokenContainer(f"{path.name} is damaged after row {at}: {error}") from error
