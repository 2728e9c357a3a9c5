"""Whether those who were cut got their own body back, and when."""

from loadtest.returns import Returns


def test_where_nobody_was_cut_there_are_no_figures() -> None:
    returns = Returns()
    returns.welcomed(0, 7, resumed=False)
    returns.seen(0, 1.0)
    assert returns.figures() is None


def test_ones_own_body_is_the_same_entity_and_resumed() -> None:
    returns = Returns()
    for seat, entity in enumerate((7, 8, 9, 10)):
        returns.welcomed(seat, entity, resumed=False)
        returns.cut(seat, 10.0)
    returns.welcomed(0, 7, resumed=True)
    returns.welcomed(1, 99, resumed=True)
    returns.welcomed(2, 9, resumed=False)
    for seat in range(3):
        returns.seen(seat, 12.0 + seat)
    figures = returns.figures()
    assert figures is not None
    assert (figures.cut, figures.back, figures.own_body) == (4, 3, 1)
    assert (figures.back_s.p50, figures.back_s.max) == (3.0, 4.0)


def test_a_second_first_frame_is_not_counted_again() -> None:
    returns = Returns()
    returns.cut(0, 1.0)
    returns.seen(0, 2.0)
    returns.seen(0, 50.0)
    figures = returns.figures()
    assert figures is not None
    assert (figures.back, figures.back_s.max) == (1, 1.0)
