"""Where questions may go: whatever a citizen keyed, never anywhere else."""

from urllib.parse import unquote, urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ivr_engine.outside.address import AddressRefused, address

HOSTS = frozenset({"water.example", "127.0.0.1:8080", "[::1]:8080"})


@pytest.mark.parametrize(
    ("template", "values", "expected"),
    [
        ("https://water.example/bills/{id}", {"id": "0123"}, "https://water.example/bills/0123"),
        ("https://water.example", {}, "https://water.example/"),
        ("https://WATER.example/x", {}, "https://WATER.example/x"),
        ("https://water.example:443/x", {}, "https://water.example:443/x"),
        ("http://127.0.0.1:8080/x?a={a}&b={b}", {"a": True, "b": 12}, "http://127.0.0.1:8080/x?a=true&b=12"),
        ("http://[::1]:8080/x", {}, "http://[::1]:8080/x"),
        ("https://water.example/x?q={q}", {"q": "서울 &a=1#/?"}, None),
        ("https://water.example/{q}/y", {"q": "../../admin?x=1"}, "https://water.example/..%2F..%2Fadmin%3Fx%3D1/y"),
    ],
)
def test_given_a_listed_host_when_values_are_put_in_then_they_stay_in_their_places(
    template: str, values: dict[str, str | int | bool], expected: str | None
) -> None:
    whole = address(template, values, HOSTS)
    if expected is not None:
        assert whole == expected
    else:
        assert unquote(urlsplit(whole).query.removeprefix("q=")) == values["q"]
        assert whole.isascii()
        assert whole.count("&") == 0


@pytest.mark.parametrize(
    ("template", "values"),
    [
        ("ftp://water.example/x", {}),
        ("file:///etc/passwd", {}),
        ("//water.example/x", {}),
        ("https://other.example/x", {}),
        ("https://water.example:8443/x", {}),
        ("http://127.0.0.1/x", {}),
        ("http://127.0.0.1:8081/x", {}),
        ("https://water.example.evil.example/x", {}),
        ("https://user@water.example/x", {}),
        ("https://other.example@water.example/x", {}),
        ("https://{host}/x", {"host": "water.example"}),
        ("https://water.example{x}/x", {"x": ":8080"}),
        ("https://water.example:{port}/x", {"port": 443}),
        ("https://water.example/{x}", {"x": ".."}),
        ("https://water.example/a/{x}{y}/b", {"x": ".", "y": "."}),
        ("https://water.example/{missing}", {}),
        ("https://water.example/{x}", {"x": "9" * 201}),
        ("https://water.example/x#{x}", {"x": "1"}),
        ("https://water.example/ä", {}),
        ("https://water.example/a b", {}),
        ("https://water.example:99999/", {}),
        ("https://[::1/", {}),
        ("", {}),
    ],
)
def test_given_any_other_address_when_it_is_made_then_it_is_refused(
    template: str, values: dict[str, str | int | bool]
) -> None:
    with pytest.raises(AddressRefused):
        address(template, values, HOSTS)


@given(st.text(max_size=200), st.text(max_size=200))
def test_given_any_text_at_all_when_it_is_a_value_then_host_and_folder_are_as_written(one: str, two: str) -> None:
    try:
        whole = address("https://water.example/bills/{one}/x?month={two}&y=1", {"one": one, "two": two}, HOSTS)
    except AddressRefused:
        return
    parts = urlsplit(whole)
    assert (parts.scheme, parts.netloc, parts.fragment) == ("https", "water.example", "")
    folder, said, last = parts.path.removeprefix("/").split("/")
    assert (folder, unquote(said), last) == ("bills", one, "x")
    assert parts.query.split("&")[1:] == ["y=1"]
    assert unquote(parts.query.split("&")[0].removeprefix("month=")) == two
