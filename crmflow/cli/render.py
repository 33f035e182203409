"""How do listings, runs and explanations look on a screen?"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from datetime import datetime
from itertools import islice
from typing import Any

from rich.cells import cell_len
from rich.markup import escape
from rich.tree import Tree

from crmflow.cli.shell import Shell
from crmflow.core.explanation import Explanation
from crmflow.core.listing import Column, Listing, RunReport
from crmflow.core.moment import EPOCH
from crmflow.exchange.listings import Style, as_csv, as_json, is_numeric, texts
from crmflow.exchange.report import AS_OF

HOLDS = {True: "[green]✓[/] ", False: "[red]✗[/] ", None: ""}


def show_listing(
    shell: Shell,
    listing: Listing,
    *,
    json: bool = False,
    csv: bool = False,
    personal: bool = False,
    form: bool = False,
    most: int | None = None,
) -> None:
    """As a table, or exactly, as JSON or CSV; at most `most` rows of a table are shown."""
    style = shell.style(personal)
    if json or csv:
        text = as_json(listing, style) if json else as_csv(listing, style, form=form)
        shell.out.file.write(text.rstrip("\n") + "\n")
        return
    title, *lines = table(listing, style, most)
    shell.out.print(title, style="bold", markup=False, soft_wrap=True)
    shell.out.file.writelines(f"{line}\n" for line in lines)
    hidden = len(listing.rows) - most if most else 0
    if hidden > 0:
        shell.say(f"… and {hidden:,d} more", f"……另有 {hidden:,d} 行")
    if not listing.rows:
        shell.say("nothing to show", "暂无数据")


def table(listing: Listing, style: Style, most: int | None = None) -> Iterator[str]:
    """The lines of a listing: its title, the labels, a rule, and at most `most` rows.

    Numbers stand to the right, empty columns are left out, and nothing is cut or folded, since a cut code or
    moment would be a wrong one.
    """
    rows = list(islice(texts(listing, style), most))
    columns = [(column, [row[place] for row in rows]) for place, column in enumerate(listing.columns)]
    shown = [aligned(listing, column, cells, style) for column, cells in columns if any(cells) or not rows]
    yield listing.title.in_language(style.language)
    for line in zip(*shown, strict=True):
        yield "  ".join(line).rstrip()


def aligned(listing: Listing, column: Column, cells: Sequence[str], style: Style) -> list[str]:
    """A column's label, its rule and its cells, equally wide: a Chinese character takes two cells."""
    label = column.label.in_language(style.language)
    cells = [label, *map(printable, cells)]
    width = max(map(cell_len, cells))
    right = is_numeric(listing, column)
    blanks = [" " * (width - cell_len(cell)) for cell in cells]
    head, *body = [blank + cell if right else cell + blank for cell, blank in zip(cells, blanks, strict=True)]
    return [head, "─" * width, *body]


def printable(cell: str) -> str:
    """Without line ends and what else would move a terminal's cursor."""
    return cell if cell.isprintable() else "".join(sign if sign.isprintable() else " " for sign in cell)


def show_run(
    shell: Shell, report: RunReport, *, json: bool = False, personal: bool = False, most: int = 20
) -> None:
    """What a run did: its sentences, then its tables, each with `most` rows."""
    if json:
        write_json(shell, run_record(report, shell.style(personal)))
        return
    language = shell.language
    said = AS_OF.in_language(language).format(as_of=report.as_of, release=report.release)
    shell.out.print(f"[bold]{escape(report.title.in_language(language))}[/] {escape(said)}", soft_wrap=True)
    for note in report.notes:
        shell.out.print("· " + note.in_language(language), markup=False, soft_wrap=True)
    for listing in report.tables:
        shell.out.print()
        show_listing(shell, listing, personal=personal, most=most)


def run_record(report: RunReport, style: Style) -> dict[str, Any]:
    """A run for `--json`: what it was as of, whether it changed anything, and its tables."""
    return {
        "as_of": report.as_of,
        "release": report.release,
        "changed": report.changed,
        "notes": [note.in_language(style.language) for note in report.notes],
        "tables": [json.loads(as_json(listing, style)) for listing in report.tables],
    }


def show_explanation(shell: Shell, explanation: Explanation, *, json: bool = False) -> None:
    """A tree of sentences, each with whether it holds and since when."""
    if json:
        write_json(shell, explanation.record(shell.language))
    else:
        shell.out.print(tree(explanation, shell.style()))


def tree(
    explanation: Explanation, style: Style, above: Tree | None = None, known: datetime | None = None
) -> Tree:
    """The explanation as rich draws it; a moment that stands above, or in the sentence, is not repeated."""
    sentence = explanation.says.in_language(style.language)
    said = HOLDS[explanation.holds] + escape(sentence)
    since = explanation.since
    if since and since not in (known, EPOCH):
        stamp = f"{since.astimezone(style.zone):%Y-%m-%d %H:%M}"
        word = "自" if style.language == "zh" else "since"
        if stamp not in sentence:
            said += f" [dim]({word} {stamp})[/]"
    node = above.add(said) if above else Tree(said)
    for reason in explanation.because:
        tree(reason, style, node, since or known)
    return node


def write_json(shell: Shell, record: object) -> None:
    """Data for programs, untouched by colour and width."""
    shell.out.file.write(json.dumps(record, ensure_ascii=False, indent=2) + "\n")
