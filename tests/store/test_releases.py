"""Do releases live the same life in the database and in a folder?"""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime
from pathlib import Path

import pytest

from crmflow.core.release import BEGINNING, Action, Release, Step, state_of
from crmflow.errors import StoreError
from crmflow.store import Store
from crmflow.store.batch import Batch
from tests.store.world import DAY, MONDAY, Clock

RULES = {"core:core/vocabulary.yaml": "format: 1\n", "site:fuel/visits/走访.yaml": "title: 一\r\n"}
CHANGED = {**RULES, "site:fuel/visits/走访.yaml": "title: 二\n"}


@pytest.fixture(params=["sqlite", "postgres", "folder"])
def store(request: pytest.FixtureRequest, tmp_path: Path, clock: Clock) -> Iterator[Store]:
    """A store whose releases lie in either database, or in a folder."""
    kind = "sqlite" if request.param == "folder" else request.param
    url: str = request.getfixturevalue(f"{kind}_url")
    Store.migrate(url)
    folder = tmp_path / "releases" if request.param == "folder" else None
    with Store.open(url, clock=clock, release_folder=folder) as opened:
        yield opened


def take(
    batch: Batch,
    number: int,
    action: Action,
    begins: datetime | None = None,
    ends: datetime | None = None,
) -> Release:
    return batch.releases.add_step(number, Step(action, batch.actor, batch.now, "", begins, ends))


def numbers(store: Store, *moments: datetime) -> list[int | None]:
    """The release in force at each moment."""
    with store.reading() as batch:
        found = [batch.releases.in_force(moment) for moment in moments]
    return [None if release is None else release.number for release in found]


def test_the_same_content_is_one_draft(store: Store, clock: Clock) -> None:
    with store.batch("W1") as batch:
        first = batch.releases.draft(RULES, packs={"fuel": "1.0"}, note="first")
        assert batch.releases.draft(dict(reversed(RULES.items())), packs={"fuel": "1.0"}) == first
    clock.now += DAY
    with store.batch("W2") as batch:
        newer = batch.releases.draft(RULES, packs={"fuel": "1.1"})
        changed = batch.releases.draft(CHANGED, packs={"fuel": "1.0"})
    with store.reading() as batch:
        assert batch.releases.all() == [first, newer, changed]
        assert [release.number for release in batch.releases.all()] == [1, 2, 3]
        assert batch.releases.latest() == batch.releases.get(3) == changed
        assert (first.actor, first.note, first.recorded_at) == ("W1", "first", MONDAY)
        assert batch.releases.texts(changed) == CHANGED
        assert batch.releases.text(first.manifest["site:fuel/visits/走访.yaml"]) == "title: 一\r\n"
        assert batch.releases.text("0" * 64) is None


def test_an_unknown_number_is_refused_with_the_known_ones(store: Store) -> None:
    with store.batch("W1") as batch:
        batch.releases.draft(RULES)
        with pytest.raises(StoreError) as refused:
            take(batch, 7, "approved")
    assert refused.value.code == "CRM437"
    assert refused.value.known == "1"


def test_a_draft_decides_nothing(store: Store, clock: Clock) -> None:
    with store.batch("W1") as batch:
        assert batch.releases.latest() is None
        batch.releases.draft(RULES)
    assert numbers(store, BEGINNING, clock.now) == [None, None]


def test_the_first_counts_always_and_a_later_one_from_its_day(store: Store, clock: Clock) -> None:
    with store.batch("W1") as batch:
        batch.releases.draft(RULES)
        take(batch, 1, "published")
        batch.releases.draft(CHANGED)
        take(batch, 2, "published", MONDAY + DAY)
        assert state_of(batch.releases.get(2), batch.releases.all(), MONDAY) == "scheduled"
    assert numbers(store, BEGINNING, MONDAY, MONDAY + DAY) == [1, 1, 2]


def test_after_its_end_the_one_before_is_in_force_again(store: Store) -> None:
    with store.batch("W1") as batch:
        batch.releases.draft(RULES)
        take(batch, 1, "published")
        batch.releases.draft(CHANGED)
        take(batch, 2, "published", MONDAY, MONDAY + 2 * DAY)
    assert numbers(store, MONDAY - DAY, MONDAY, MONDAY + DAY, MONDAY + 2 * DAY) == [1, 2, 2, 1]


