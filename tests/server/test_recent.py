"""A bounded table: what is touched stays, what is not is forgotten."""

from server.recent import Recent


def test_beyond_its_size_the_longest_untouched_is_forgotten() -> None:
    table: Recent[str, int] = Recent(2)
    for number, key in enumerate("abac"):
        table.keep(key, number)
    assert (table.find("a"), table.find("b"), table.find("c")) == (2, None, 3)
    assert len(table) == 2


def test_looking_at_something_does_not_keep_it() -> None:
    table: Recent[str, int] = Recent(2)
    table.keep("a", 1)
    table.keep("b", 2)
    table.find("a")
    table.keep("c", 3)
    assert table.find("a") is None


def test_what_is_forgotten_is_gone_and_may_be_forgotten_again() -> None:
    table: Recent[str, int] = Recent(2)
    table.keep("a", 1)
    table.forget("a")
    table.forget("a")
    assert (table.find("a"), len(table)) == (None, 0)


def test_it_never_grows_beyond_its_size_whatever_arrives() -> None:
    table: Recent[int, int] = Recent(10)
    for number in range(1000):
        table.keep(number, number)
        assert len(table) <= 10
