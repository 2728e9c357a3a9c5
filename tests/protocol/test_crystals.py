"""A crystal's row is the documented one, seen three ways: struct, NumPy and plain bytes."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from protocol.codec import decode_server, encode
from protocol.crystals import CRYSTAL_ROW, CRYSTAL_ROW_DTYPE, read_crystals
from protocol.errors import ProtocolError
from protocol.limits import CRYSTALS_MAX
from protocol.messages import Crystals

U8, U32 = st.integers(0, 255), st.integers(0, 2**32 - 1)
I16, I32 = st.integers(-(2**15), 2**15 - 1), st.integers(-(2**31), 2**31 - 1)
ROWS = st.lists(st.tuples(U32, I16, I16, I16, U8, U8), max_size=CRYSTALS_MAX)


@given(U32, I32, I32, I32, ROWS)
def test_crystals_survive_the_wire(tick: int, x: int, y: int, z: int, rows: list[tuple[int, ...]]) -> None:
    said = Crystals(tick, x, y, z, np.array(rows, CRYSTAL_ROW_DTYPE).tobytes())
    heard = decode_server(encode(said))
    assert heard == said
    assert read_crystals(said.rows).tolist() == rows


def test_a_row_has_twelve_bytes_either_way() -> None:
    assert CRYSTAL_ROW.size == CRYSTAL_ROW_DTYPE.itemsize == 12
    packed = CRYSTAL_ROW.pack(0x04030201, 5, -1, 6, 7, 8)
    assert packed == bytes([1, 2, 3, 4, 5, 0, 0xFF, 0xFF, 6, 0, 7, 8])
    assert read_crystals(packed).tolist() == [(0x04030201, 5, -1, 6, 7, 8)]


def test_more_crystals_than_a_viewer_is_shown_are_refused() -> None:
    assert decode_server(encode(Crystals(1, 0, 0, 0, bytes(12 * CRYSTALS_MAX))))
    with pytest.raises(ProtocolError, match="'rows'"):
        decode_server(encode(Crystals(1, 0, 0, 0, bytes(12 * (CRYSTALS_MAX + 1)))))