def test_an_older_one_comes_back_by_being_published_again(store: Store, clock: Clock) -> None:
    with store.batch("W1") as batch:
        batch.releases.draft(RULES)
        take(batch, 1, "published")
        batch.releases.draft(CHANGED)
        take(batch, 2, "published", MONDAY)
    clock.now += DAY
    with store.batch("W2") as batch:
        take(batch, 1, "published", clock.now)
        states = [state_of(each, batch.releases.all(), clock.now) for each in batch.releases.all()]
    assert states == ["in force", "past"]
    assert numbers(store, MONDAY - DAY, MONDAY, clock.now) == [1, 2, 1]


def test_publishing_again_with_an_end_ends_it(store: Store, clock: Clock) -> None:
    with store.batch("W1") as batch:
        batch.releases.draft(RULES)
        take(batch, 1, "published")
        batch.releases.draft(CHANGED)
        take(batch, 2, "published", MONDAY)
        take(batch, 2, "published", MONDAY + DAY, MONDAY + 2 * DAY)
    assert numbers(store, MONDAY, MONDAY + DAY, MONDAY + 2 * DAY) == [2, 2, 1]


def test_what_is_withdrawn_before_it_begins_never_counts(store: Store, clock: Clock) -> None:
    with store.batch("W1") as batch:
        batch.releases.draft(RULES)
        take(batch, 1, "published")
        batch.releases.draft(CHANGED)
        take(batch, 2, "published", MONDAY + 2 * DAY)
    clock.now += DAY
    with store.batch("W1") as batch:
        take(batch, 2, "withdrawn")
        assert state_of(batch.releases.get(2), batch.releases.all(), clock.now) == "withdrawn"
        assert batch.releases.draft(CHANGED).number == 3
    assert numbers(store, MONDAY + 3 * DAY) == [1]


def test_only_others_approve(store: Store) -> None:
    with store.batch("W1") as batch:
        batch.releases.draft(RULES)
        assert take(batch, 1, "approved").approvals() == ()
    with store.batch("W2") as batch:
        approved = take(batch, 1, "approved")
        assert [step.actor for step in approved.approvals()] == ["W2"]
        assert state_of(approved, [approved], MONDAY) == "approved"


def test_steps_come_back_exactly(store: Store) -> None:
    said = Step("simulated", "W2", MONDAY + DAY, "说明 =\n", MONDAY, None, {"moved": 3, "file": "=a.html"})
    with store.batch("W1") as batch:
        batch.releases.draft(RULES)
        batch.releases.add_step(1, said)
    with store.reading() as batch:
        assert batch.releases.get(1).last("simulated") == said


def test_two_who_draft_at_once_get_two_numbers(store: Store) -> None:
    def draft(name: str) -> None:
        with store.batch(name) as batch:
            batch.releases.draft({**RULES, "site:params.yaml": name})

    names = [f"W{number}" for number in range(6)]
    writers = [threading.Thread(target=draft, args=[name]) for name in names]
    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join()
    with store.reading() as batch:
        releases = batch.releases.all()
        assert [release.number for release in releases] == [1, 2, 3, 4, 5, 6]
        assert {release.actor for release in releases} == set(names)


@pytest.mark.parametrize("damage", ["text", "manifest"])
def test_what_was_tampered_with_is_not_used(store: Store, damage: str, tmp_path: Path) -> None:
    with store.batch("W1") as batch:
        release = batch.releases.draft(RULES)
    if store.release_folder is not None:
        spoil(store.release_folder, damage)
    with store.reading() as batch:
        bad = batch.releases.get(1)
        if store.release_folder is None:
            other = release.manifest["core:core/vocabulary.yaml"]
            bad = replace(bad, manifest={**bad.manifest, "site:fuel/visits/走访.yaml": other})
        with pytest.raises(StoreError) as refused:
            batch.releases.texts(bad)
    assert refused.value.code == "CRM439"


def spoil(folder: Path, what: str) -> None:
    """Changes a text, or the manifest with it, of the release in a folder."""
    [place] = folder.glob("0001-*")
    file = place / "site/fuel/visits/走访.yaml"
    file.write_text("title: 坏\n", "utf-8")
    if what == "manifest":
        from crmflow.core.release import hash_of

        said = json.loads((place / "release.json").read_text("utf-8"))
        said["manifest"]["site:fuel/visits/走访.yaml"] = hash_of("title: 坏\n")
        (place / "release.json").write_text(json.dumps(said), "utf-8")


