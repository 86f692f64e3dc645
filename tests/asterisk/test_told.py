"""Facts on their way through a `UserEvent`."""

from hypothesis import given
from hypothesis import strategies as st

from ivr_engine.asterisk.told import FACTS_BYTES, encoded, pack_facts, unpack_facts, user_event

NAMES = st.from_regex(r"[a-z][a-z0-9_]{0,31}", fullmatch=True)
TEXTS = st.text(st.characters(exclude_categories=["Cs"]), max_size=60)


@given(st.dictionaries(NAMES, TEXTS, max_size=30))
def test_given_any_facts_when_packed_then_every_piece_fits_a_line_and_all_come_back(facts: dict[str, str]) -> None:
    pieces = list(pack_facts(facts))
    assert all(len(piece) <= FACTS_BYTES and piece.isascii() and not set(piece) & set(' ,"\r\n\\') for piece in pieces)
    back: dict[str, str] = {}
    for piece in pieces:
        back |= unpack_facts(piece)
    assert back == facts


def test_given_a_text_that_is_too_long_when_packed_then_it_is_cut_between_two_letters() -> None:
    [piece] = pack_facts({"name": "서울" * 200})
    assert len(piece) <= FACTS_BYTES
    kept = unpack_facts(piece)["name"]
    assert len(kept) > 80
    assert ("서울" * 200).startswith(kept)
    assert encoded("가나", 9) == "%EA%B0%80"


@given(st.text(max_size=300))
def test_given_anything_at_all_when_unpacked_then_it_never_raises(packed: str) -> None:
    unpack_facts(packed)
    assert unpack_facts("&".join("a=1" for _ in range(100))) == {}


def test_given_fields_when_said_then_they_stand_in_their_order() -> None:
    assert user_event("IvrX", {"Contact": "7.1", "Facts": "a=1"}) == "IvrX,Contact: 7.1,Facts: a=1"
