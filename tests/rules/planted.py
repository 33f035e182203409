"""Which broken files are planted, what must be said of each, and what does `crmflow check` say?

A case gives its file's whole `text`, or what stands in the `template` of its table; `en` and `zh` are its
findings word for word: place, code, message, remedy, and [*] for a safe fix, [?] for one that guesses.
"""

from __future__ import annotations

import json
import tomllib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from string import Template
from typing import Any

from click.testing import CliRunner

from crmflow.cli import main

FOLDER = Path(__file__).parent / "planted"
SITE = 'format = 1\npacks = ["fuel"]\nzone = "Asia/Shanghai"\nlanguage = "zh"\n'
PLACES = {
    "charts": "fuel/charts/{slug}.yaml",
    "beside": "fuel/charts/{slug}.yaml",
    "clocks": "fuel/charts/{slug}.yaml",
    "escalations": "fuel/charts/{slug}.yaml",
    "params": "{slug}/params.yaml",
    "calendars": "calendars/{slug}.yaml",
    "vocabulary": "fuel/vocabulary.yaml",
}


@dataclass(frozen=True, slots=True)
class Planted:
    """One broken file."""

    table: str
    name: str
    path: str
    raw: bytes
    en: tuple[str, ...]
    zh: tuple[str, ...]


def planted(*tables: str) -> list[Planted]:
    """The cases of some tables, by their files' names."""
    return [_case(table, case) for table in tables for case in _table(table)["case"]]


def _table(table: str) -> dict[str, Any]:
    return tomllib.loads((FOLDER / f"{table}.toml").read_text("utf-8"))


def _case(table: str, case: dict[str, Any]) -> Planted:
    slug = case["name"].replace(" ", "-").replace(",", "")
    path = "crmflow.toml" if "toml" in case else "rules/" + PLACES.get(table, "fuel/segments/{slug}.yaml")
    text = case.get("text") or case.get("toml")
    if text is None:
        template = _table(table)["visit" if "visit" in case else "template"]
        text = Template(template).substitute(
            {"slug": slug, "then": "a", "columns": "[own cycle, kind]"} | case
        )
    return Planted(
        table,
        case["name"],
        path.format(slug=slug),
        text.encode(case.get("encoding", "utf-8")),
        tuple(case.get("en", ())),
        tuple(case.get("zh", ())),
    )


def plant(site: Path, cases: Iterable[Planted]) -> None:
    """A site with these files."""
    (site / "rules").mkdir(parents=True)
    (site / "crmflow.toml").write_text(SITE, "utf-8")
    for case in cases:
        file = site / case.path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(case.raw)


def said(site: Path, language: str) -> dict[str, list[str]]:
    """What `check` says in a language, by file; of a site that cannot be read, what standard error says."""
    words = ["--site", str(site), "check", "--output-format", "json", "--lang", language]
    done = CliRunner().invoke(main, words)
    if not done.stdout:
        return {"crmflow.toml": done.stderr.replace(f"{site}/", "").splitlines()}
    found: dict[str, list[str]] = {}
    for each in json.loads(done.stdout):
        fix = {"safe": " [*]", "unsafe": " [?]", None: ""}[each["applicability"]]
        place = "{line}:{column}-{end_line}:{end_column}".format(**each)
        said = f"{place} {each['severity']} {each['code']}{fix} {each['message']} | {each['remedy']}"
        found.setdefault(str(Path(each["file"]).relative_to(site)), []).append(said)
    return found


def imported(folder: Path, language: str) -> Iterator[tuple[str, list[str], list[str]]]:
    """The broken mapping files by name: what must be said, and what `import` says of each, in a language."""
    table = _table("mapping")
    site, data, mapping = folder / "site", folder / "data.csv", folder / "mapping.yaml"
    CliRunner().invoke(main, ["init", str(site), "--pack", "fuel"], catch_exceptions=False)
    data.write_text(table["data"], "utf-8")
    words = ["--site", str(site), "import", "touchpoints", str(data), "--mapping", str(mapping)]
    for case in table["case"]:
        mapping.write_text(case["text"], "utf-8")
        done = CliRunner().invoke(main, [*words, "--lang", language])
        assert done.exit_code in (1, 3)
        yield case["name"], case[language], (done.stdout + done.stderr).replace(f"{folder}/", "").splitlines()
