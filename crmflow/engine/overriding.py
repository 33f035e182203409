"""Which of a site's files were made from an older version of a pack's file, and what was that version?"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from crmflow.rules.rulebook_file import content_hash
from crmflow.rules.source import Document, Findings, RuleFile, read
from crmflow.store.releases import Releases

SHORTEST = 8
"""Signs of a hash that are enough to name a version."""


@dataclass(frozen=True, slots=True)
class Override:
    """A site's file `ours`, the pack's present file `theirs` that it stands for, and the version `base` that
    it was made from, as it was once published; None: it never was. `hash` is what `overrides:` says."""

    ours: RuleFile
    theirs: RuleFile
    base: RuleFile | None
    hash: str


def outdated(files: Sequence[RuleFile], releases: Releases) -> Iterator[Override]:
    """The overrides among these files whose pack has another version by now."""
    below = {file.path: file for file in files if file.layer != "site"}
    for ours in files:
        theirs = below.get(ours.path)
        if ours.layer != "site" or theirs is None:
            continue
        document, original = _document(ours), _document(theirs)
        hash = str(document.data.get("overrides", "")) if document is not None else ""
        if original is not None and hash and not _names(hash, original):
            yield Override(ours, theirs, _published(theirs, hash, releases), hash)


def _published(theirs: RuleFile, hash: str, releases: Releases) -> RuleFile | None:
    """The text with this content hash among all that were ever kept for the pack's file."""
    for path, kept in releases.manifests():
        if path != f"{theirs.layer}:{theirs.path}":
            continue
        file = RuleFile(theirs.path, releases.text(kept) or "", theirs.layer, theirs.pack, f"{path} {hash}")
        document = _document(file)
        if document is not None and _names(hash, document):
            return file
    return None


def _names(hash: str, document: Document) -> bool:
    return len(hash) >= SHORTEST and content_hash(document.data).startswith(hash)


def _document(file: RuleFile) -> Document | None:
    return read(file, Findings())
