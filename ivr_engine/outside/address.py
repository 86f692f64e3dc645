"""Where a question may go: a template of the operators' with values put into declared places, to a host on the list.

The values are what citizens keyed and what other systems answered, so they are hostile: each is percent-encoded whole
and can stand only in the path or in the query. Nothing that a citizen does can choose a scheme, a host, a port or
another folder, and a host that the administrator did not name is never asked, whatever the operators wrote.
"""

import re
from collections.abc import Callable, Collection, Mapping
from urllib.parse import quote, urlsplit

from ivr_engine.core.conversation import Value

VALUE_LETTERS = 200
"""No value of a flow is longer: 20 keyed digits, a name that a data dip told."""

ADDRESS_LETTERS = 2_000
"""What every web server takes in a request line."""

_PLACE = re.compile(r"\{([a-z][a-z0-9_]{0,31})\}")
_DEFAULT_PORT = {"http": 80, "https": 443}


class AddressRefused(Exception):  # noqa: N818  (the situation is the name)
    """This address is asked by nobody here. The text names what is wrong and never a value."""


def said(value: Value) -> str:
    """A value as other systems read it: `true`, not Python's `True`."""
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value)


def address(template: str, values: Mapping[str, Value], hosts: Collection[str]) -> str:
    """The whole address, encoded. `hosts` holds `name` (the scheme's own port) or `name:port`, small letters.

    Raises AddressRefused.
    """
    try:
        parts = urlsplit(template)
        port = parts.port or _DEFAULT_PORT.get(parts.scheme)
    except ValueError:
        raise AddressRefused("the address cannot be read") from None
    if parts.scheme not in _DEFAULT_PORT:
        raise AddressRefused("only http and https are asked")
    host = (parts.hostname or "").lower()
    if parts.username is not None or parts.password is not None or "{" in parts.netloc or parts.fragment:
        raise AddressRefused("an address has neither user nor fragment, and no value in its host")
    if not _listed(host, port, parts.scheme, hosts):
        raise AddressRefused(f"{host}:{port} is not on the list of hosts that may be asked (IVR_OUTSIDE_HOSTS)")
    put = _put(values)
    path = _PLACE.sub(put, parts.path) or "/"
    if any(segment in (".", "..") for segment in path.split("/")):
        raise AddressRefused("a value would lead into another folder")
    query = _PLACE.sub(put, parts.query)
    whole = f"{parts.scheme}://{parts.netloc}{path}" + (f"?{query}" if query else "")
    if len(whole) > ADDRESS_LETTERS or not whole.isascii() or not whole.isprintable() or " " in whole:
        raise AddressRefused(f"an address has at most {ADDRESS_LETTERS} printable letters; write others as %XX")
    return whole


def _listed(host: str, port: int | None, scheme: str, hosts: Collection[str]) -> bool:
    bracketed = f"[{host}]" if ":" in host else host
    if f"{bracketed}:{port}" in hosts:
        return True
    return port == _DEFAULT_PORT[scheme] and bracketed in hosts


def _put(values: Mapping[str, Value]) -> Callable[[re.Match[str]], str]:
    def put(place: re.Match[str]) -> str:
        name = place[1]
        if name not in values:
            raise AddressRefused(f"there is no value {name!r} to put into the address")
        value = said(values[name])
        if len(value) > VALUE_LETTERS:
            raise AddressRefused(f"the value {name!r} has more than {VALUE_LETTERS} letters")
        return quote(value, safe="", errors="replace")

    return put
