"""How does an explanation look as one page: a tree that opens and shuts, all in one file?"""

from __future__ import annotations

from datetime import datetime
from html import escape
from importlib.resources import files
from string import Template

from crmflow.core.explanation import Explanation
from crmflow.core.moment import EPOCH
from crmflow.core.text import Text
from crmflow.exchange.listings import Style

SINCE = Text("since {at}", "自 {at}")
EXPLAINED = Text("explained on {at}", "生成于 {at}")
HOLDS = {True: "yes", False: "no", None: ""}


def render(explanation: Explanation, style: Style, at: datetime) -> str:
    """The page as HTML, in the style's language; what is personal is as the explanation has it."""
    page = Template(files(__package__).joinpath("explanation.html").read_text("utf-8"))
    said = EXPLAINED.filled(at=f"{at.astimezone(style.zone):%Y-%m-%d %H:%M}")
    return page.substitute(
        style=files(__package__).joinpath("page.css").read_text("utf-8"),
        language="zh-Hans" if style.language == "zh" else "en",
        title=escape(explanation.says.in_language(style.language)),
        facts=escape(said.in_language(style.language)),
        tree=_list(explanation.because, style, explanation.since),
    )


def _list(nodes: tuple[Explanation, ...], style: Style, known: datetime | None) -> str:
    items = "\n".join(f"<li>{_node(each, style, known)}</li>" for each in nodes)
    return f'<ul class="tree">\n{items}\n</ul>'


def _node(node: Explanation, style: Style, known: datetime | None) -> str:
    """A sentence with its mark and since when, which a moment that stands above does not repeat. Open at
    first down to the values; where a value comes from opens with a click, and in print."""
    said = f'<span class="{HOLDS[node.holds]}">{escape(node.says.in_language(style.language))}</span>'
    if node.since and node.since not in (known, EPOCH):
        stamp = f"{node.since.astimezone(style.zone):%Y-%m-%d %H:%M}"
        if stamp not in said:
            said += f' <span class="since">{SINCE.filled(at=stamp).in_language(style.language)}</span>'
    if not node.because:
        return f'<div class="says">{said}</div>'
    below = _list(node.because, style, node.since or known)
    return f"<details{' open' if node.name is None else ''}><summary>{said}</summary>\n{below}</details>"
