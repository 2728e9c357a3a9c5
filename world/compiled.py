"""Loops that NumPy has no one operation for, compiled to machine code once and kept beside their source.

A kernel is a plain function over arrays and numbers whose types are told beforehand: it is compiled when its module is
first imported, a few seconds on a new machine, and never in the middle of a tick. Whoever passes another type gets a
TypeError.

- A kernel that makes no arrays is `borrowing` those of its caller. Others count who holds an array, with a locked
  instruction at every call that hands one on, at every slice and at many a look into a group: fifteen columns through
  four calls a body were 0.8 µs, and 0.03 when borrowed. One that makes arrays unpacks its groups before a loop and
  takes no slices within it.
- An index with a sign may count from the end, and is looked at for that wherever it is used: slots that are handed over
  as unsigned took what 4,000 frames show from 1.2 to 0.7 ms (server/views.py). What is compared with both signs is a
  float to Numba: a kernel steps by an unsigned one of its own.
- Numba notices a change in the file of a kernel, not in others: a kernel uses no constant and no function of another
  file (tests/test_architecture.py).
"""

from collections.abc import Callable
from typing import Any, TypeVar, cast

import numba
import numpy as np
from numba import types

F = TypeVar("F", bound=Callable[..., Any])

# Arrays are named by what is in them and by their dimensions; all are packed row by row.
B1, U1, U2, U4 = types.boolean[::1], types.uint8[::1], types.uint16[::1], types.uint32[::1]
I2, I4, I8 = types.int16[::1], types.int32[::1], types.int64[::1]
U1_2, U4_2 = types.uint8[:, ::1], types.uint32[:, ::1]
I2_2, I4_2, I8_2 = types.int16[:, ::1], types.int32[:, ::1], types.int64[:, ::1]
F8, F8_2 = types.float64[::1], types.float64[:, ::1]
NUMBER, REAL, YES, NOTHING = types.int64, types.float64, types.boolean, types.void


# What is grouped, by its name and its columns: all by which Numba tells one group from another when a kernel is called.
_groups: dict[tuple[str, tuple[Any, ...]], type] = {}


def group(kind: type[tuple[Any, ...]], *columns: Any) -> Any:
    """The type of a NamedTuple whose fields are of these types.

    Raises TypeError where another one in use has the same name and the same columns: one would be taken for the other.
    """
    other = _groups.setdefault((kind.__name__, columns), kind)
    if (other.__module__, other.__qualname__) != (kind.__module__, kind.__qualname__):
        raise TypeError(f"{kind.__module__}.{kind.__name__} has name and columns of that in {other.__module__}")
    if len(set(columns)) == 1:
        return types.NamedUniTuple(columns[0], len(columns), kind)
    return types.NamedTuple(columns, kind)


def numbers(count: int) -> Any:
    """The type of a tuple of so many numbers."""
    return types.UniTuple(NUMBER, count)


def records(dtype: np.dtype[np.void], written: bool = True) -> Any:
    """The type of an array of such records, whose fields a kernel uses by name: `rows[i].entity`.

    One that is not `written` may be what cannot be: bytes off a bus, seen as an array.
    """
    return types.Array(numba.from_dtype(dtype), 1, "C", readonly=not written)


def records_apart(dtype: np.dtype[np.void], dimensions: int) -> Any:
    """The type of such records that do not lie side by side: a column of something wider, or rows of one."""
    return types.Array(numba.from_dtype(dtype), dimensions, "A")


def compiled(returns: Any, *takes: Any, borrowing: bool = False, unlocked: bool = False) -> Callable[[F], F]:
    """Compile a function that takes and returns these types; `borrowing`: neither it nor what it calls makes arrays.

    `unlocked`: other threads of Python's go on meanwhile; nobody may touch what it is handed.

    Where nothing may be written, neither beside the source nor in the user's cache, it is compiled at each start.
    """

    def compile_now(function: F) -> F:
        signature = returns(*takes)
        options: dict[str, Any] = {"_nrt": False} if borrowing else {}
        if unlocked:
            options["nogil"] = True
        try:
            kernel = numba.njit(cache=True, **options)(function)
        except RuntimeError as error:
            if "locator" not in str(error):
                raise
            kernel = numba.njit(**options)(function)
        try:
            kernel.compile(signature)
        except AttributeError:
            # What is kept is read before it is seen that the file has changed, and may name a group that is gone.
            kernel._cache.flush()
            kernel.compile(signature)
        kernel.disable_compile()
        return cast("F", kernel)

    return compile_now
