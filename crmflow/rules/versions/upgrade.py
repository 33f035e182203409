"""How does a rule file of an older format become one of this format?

There is one format so far. A file that does not say its format is of none: format 0, as YAML files of other
tools are, where `yes` and `no` are true and false. A further format adds its step below.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace

from crmflow.core.diagnostic import Edit
from crmflow.rules.lines import applied
from crmflow.rules.load import load
from crmflow.rules.source import Document, Findings, RuleFile, read
from crmflow.rules.versions.diff import kind_of

TRUTH = {"yes": "true", "on": "true", "y": "true", "no": "false", "off": "false", "n": "false"}
"""What YAML 1.1 reads as true and false."""
Step = Callable[[RuleFile, Sequence[RuleFile]], RuleFile]


def upgrade(files: Sequence[RuleFile]) -> Iterator[tuple[RuleFile, RuleFile]]:
    """Each of the site's files of an older format, as it is and as it shall be; comments and layout stay.

    A file that is no YAML, or of a newer format, is left to `check`.
    """
    for file in files:
        format = format_of(file) if file.layer == "site" else None
        if format is None or format not in STEPS:
            continue
        now = file
        while format in STEPS:
            for step in STEPS[format]:
                now = step(now, files)
            format += 1
        yield file, now


def format_of(file: RuleFile) -> int | None:
    """The format of a rule file; None of what is none."""
    document = read(file, Findings())
    if document is None or not _is_rules(document):
        return None
    format = document.data.get("format", 0)
    return int(format) if str(format).isdigit() else None


def _is_rules(document: Document) -> bool:
    return kind_of(document) != "file"


def say_format(file: RuleFile, files: Sequence[RuleFile]) -> RuleFile:
    """Says the format in front of the first key, below the comments at the top."""
    document = read(file, Findings())
    assert document is not None
    first = min(place.key_start for place in document.places.values() if place.key_start is not None)
    start = document.lines.position(first)
    return _edited(file, [Edit(start, start, "format: 1\n")])


def say_truth(file: RuleFile, files: Sequence[RuleFile]) -> RuleFile:
    """Writes true and false where a value is asked that is either."""
    others = [file if other.path == file.path and other.layer == file.layer else other for other in files]
    edits = [
        Edit(found.start, found.end, TRUTH[found.name.lower()])
        for found in load(others).diagnostics
        if found.code == "CRM065" and found.file == file.name and found.name and found.name.lower() in TRUTH
    ]
    return _edited(file, edits)


STEPS: Mapping[int, tuple[Step, ...]] = {0: (say_format, say_truth)}
"""What leads from a format to the next."""


def _edited(file: RuleFile, edits: Sequence[Edit]) -> RuleFile:
    mark = "\ufeff" if file.raw.startswith(b"\xef\xbb\xbf") else ""
    return replace(file, text=(mark + applied(file.content, edits)).encode())
