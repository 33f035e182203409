"""How do releases lie in a folder, so that git can keep, show and merge them?

    releases/0003-ab12cd34ef56/release.json                      hash, packs, manifest
    releases/0003-ab12cd34ef56/site/fuel/visits/overdue.yaml     each text, below core, pack or site
    releases/0003-ab12cd34ef56/steps/20260302T080000.000000Z-02-approved.json

Nothing is ever written twice and there is no index: two branches that each add a step merge by themselves.
Two that each add a release of one number do too; the number stands in the folder's name alone, so that the
remedy of CRM448 is to rename one of them.
"""

from __future__ import annotations

import json
import os
from collections.abc import Hashable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from itertools import pairwise
from pathlib import Path, PurePosixPath
from shutil import rmtree
from tempfile import mkdtemp
from typing import Any

from crmflow.core.release import Release, Step
from crmflow.errors import StoreError
from crmflow.store.exact import decode, encode
from crmflow.store.releases import Releases

MANIFEST = "release.json"
STEPS = "steps"
LAYERS = ("core", "pack", "site")
GIT = "* -text\n"
"""Git must not change line ends: the hash is over every sign."""


@dataclass(frozen=True)
class ReleaseFolder(Releases):
    """Releases in a folder. What is written stays, also where the caller's transaction is rolled back."""

    folder: Path
    _held: list[bool] = field(default_factory=list)

    def _mark(self) -> Hashable:
        """Every manifest and step, and when it was written."""
        files = [*self.folder.glob(f"*/{MANIFEST}"), *self.folder.glob(f"*/{STEPS}/*.json")]
        return frozenset((str(file), file.stat().st_mtime_ns, file.stat().st_size) for file in files)

    def _all(self) -> list[Release]:
        found = [self._release(path) for path in sorted(self.folder.glob("[0-9]*-*")) if path.is_dir()]
        for one, other in pairwise(found):
            if one.number == other.number:
                raise StoreError("CRM448", number=one.number, folder=self.folder)
        return sorted(found, key=lambda release: release.number)

    def text(self, hash: str) -> str | None:
        for release in self.all():
            for path, each in release.manifest.items():
                if each == hash:
                    return self._text(self._place(release), path)
        return None

    @contextmanager
    def alone(self) -> Iterator[None]:
        """May be asked for again inside."""
        if self._held:
            yield
            return
        self.folder.mkdir(parents=True, exist_ok=True)
        attributes = self.folder / ".gitattributes"
        if not attributes.exists():
            attributes.write_text(GIT, "utf-8")
            (self.folder / ".gitignore").write_text(".lock\n.new-*\n", "utf-8")
        with (self.folder / ".lock").open("a") as file, _locked(file.fileno()):
            self._held.append(True)
            try:
                yield
            finally:
                self._held.clear()

    def _add(self, release: Release, texts: Mapping[str, str]) -> None:
        """All of it beside its place first, then in its place at once."""
        new = Path(mkdtemp(prefix=".new-", dir=self.folder))
        try:
            for path, text in texts.items():
                file = _file(new, path)
                file.parent.mkdir(parents=True, exist_ok=True)
                file.write_bytes(text.encode())
            said = {"hash": release.hash, "packs": dict(release.packs), "manifest": dict(release.manifest)}
            _write(new / MANIFEST, said)
            self._write_step(new, 1, release.steps[0])
            new.chmod(0o755)
            new.rename(self._place(release))
        except BaseException:
            rmtree(new, ignore_errors=True)
            raise

    def _append(self, release: Release, step: Step) -> None:
        place = self._place(release)
        self._write_step(place, len(list((place / STEPS).iterdir())) + 1, step)

    def _write_step(self, place: Path, count: int, step: Step) -> None:
        (place / STEPS).mkdir(exist_ok=True)
        stamp = f"{step.at.astimezone(UTC):%Y%m%dT%H%M%S.%fZ}"
        said = {
            "action": step.action,
            "actor": step.actor,
            "at": step.at,
            "note": step.note,
            "begins": step.begins,
            "ends": step.ends,
            "result": step.result,
        }
        _write(place / STEPS / f"{stamp}-{count:02}-{step.action}.json", encode(said))

    def _read(self, release: Release) -> Mapping[str, str]:
        place = self._place(release)
        found = ((path, self._text(place, path)) for path in release.manifest)
        return {path: text for path, text in found if text is not None}

    def _text(self, place: Path, path: str) -> str | None:
        try:
            return _file(place, path).read_bytes().decode()
        except (OSError, UnicodeDecodeError):
            return None

    def _place(self, release: Release) -> Path:
        return self.folder / f"{release.number:04}-{release.hash[:12]}"

    def _release(self, place: Path) -> Release:
        """Raises StoreError CRM448."""
        try:
            said = _parsed(place / MANIFEST)
            steps = [_step(_parsed(file)) for file in sorted((place / STEPS).glob("*.json"))]
            number = int(place.name.partition("-")[0])
            release = Release(number, said["hash"], said["manifest"], said["packs"], tuple(steps))
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise StoreError("CRM448", number=place.name, folder=self.folder) from error
        if not steps or self._place(release).name != place.name:
            raise StoreError("CRM448", number=place.name, folder=self.folder)
        return release


def _file(place: Path, path: str) -> Path:
    """Where the text "layer:path" lies. Raises StoreError CRM448 on a path that leads out of the folder."""
    layer, _, name = path.partition(":")
    parts = PurePosixPath(name).parts
    if layer not in LAYERS or not parts or ".." in parts or PurePosixPath(name).is_absolute():
        raise StoreError("CRM448", number=path, folder=place)
    return place.joinpath(layer, *parts)


def _step(said: Any) -> Step:
    said = decode(said)
    at: datetime = said["at"]
    return Step(said["action"], said["actor"], at, said["note"], said["begins"], said["ends"], said["result"])


def _parsed(file: Path) -> Any:
    return json.loads(file.read_text("utf-8"))


def _write(file: Path, said: object) -> None:
    """The whole file at once, so that nobody reads half of it."""
    new = file.with_name(f".new-{file.name}-{os.getpid()}")
    new.write_text(json.dumps(said, ensure_ascii=False, indent=1, sort_keys=True) + "\n", "utf-8")
    new.rename(file)


if os.name == "nt":
    import msvcrt

    @contextmanager
    def _locked(file: int) -> Iterator[None]:
        msvcrt.locking(file, msvcrt.LK_LOCK, 1)  # type: ignore[attr-defined]
        try:
            yield
        finally:
            msvcrt.locking(file, msvcrt.LK_UNLCK, 1)  # type: ignore[attr-defined]

else:
    import fcntl

    @contextmanager
    def _locked(file: int) -> Iterator[None]:
        fcntl.flock(file, fcntl.LOCK_EX)
        try:
            yield
        finally:
            fcntl.flock(file, fcntl.LOCK_UN)
