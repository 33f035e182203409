"""Where in its source does each character of a YAML scalar stand?"""

from __future__ import annotations

import re

_HEX = {"x": 2, "u": 4, "U": 8}
_FOLD = re.compile(r"[ \t]*\r?\n(?:[ \t]*\r?\n)*[ \t]*")


def offsets(source: str, value: str, style: str | None) -> list[int]:
    """The offset in `source` of each character of `value`, and one more for its end.

    `source` is the scalar as the file writes it, quotes and block header included; `style` is None for a
    plain scalar, else `"`, `'`, `|` or `>`. Where the source cannot be followed, offsets point at its start.
    """
    if style in ("|", ">"):
        found = _block(source, value)
    elif style == '"':
        found = _quoted(source, 1, len(source) - 1, escapes=True)
    elif style == "'":
        found = _quoted(source, 1, len(source) - 1, escapes=False)
    else:
        found = _quoted(source, 0, len(source), escapes=None)
    if len(found) < len(value):
        return [0] * (len(value) + 1)
    end = found[len(value)] if len(found) > len(value) else found[-1] + 1 if found else 0
    return [*found[: len(value)], end]


def written(text: str, style: str | None) -> str:
    """A text as a scalar of this style writes it inside its quotes."""
    if style == '"':
        return text.replace("\\", "\\\\").replace('"', '\\"')
    return text.replace("'", "''") if style == "'" else text


def _quoted(source: str, at: int, end: int, escapes: bool | None) -> list[int]:
    """Flow scalars: `escapes` is true for double quotes, false for single ones, None for plain."""
    found = []
    while at < end:
        fold = _FOLD.match(source, at, end)
        if fold is not None:
            breaks = fold.group().count("\n")
            found += [at] * max(breaks - 1, 1)
            at = fold.end()
            continue
        found.append(at)
        if escapes and source[at] == "\\":
            at += 2 + _HEX.get(source[at + 1], 0)
        elif escapes is False and source[at] == "'":
            at += 2
        else:
            at += 1
    found.append(end)
    return found


def _block(source: str, value: str) -> list[int]:
    """Block scalars: each character of the value is looked for in order; breaks may be folded to spaces."""
    found, at = [], source.find("\n") + 1
    for sign in value:
        if sign in " \n":
            found.append(at)
            at += 1 if source[at : at + 1] in (" ", "\n") else 0
            continue
        while at < len(source) and source[at] != sign:
            at += 1
        found.append(at)
        at += 1
    found.append(min(at, len(source)))
    return found
