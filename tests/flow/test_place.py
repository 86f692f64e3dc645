"""The word that lets a broken-off visit go on elsewhere."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ivr_engine.core.conversation import PLACE_BYTES, Value
from ivr_engine.flow.place import VALUES_BYTES, Standing, kept_bytes, read_place, write_place
from ivr_engine.flow.steps import CALLS

NAMES = st.from_regex(r"[a-z][a-z0-9_]{0,31}", fullmatch=True)
DIGITS = st.text("0123456789", min_size=1, max_size=20)
VALUES = DIGITS | st.text(max_size=20) | st.integers(-(10**15), 10**15) | st.booleans()


@given(
    st.builds(
        Standing,
        flow=NAMES,
        step=NAMES,
        language=st.sampled_from(["ko", "en"]),
        tries=st.integers(0, 9),
        walked=st.integers(0, 999),
        values=st.dictionaries(NAMES, VALUES, max_size=6).filter(
            lambda values: (
                sum(kept_bytes(name, 1 + 3 * len(str(value))) for name, value in values.items()) <= VALUES_BYTES
            )
        ),
        calls=st.lists(st.tuples(NAMES, NAMES), max_size=4).map(tuple),
        queue=st.just("") | NAMES,
        question=st.integers(0, 20),
        pending=st.just("") | DIGITS,
    )
)
def test_given_any_standing_within_the_limits_when_written_then_it_fits_and_reads_back(standing: Standing) -> None:
    place = write_place(standing)
    assert len(place) <= PLACE_BYTES
    assert set(place) <= set("abcdefghijklmnopqrstuvwxyz0123456789_.:-")
    assert read_place(place) == standing


@given(st.text(max_size=300))
def test_given_any_text_when_read_then_it_is_a_standing_or_nothing(text: str) -> None:
    standing = read_place(text)
    assert standing is None or write_place(standing).count(":") == text.count(":")


@pytest.mark.parametrize(
    "place",
    ["", "main:topic:ko:0", "main:topic:ko:0:1:", "Main:topic:ko:0:1", "main:topic:ko:0:1:a.12x", "main:topic:ko:0:1\n",
     "main:topic:ko:٣:1", "main:topic:ko:0:1" + ":a.1" * 230, "main:topic:ko:0:1:.z.1", "main:topic:ko:0:1:a.t-4"],
)  # fmt: skip
def test_given_a_word_that_is_no_place_when_read_then_it_is_nothing(place: str) -> None:
    assert read_place(place) is None


def test_given_more_values_than_fit_when_written_then_the_longest_are_left_out() -> None:
    values: dict[str, Value] = {"short": 1, "long": "서울" * 40, "longer": "서울" * 60}
    place = write_place(Standing("main", "topic", "ko", values=values))
    standing = read_place(place)
    assert len(place) <= PLACE_BYTES
    assert standing is not None
    assert standing.values == {"short": 1}


def test_given_the_longest_standing_when_written_then_it_still_fits() -> None:
    name = "x" * 32
    values: dict[str, Value] = {f"{number:x>32}": "1" * 20 for number in range(9)}
    assert sum(kept_bytes(one, 20) for one in values) > VALUES_BYTES - 54
    standing = Standing(name, name, "ko", 9, 999, {}, ((name, name),) * CALLS, name, 99, "1" * 20)
    assert len(write_place(replace(standing, values=values))) <= PLACE_BYTES
    assert read_place(write_place(standing)) == standing
