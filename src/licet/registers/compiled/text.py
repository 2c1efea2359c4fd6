"""Strings between Arrow and plain arrays, without copying where possible."""

from __future__ import annotations

from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from licet.registers.compiled.kernels import kernel


class _Borrowed:
    """An Arrow buffer as NumPy sees it. Arrow data are read-only by convention; one array type keeps one compiled kernel."""

    def __init__(self, buffer: pa.Buffer, dtype: str, offset: int, length: int) -> None:
        self.buffer = buffer
        self.__array_interface__ = {"version": 3, "shape": (length,), "typestr": dtype,
                                    "data": (buffer.address + offset, False)}


def borrow(buffer: pa.Buffer | None, dtype: str, offset: int, length: int) -> NDArray[Any]:
    """``length`` items of ``buffer`` from byte ``offset``; empty without a buffer."""
    if buffer is None or length == 0:
        return np.empty(0, np.dtype(dtype))
    return np.asarray(_Borrowed(buffer, dtype, offset, length))


def combine(column: pa.Array | pa.ChunkedArray) -> pa.Array:
    """One contiguous array."""
    if isinstance(column, pa.ChunkedArray):
        return column.chunk(0) if column.num_chunks == 1 else column.combine_chunks()
    return column


def plain_strings(column: pa.Array | pa.ChunkedArray) -> pa.Array:
    """A ``string`` array without nulls: null means blank; numbers and dictionaries are decoded."""
    array = combine(column)
    if pa.types.is_dictionary(array.type):
        array = array.dictionary_decode()
    if not pa.types.is_string(array.type):
        array = array.cast(pa.string())
    return array.fill_null("") if array.null_count else array


def string_buffers(array: pa.Array) -> tuple[NDArray[np.uint8], NDArray[np.int32]]:
    """Bytes and offsets (length + 1) of a ``string`` array; offsets index the bytes."""
    if len(array) == 0:
        return np.empty(0, np.uint8), np.zeros(1, np.int32)
    _, offsets, data = array.buffers()
    starts: NDArray[np.int32] = borrow(offsets, "<i4", array.offset * 4, len(array) + 1)
    return borrow(data, "|u1", 0, int(starts[-1])), starts


@kernel
def copy_texts(data: Any, starts: Any, lengths: Any, offsets: Any, out: Any) -> None:
    """Copy each ``data[starts[i]:starts[i]+lengths[i]]`` to ``out[offsets[i]:]``."""
    for i in range(len(starts)):
        at, to = starts[i], offsets[i]
        for j in range(lengths[i]):
            out[to + j] = data[at + j]


def take_texts(data: NDArray[np.uint8], starts: NDArray[np.int64], lengths: NDArray[np.int64]) -> pa.Array:
    """Strings cut out of ``data``, as a ``string`` array in the given order."""
    offsets = np.zeros(len(starts) + 1, np.int32)
    np.cumsum(lengths, out=offsets[1:])
    out = np.empty(int(offsets[-1]), np.uint8)
    copy_texts(data, starts, lengths, offsets, out)
    return pa.StringArray.from_buffers(len(starts), pa.py_buffer(offsets), pa.py_buffer(out))


def days(column: pa.Array | pa.ChunkedArray, missing: int) -> NDArray[np.int32]:
    """date32 as days since 1970-01-01; ``missing`` for null."""
    array = combine(column).cast(pa.date32()).view(pa.int32())
    filled: NDArray[np.int32] = np.array(pc.fill_null(array, missing), dtype=np.int32)
    return filled


def list_lengths(array: pa.Array) -> NDArray[np.int32]:
    """Length of each list, 0 for null."""
    return np.array(pc.fill_null(pc.list_value_length(array), 0), dtype=np.int32)
