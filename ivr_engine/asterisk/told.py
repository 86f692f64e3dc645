"""What a visit tells the core through Asterisk: `UserEvent` by AGI's EXEC, and how facts travel in one. PURE.

A visit may run on a node that has no core, so it speaks as the dialplan does, and its facts come in order with all
others of the leg. Facts are percent-encoded, because a comma ends an argument of `UserEvent` and a line end a header.
"""

from collections.abc import Iterator, Mapping
from urllib.parse import parse_qsl, quote

FACTS_BYTES = 800
"""An AMI line ends at 1,024 bytes, header and spaces included."""

FACTS_READ = 64
"""A flow shows a dozen and a survey asks as many; one event holds no more of 3 bytes than this and a few."""


def user_event(name: str, fields: Mapping[str, str]) -> str:
    """The options of `UserEvent`. Values are digits, words of ours and what was percent-encoded."""
    return ",".join([name, *(f"{key}: {value}" for key, value in fields.items())])


def pack_facts(facts: Mapping[str, str]) -> Iterator[str]:
    """`name=value&…`, percent-encoded, in as many pieces of at most FACTS_BYTES as it takes; a longer fact is cut."""
    piece = ""
    for name, value in facts.items():
        fact = f"{quote(name, safe='')}={encoded(value, FACTS_BYTES - 33)}"
        if piece and len(piece) + 1 + len(fact) > FACTS_BYTES:
            yield piece
            piece = ""
        piece = f"{piece}&{fact}" if piece else fact
    if piece:
        yield piece


def encoded(value: str, most_bytes: int = FACTS_BYTES) -> str:
    """The value percent-encoded, cut before the letter that would make it too long."""
    whole = quote(value, safe="", errors="replace")
    if len(whole) <= most_bytes:
        return whole
    kept, length = [], 0
    for letter in value[:most_bytes]:
        one = quote(letter, safe="", errors="replace")
        length += len(one)
        if length > most_bytes:
            break
        kept.append(one)
    return "".join(kept)


def unpack_facts(packed: str) -> dict[str, str]:
    """The facts that `pack_facts` packed; whatever else it was is no fact. Never raises."""
    try:
        return dict(parse_qsl(packed, keep_blank_values=True, max_num_fields=FACTS_READ))
    except ValueError:
        return {}
