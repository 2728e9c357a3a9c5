"""Whose address counts: proxies that are trusted are believed from the right, and nobody else is."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from server.gateway.addresses import HOPS_MAX, Proxies, is_local, key_of

PROXIES = Proxies(["10.0.0.0/8", "2001:db8:1::/48", "127.0.0.1"], "x-forwarded-for")
FORWARDED = Proxies(["10.0.0.0/8"], "forwarded")
PROXY, CLIENT = "10.0.0.1", "192.0.2.7"


@pytest.mark.parametrize(
    ("headers", "caller"),
    [
        ([], PROXY),
        ([CLIENT], CLIENT),
        ([f"203.0.113.9, {CLIENT}"], CLIENT),
        (["203.0.113.9", CLIENT], CLIENT),
        ([f"{CLIENT}, 10.9.9.9"], CLIENT),
        ([f"{CLIENT}, 10.9.9.9, 10.8.8.8"], CLIENT),
        ([f"127.0.0.1, {CLIENT}"], CLIENT),
        (["2001:db8:9::1"], "2001:db8:9::1"),
        (["[2001:db8:9::1]:4711"], "2001:db8:9::1"),
        ([f"{CLIENT}:4711"], CLIENT),
        ([f"{CLIENT}, unknown"], PROXY),
        ([f"{CLIENT},"], PROXY),
        (["10.1.1.1"], "10.1.1.1"),
        ([""], PROXY),
    ],
)
def test_the_first_address_from_the_right_that_is_no_proxy_of_ours_called(headers: list[str], caller: str) -> None:
    assert PROXIES.caller(PROXY, headers) == caller


def test_nobody_but_a_trusted_proxy_is_believed() -> None:
    assert PROXIES.caller(CLIENT, ["203.0.113.9"]) == CLIENT
    assert Proxies([], "x-forwarded-for").caller(PROXY, [CLIENT]) == PROXY


def test_a_list_without_end_is_not_followed() -> None:
    assert PROXIES.caller(PROXY, [", ".join([CLIENT, *["10.1.1.1"] * HOPS_MAX])]) == "10.1.1.1"


@pytest.mark.parametrize(
    ("header", "caller"),
    [
        (f"for={CLIENT}", CLIENT),
        (f'For="{CLIENT}:80";proto=https;by=10.0.0.1', CLIENT),
        (f"proto=https; for={CLIENT}", CLIENT),
        ('for="[2001:db8:9::1]:4711"', "2001:db8:9::1"),
        (f"for=203.0.113.9, for={CLIENT}", CLIENT),
        ("for=_hidden", PROXY),
        ("proto=https", PROXY),
        (CLIENT, PROXY),
    ],
)
def test_the_standard_header_is_read_where_it_is_the_one_that_counts(header: str, caller: str) -> None:
    assert FORWARDED.caller(PROXY, [header]) == caller


@given(st.lists(st.text(max_size=60), max_size=4))
def test_whatever_a_header_holds_the_caller_is_an_address(headers: list[str]) -> None:
    for proxies in (PROXIES, FORWARDED):
        assert key_of(proxies.caller(PROXY, headers))
        assert proxies.caller(CLIENT, headers) == CLIENT


def test_a_network_of_ipv6_is_one_address_and_ipv4_stays_itself_however_it_comes() -> None:
    assert key_of("2001:db8:9:1::1") == key_of("2001:db8:9:1:ffff::2") != key_of("2001:db8:9:2::1")
    assert key_of("::ffff:192.0.2.7") == key_of("192.0.2.7") == "192.0.2.7"
    assert key_of("nonsense") == "nonsense"


@pytest.mark.parametrize("address", ["127.0.0.1", "127.9.9.9", "::1", "::ffff:127.0.0.1"])
def test_loopback_is_this_machine(address: str) -> None:
    assert is_local(address)


@pytest.mark.parametrize("address", ["", "nonsense", "128.0.0.1", "fe80::1%eth0", "::ffff:10.0.0.1"])
def test_nothing_else_is_this_machine(address: str) -> None:
    assert not is_local(address)
