"""The mutator itself: which mistakes it makes of a few lines, and that each is one change that still compiles."""

from dataclasses import replace
from pathlib import Path

import pytest

from mutate_core_mutants import Equivalent, equivalents, left_out, mutants, mutated, sample

SOURCE = '''"""Words that nobody changes: 1 < 2."""
from os import path

LIMIT = 10
"""A limit."""


def late(age: int | None, *, least: int = 0) -> bool:
    """Whether it is."""
    assert age is not None
    if not path.sep:
        raise ValueError(f"{age + 1} is too much")
    return age - least > LIMIT and True
'''


@pytest.fixture
def module(tmp_path: Path) -> Path:
    written = tmp_path / "late.py"
    written.write_text(SOURCE, "utf-8")
    return written


def test_given_a_module_when_its_mutants_are_listed_then_words_types_and_asserts_are_left_alone(module: Path) -> None:
    assert [str(mutant) for mutant in mutants(module)] == [
        "late.py:4: `11` for `10`",
        "late.py:8: `1` for `0`",
        "late.py:11: `path.sep` for `not path.sep`",
        "late.py:13: None for `return age - least > LIMIT and True`",
        "late.py:13: `age - least > LIMIT or True` for `age - least > LIMIT and True`",
        "late.py:13: `age - least >= LIMIT` for `age - least > LIMIT`",
        "late.py:13: `age + least` for `age - least`",
        "late.py:13: `False` for `True`",
    ]


def test_given_each_mutant_when_made_then_it_compiles_and_is_unlike_the_source_and_all_others(module: Path) -> None:
    codes = {compile(mutated(module, mutant.number), "late", "exec").co_code for mutant in mutants(module)}
    trees = {ast_of(module, mutant.number) for mutant in mutants(module)}
    assert len(trees) == len(mutants(module))
    assert SOURCE not in trees
    assert codes


def ast_of(module: Path, number: int) -> str:
    import ast

    return ast.unparse(mutated(module, number))


def test_given_a_mistake_that_does_not_exist_when_made_then_it_is_refused(module: Path) -> None:
    with pytest.raises(IndexError, match=r"late\.py has no mutant 8"):
        mutated(module, 8)


def test_given_a_seed_when_sampled_twice_then_it_is_the_same_choice_and_another_makes_another(
    module: Path,
) -> None:
    chosen = sample([module], 4, seed=1)
    assert len(chosen) == 4
    assert chosen == sample([module], 4, seed=1)
    assert any(chosen != sample([module], 4, seed=seed) for seed in range(2, 6))


OUTER = Equivalent("late", "return age - least > LIMIT and True", "`False` for `True`", "for example")


def test_given_a_known_equivalent_when_sampled_then_it_is_left_out_wherever_its_line_stands(module: Path) -> None:
    module.write_text("\n\n" + module.read_text("utf-8"), "utf-8")
    out, stale = left_out([module], [OUTER])
    assert ([mutant.change for mutant in out], stale) == (["`False` for `True`"], [])
    assert out.isdisjoint(sample([module], 100, seed=1, without=out))


@pytest.mark.parametrize(
    "entry",
    [
        replace(OUTER, line="return age > LIMIT"),
        replace(OUTER, change="`True` for `False`"),
        replace(OUTER, times=2),
    ],
    ids=["another line", "another change", "another number of them"],
)
def test_given_an_equivalent_that_fits_no_more_when_asked_for_then_it_is_told_and_nothing_is_left_out(
    module: Path, entry: Equivalent
) -> None:
    assert left_out([module], [entry]) == (frozenset(), [entry])


def test_given_the_list_of_equivalents_when_read_then_each_says_why() -> None:
    listed = equivalents(Path(__file__).parent.parent / "scripts" / "mutate_core_equivalents.toml")
    assert [entry for entry in listed if len(entry.why) < 10] == []
