"""Does a pack's new version come under a site's edits without losing, doubling or moving any?"""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from crmflow.rules.patch.marks import Marks, cell, spliced
from crmflow.rules.rulebook_file import content_hash
from crmflow.rules.source import Document, Findings, RuleFile, read
from crmflow.rules.source import Path as Place
from crmflow.rules.versions.merge import HASH, Merged, merge, shown_side
from crmflow.rules.versions.outline import parts

CASES = tomllib.loads((Path(__file__).parent / "merge_cases.toml").read_text("utf-8"))["case"]


def document(text: str) -> Document:
    found = read(RuleFile("a.yaml", text), Findings())
    assert found is not None
    return found


def data(text: str) -> dict[str, Any]:
    """What a text holds, without what it overrides."""
    return {key: value for key, value in document(text).data.items() if key != "overrides"}


def merged(base: str, ours: str, theirs: str, **options: Any) -> Merged:
    return merge(*(RuleFile("a.yaml", text) for text in (base, ours, theirs)), **options)


def hashed(text: str, theirs: str) -> str:
    return text.replace("HASH", content_hash(data(theirs))[:HASH])


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["name"])
def test_a_merge_gives_this_file(case: dict[str, Any]) -> None:
    texts = [case[side].lstrip("\n") for side in ("base", "ours", "theirs")]
    made = merged(*texts)
    assert made.text == hashed(case["merged"].lstrip("\n"), texts[2])
    said = [
        f"{each.place.line}:{each.place.column} {' '.join(each.trail)}: "
        + " | ".join(shown_side(side) for side in (each.base, each.ours, each.theirs))
        for each in made.conflicts
    ]
    assert said == case.get("conflicts", [])
    for key, options in (("commented", {"comment": True}), ("theirs_kept", {"keep": "theirs"})):
        if key in case:
            assert merged(*texts, **options).text == hashed(case[key].lstrip("\n"), texts[2])
    again = merged(texts[2], made.text, texts[2])
    assert again == Merged(made.text, ()), "a second time there is nothing to do"


def test_an_override_that_does_not_say_of_what_says_so_afterwards() -> None:
    made = merged("hit: first\n", "hit: first\n", "hit: unique\n")
    assert made.text == hashed('hit: unique\noverrides: "HASH"\n', "hit: unique\n")


# laws, over tables whose rows, cells and texts are drawn

ROWS = st.dictionaries(
    st.sampled_from("abcdef"), st.tuples(*[st.sampled_from(["1", "> 2", "[3..4)", "-"])] * 2), min_size=1
)


def table(rows: dict[str, tuple[str, ...]], order: list[str] | None = None) -> str:
    lines = [f'    - [{name}, "{rows[name][0]}", "{rows[name][1]}", p]   # {name}' for name in order or rows]
    return "\n".join(["hit: first", "table:", "  when: [x, y]", "  rows:", *lines, ""])


@given(ROWS, ROWS)
def test_without_local_edits_the_packs_text_is_taken(base: Any, theirs: Any) -> None:
    made = merged(table(base), table(base) + "overrides: '00000000'\n", table(theirs))
    assert data(made.text) == data(table(theirs))
    assert made.text.startswith(table(theirs))
    assert made.conflicts == ()


@given(ROWS, ROWS)
def test_without_a_change_of_the_pack_all_stays(base: Any, ours: Any) -> None:
    made = merged(table(base), table(ours) + "overrides: '00000000'\n", table(base))
    assert made.text == hashed(table(ours) + "overrides: 'HASH'\n", table(base))
    assert made.conflicts == ()


@given(ROWS, ROWS, st.permutations("uvw"))
def test_rows_of_each_side_are_both_there_once_in_the_local_order(
    base: Any, theirs: Any, local: list[str]
) -> None:
    """What the site added stays in its order, what the pack made of its own rows comes in beside it."""
    ours = {**base, **dict.fromkeys(local, ("9", "-"))}
    made = merged(table(base), table(ours), table(theirs))
    rows = data(made.text)["table"]["rows"]
    names = [row[0] for row in rows]
    assert made.conflicts == ()
    assert [name for name in names if name in local] == local
    assert sorted(names) == sorted([*theirs, *local])
    assert {row[0]: tuple(row[1:3]) for row in rows if row[0] in theirs} == theirs


@given(ROWS, ROWS, ROWS)
def test_any_three_versions_give_a_file_with_each_row_once(base: Any, ours: Any, theirs: Any) -> None:
    """Conflicts or not: rows are neither doubled nor invented, and each stands as one side has it."""
    for options in ({}, {"keep": "theirs"}, {"comment": True}):
        made = merged(table(base), table(ours), table(theirs), **options)
        rows = data(made.text)["table"]["rows"]
        names = [row[0] for row in rows]
        assert len(names) == len(set(names))
        for row in rows:
            for place in (0, 1):
                sides = [side[row[0]][place] for side in (ours, theirs) if row[0] in side]
                assert row[1 + place] in sides
        assert made.text.count("CONFLICT") == (len(made.conflicts) if "comment" in options else 0)


@given(ROWS, st.randoms())
def test_an_order_that_one_side_alone_changed_is_the_order(rows: Any, random: Any) -> None:
    order = list(rows)
    random.shuffle(order)
    for ours, theirs in ((table(rows, order), table(rows)), (table(rows), table(rows, order))):
        made = merged(table(rows), ours + "overrides: '00000000'\n", theirs)
        assert [row[0] for row in data(made.text)["table"]["rows"]] == order


# the same over the rule files of the packs themselves

PACKS = Path(__file__).parents[3] / "plugins"
REAL = sorted(PACKS.glob("*/crmflow_*/*/*.yaml"))


def leaves(marks: Marks, path: Place = ()) -> list[Place]:
    """Where a text or a number stands that no part is named by."""
    inner = marks.keys(path)
    if inner:
        return [leaf for each in inner for leaf in leaves(marks, each)]
    is_name = path[-1] in ("id", "name", "en", "zh", "when") or (path[-1] == 0 and isinstance(path[-2], int))
    return [] if is_name or isinstance(marks.document.value(path), dict | list) else [path]


def mutated(text: str, path: Place, value: str) -> str:
    marks = Marks(document(text))
    return spliced(marks.text, cell(marks, path, value))


def in_one_nameless(text: str, one: Place, other: Place) -> bool:
    """Whether both stand in one list whose items have no names, or in a table of which one of them changes a
    column: it can only be compared as a whole."""
    if one[0] == other[0] == "table" and "when" in (one[1], other[1]):
        return True
    common = [one[:n] for n in range(len(one)) if one[:n] == other[:n]]
    return any(parts(document(text).data, place) is None for place in common)


@settings(max_examples=40)
@given(st.sampled_from(REAL), st.data())
def test_two_changes_of_a_real_file_are_both_made(file: Path, draw: st.DataObject) -> None:
    """A value changed by the pack, another by the site, with a comment: both are there, and the comment."""
    base = file.read_text("utf-8")
    places = leaves(Marks(document(base)))
    one, other = (draw.draw(st.sampled_from(places)) for _ in range(2))
    ours = f"# ours\n{mutated(base, one, 'mine')}"
    theirs = mutated(base, other, "new")
    made = merged(base, ours, theirs)
    assert made.text.startswith("# ours\n")
    if made.conflicts:
        assert one == other or in_one_nameless(base, one, other)
        assert data(made.text) == data(ours)
    else:
        assert data(made.text) == data(mutated(mutated(base, one, "mine"), other, "new"))
