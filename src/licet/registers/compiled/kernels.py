"""How compiled functions are compiled.

``kernel`` is called from Python, releases the interpreter and is kept on disk (``NUMBA_CACHE_DIR`` says where);
``inner`` is called from kernels. Both allocate nothing, so reference counting is switched off: passing tuples of arrays
around would otherwise cost an atomic operation for each array and call, several times the work itself. The few kernels
that allocate scratch memory are ``allocating_kernel``.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar, cast

from numba import njit

F = TypeVar("F", bound=Callable[..., Any])
_KERNEL: dict[str, Any] = {"cache": True, "nogil": True, "_nrt": False}
_INNER: dict[str, Any] = {"forceinline": True, "_nrt": False}


def kernel(function: F) -> F:
    """Compile a function that Python calls."""
    compiled: Any = njit(**_KERNEL)(function)
    return cast("F", compiled)


def allocating_kernel(function: F) -> F:
    """Compile a function that Python calls and that makes arrays of its own."""
    compiled: Any = njit(cache=True, nogil=True)(function)
    return cast("F", compiled)


def inner(function: F) -> F:
    """Compile a function that only kernels call."""
    compiled: Any = njit(**_INNER)(function)
    return cast("F", compiled)
