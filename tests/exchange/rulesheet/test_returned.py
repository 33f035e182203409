"""Does a rule file get exactly the edits that were made in the sheet, and keep all else byte for byte?"""

from __future__ import annotations

import re
from typing import Final

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crmflow.exchange.rulesheet.reader import rule_sheet
from crmflow.exchange.rulesheet.sheet import RuleSheet
from tests.exchange.rulesheet.tariff import TARIFF, TARIFF_ID, back, cells_of, rules_of, sheet_file, shown_row

BLOCKS: Final = TARIFF.replace(
    '    - [fourth, \'"none"\',   "-",         \'not("A, b", "c#d")\', "-", "-", low]\n',
    "    - - fourth      # in lines\n      - '\"none\"'\n      - '-'\n"
    "      - 'not(\"A, b\", \"c#d\")'\n      - '-'\n      - '-'\n      - low\n",
)
BRACKETS: Final = re.sub(
    r"  rows:.*?default:",
    '  rows: [[first, \'"gold"\', ">= 100", "-", "-", "-", high], # one\n'
    '         [second, \'"silver"\', "[10..100)", \'"0012"\', true, "-", low],\n'
    '         [third, "-", 5, "-", "-", "-", other]]\ndefault:',
    TARIFF,
    flags=re.DOTALL,
)
ALIGNED_NOT: Final = re.sub(r",  +", ", ", TARIFF)
LAYOUTS: Final = {
    "lines": TARIFF,
    "blocks": BLOCKS,
    "brackets": BRACKETS,
    "plain": ALIGNED_NOT,
    "windows": TARIFF.replace("\n", "\r\n"),
    "open end": TARIFF[: TARIFF.index("default:")].rstrip("\n"),
}
POOL: Final = {
    "grade": ['"gold"', '"silver"', '"gold", "silver"', "-", 'not("none")', "null", '!= "gold"'],
    "spend": ["-", "0", "3000.50", ">= 100", "[1..2)", "(1..2]", "< limit", "1, 2, 3", "null", "limit * 2"],
    "station": ["-", '"0012"', '"a: b"', '"#x"', '"it\'s"', '"浦东", "徐汇"', 'starts with(?, "A")', "null"],
    "member": ["-", "true", "false", "null"],
    "since": ["-", '@"2026-05-03"', '< date("2026-05-03")', '[@"2026-01-01"..@"2026-02-01"]'],
    "then": ["high", "low", "other"],
}
ROWS: Final = st.fixed_dictionaries({name: st.sampled_from(texts) for name, texts in POOL.items()})
IDS: Final = st.from_regex(r"[a-z]{2,6}|新[一-三]|1[0-9]|a: b|-x|\"q\"|x'y|true|null|n, m", fullmatch=True)


def sheet_of(text: str) -> RuleSheet:
    return rule_sheet(rules_of(text), TARIFF_ID)


@pytest.mark.parametrize("layout", LAYOUTS)
@pytest.mark.parametrize("language", ["en", "zh"])
def test_a_sheet_that_nobody_edits_changes_no_byte(layout: str, language: str) -> None:
    rules = rules_of(LAYOUTS[layout])
    returned = back(rules, sheet_file(rule_sheet(rules, TARIFF_ID), language=language))
    assert not returned.changes
    assert returned.file.text == LAYOUTS[layout]


@pytest.mark.parametrize("layout", LAYOUTS)
@given(data=st.data())
def test_any_edit_of_the_sheet_is_the_same_edit_of_the_data(layout: str, data: st.DataObject) -> None:
    text = LAYOUTS[layout]
    rules = rules_of(text)
    sheet = rule_sheet(rules, TARIFF_ID)
    names = [column.name for column in sheet.columns]
    wanted: list[tuple[str, dict[str, str]]] = []
    kept = data.draw(st.permutations(sheet.rows)) if data.draw(st.booleans()) else list(sheet.rows)
    for row in kept[data.draw(st.integers(0, 1)) :]:
        cells = dict(row.cells)
        for name in data.draw(st.sets(st.sampled_from(names[1:]), max_size=2)):
            cells[name] = data.draw(st.sampled_from(POOL[name]))
        wanted.append((row.id, cells))
    for id in data.draw(st.lists(IDS, unique=True, max_size=3)):
        cells = data.draw(ROWS) | {"id": id}
        wanted.insert(data.draw(st.integers(0, len(wanted))), ("", cells))
    lines = [(key, shown_row(sheet, cells)) for key, cells in wanted]
    after = str(back(rules, sheet_file(sheet, lines)).file.text)
    assert cells_of(after, sheet) == [[cells[name] for name in names] for _, cells in wanted]
    assert outside(after) == outside(text)
    assert comments(text, {key for key, _ in wanted}) <= comments(after, None)
    assert untouched(text, wanted, sheet) <= set(after.splitlines()) | {"brackets"}


def outside(text: str) -> tuple[str, str]:
    """What stands before and behind the rows."""
    before, _, rest = text.partition("rows:")
    return before, rest[rest.index("default:") :] if "default:" in rest else ""


def comments(text: str, kept: set[str] | None) -> set[str]:
    """The comments in lines of their own, and those behind the rows that are kept."""
    found = set(re.findall(r"^ *(# .*?)\r?$", text, re.MULTILINE))
    for line in text.splitlines():
        id = re.match(r" +- \[?(?:- )?(\w+)", line)
        if id is not None and "  # " in line and (kept is None or id[1] in kept):
            found.add(line[line.index("# ") :])
    return found


def untouched(text: str, wanted: list[tuple[str, dict[str, str]]], sheet: RuleSheet) -> set[str]:
    """The lines of the rows of which no cell was changed."""
    same = {row.id for row in sheet.rows if (row.id, dict(row.cells)) in wanted}
    return {line for line in text.splitlines() if re.match(rf"    - \[({'|'.join(same) or '!'}),", line)}