@pytest.fixture
def folder_store(sqlite_url: str, tmp_path: Path, clock: Clock) -> Iterator[Store]:
    Store.migrate(sqlite_url)
    with Store.open(sqlite_url, clock=clock, release_folder=tmp_path / "releases") as opened:
        yield opened


def test_a_folder_shows_every_text_as_a_file(folder_store: Store, tmp_path: Path) -> None:
    with folder_store.batch("W1") as batch:
        release = batch.releases.draft(RULES)
    place = tmp_path / "releases" / f"0001-{release.hash[:12]}"
    files = {path.relative_to(place).as_posix() for path in place.rglob("*") if path.is_file()}
    steps = {name for name in files if name.startswith("steps/")}
    assert files - steps == {"release.json", "core/core/vocabulary.yaml", "site/fuel/visits/走访.yaml"}
    assert steps == {"steps/20260302T080000.000000Z-01-drafted.json"}
    assert (place / "site/fuel/visits/走访.yaml").read_bytes().decode() == "title: 一\r\n"


def test_two_branches_with_one_number_are_told_apart(folder_store: Store, tmp_path: Path) -> None:
    with folder_store.batch("W1") as batch:
        batch.releases.draft(RULES)
        other = batch.releases.draft(CHANGED)
    folder = tmp_path / "releases"
    place = folder / f"0002-{other.hash[:12]}"
    place.rename(folder / f"0001-{other.hash[:12]}")
    with folder_store.reading() as batch:
        with pytest.raises(StoreError, match="rename the later folder") as refused:
            batch.releases.all()
        assert refused.value.code == "CRM448"
        (folder / f"0001-{other.hash[:12]}").rename(folder / f"0005-{other.hash[:12]}")
        assert batch.releases.texts(batch.releases.get(5)) == CHANGED


@pytest.mark.parametrize("path", ["site:../../evil.yaml", "site:/etc/passwd", "home:a.yaml", "site:"])
def test_a_text_stays_inside_its_release(folder_store: Store, path: str, tmp_path: Path) -> None:
    with folder_store.batch("W1") as batch, pytest.raises(StoreError) as refused:
        batch.releases.draft({path: "x"})
    assert refused.value.code == "CRM448"
    assert list((tmp_path / "releases").glob("[!.]*")) == []


@pytest.mark.parametrize("text", ["", "{", "[]", '{"hash": 1}'])
def test_a_folder_that_cannot_be_read_is_named(folder_store: Store, text: str, tmp_path: Path) -> None:
    with folder_store.batch("W1") as batch:
        batch.releases.draft(RULES)
    [file] = (tmp_path / "releases").glob("*/release.json")
    file.write_text(text, "utf-8")
    with folder_store.reading() as batch, pytest.raises(StoreError) as refused:
        batch.releases.all()
    assert refused.value.code == "CRM448"


def test_releases_move_between_stores_without_loss(
    store: Store, folder_store: Store, tmp_path: Path, clock: Clock
) -> None:
    """There and back: numbers, hashes, texts and steps are the same; a second time brings nothing."""
    elsewhere = Store(
        folder_store.engine, own=False, schema=None, clock=clock, release_folder=tmp_path / "there"
    )
    with store.batch("W1") as batch:
        batch.releases.draft(RULES, packs={"fuel": "1.0"}, note="first")
        take(batch, 1, "published")
        batch.releases.draft(CHANGED)
        take(batch, 2, "approved")
    clock.now += DAY
    for source, target, news in ((store, elsewhere, [True, True]), (elsewhere, store, [False, False])):
        with source.reading() as looking, target.batch("W9") as batch:
            here = [(release, looking.releases.texts(release)) for release in looking.releases.all()]
            assert [batch.releases.take(*each) for each in here] == news
            assert [(each, batch.releases.texts(each)) for each in batch.releases.all()] == here


def test_another_release_of_the_same_number_is_not_taken_over(store: Store) -> None:
    with store.batch("W1") as batch:
        mine = batch.releases.draft(RULES)
        with pytest.raises(StoreError) as refused:
            batch.releases.take(replace(mine, hash="0" * 64), RULES)
    assert refused.value.code == "CRM448"
