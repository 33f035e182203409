"""How do listings, runs and explanations look on a screen?"""

from __future__ import annotations

import json
from datetime import datetime
from itertools import islice
from typing import Any

from rich import box
from rich.cells import cell_len
from rich.markup import escape
from rich.table import Table
from rich.tree import Tree

from crmflow.cli.shell import UNBOUNDED, Shell
from crmflow.core.explanation import Explanation
from crmflow.core.listing import Listing, RunReport
from crmflow.core.moment import EPOCH
from crmflow.exchange.listings import Style, as_csv, as_json, is_numeric, texts
from crmflow.exchange.report import AS_OF

# Cells up to this width, such as codes and moments, are never folded.
SHORT = 16

HOLDS = {True: "[green]✓[/] ", False: "[red]✗[/] ", None: ""}


def show_listing(
    shell: Shell,
    listing: Listing,
    *,
    json: bool = False,
    csv: bool = False,
    personal: bool = False,
    most: int | None = None,
) -> None:
    """As a table, or exactly, as JSON or CSV; at most `most` rows of a table are shown."""
    style = shell.style(personal)
    if json or csv:
        shell.out.file.write((as_json if json else as_csv)(listing, style).rstrip("\n") + "\n")
        return
    drawn = table(listing, style, most)
    endless = shell.out.options.update(max_width=UNBOUNDED)
    least = shell.out.measure(drawn, options=endless).minimum
    if least > shell.out.width:
        drawn.width = least
    shell.out.print(drawn, crop=False)
    hidden = len(listing.rows) - most if most else 0
    if hidden > 0:
        shell.say(f"… and {hidden:,d} more", f"……另有 {hidden:,d} 行")
    if not listing.rows:
        shell.say("nothing to show", "暂无数据")


def table(listing: Listing, style: Style, most: int | None = None) -> Table:
    """A listing as rich draws it: numbers to the right, empty columns left out, only long texts folded.

    It may be wider than the screen: a cut code or moment would be a wrong one.
    """
    title = escape(listing.title.in_language(style.language))
    drawn = Table(
        title=title, title_justify="left", title_style="bold", box=box.SIMPLE_HEAD, padding=(0, 1, 0, 0)
    )
    rows = list(islice(texts(listing, style), most))
    columns = [(column, [row[place] for row in rows]) for place, column in enumerate(listing.columns)]
    shown = [(column, cells) for column, cells in columns if any(cells) or not rows]
    for column, cells in shown:
        label = escape(column.label.in_language(style.language))
        widest = max(map(cell_len, (label, *cells)))
        right = is_numeric(listing, column)
        drawn.add_column(
            label, justify="right" if right else "left", overflow="fold", min_width=min(widest, SHORT)
        )
    for row in zip(*(cells for _, cells in shown), strict=True):
        drawn.add_row(*map(escape, row))
    return drawn


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
