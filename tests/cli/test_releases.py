"""Do the commands about releases and rule files say what was done, and what to type next?"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from datetime import datetime
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from crmflow import Engine, Site
from crmflow.cli import main
from crmflow.rules.rulebook_file import content_hash
from crmflow.rules.source import RuleFile
from crmflow.rules.versions.diff import documents
from crmflow.testing import empty_site

Type = Callable[..., Result]
CALM = "format: 1\nfuel/visits/overdue:\n  days of grace: {value: 5, units: {S1: 4}}\n"


@pytest.fixture
def site(tmp_path: Path) -> Iterator[Site]:
    """A fuel site with its first release."""
    made = empty_site(tmp_path / "site", "fuel", language="en")
    with Engine.open(made) as engine:
        engine.publish(actor="setup", note="first")
        yield made


@pytest.fixture
def type_(site: Site) -> Type:
    def typed(*words: str) -> Result:
        return CliRunner().invoke(main, ["--site", str(site.folder), *words], prog_name="crmflow")

    return typed


def save(site: Site, text: str, path: str = "params.yaml") -> Path:
    file = site.rules / path
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(text, "utf-8")
    return file


def test_a_release_from_draft_to_withdrawn(type_: Type, site: Site, tmp_path: Path) -> None:
    save(site, CALM)
    assert "release 2 (" in type_("release", "draft", "--as", "M1", "--note", "calmer").stderr
    assert type_("release", "test", "2").exit_code == 0
    what_if = tmp_path / "whatif.html"
    what_if.write_text("3 move", "utf-8")
    assert type_("release", "attach", "2", str(what_if)).exit_code == 0
    rows = json.loads(type_("release", "list", "--json").stdout)["rows"]
    assert [(row["release"], row["state"], row["actor"]) for row in rows] == [
        (1, "in force", "setup"),
        (2, "draft", "M1"),
    ]
    assert "is approved by M2" in type_("release", "approve", "2", "--as", "M2").stderr
    assert "is withdrawn" in type_("release", "withdraw", "2").stderr
    steps = json.loads(type_("release", "show", "2", "--json").stdout)["rows"]
    assert [row["action"] for row in steps] == ["drafted", "tested", "tried out", "approved", "withdrawn"]
    again = type_("release", "publish", "2")
    assert again.exit_code == 3
    assert "CRM446" in again.stderr


def test_a_day_in_the_sites_zone(type_: Type, site: Site) -> None:
    """From the first moment of a day until the last of another, in Shanghai."""
    save(site, CALM)
    type_("release", "draft")
    assert type_("release", "publish", "2", "--from", "soon").exit_code == 2
    assert type_("release", "publish", "2", "--from", "2999-05-01", "--to", "2999-04-01").exit_code == 3
    shown = type_("release", "publish", "2", "--from", "2999-05-01", "--to", "2999-05-03")
    assert "is in force from 2999-05-01" in shown.stderr
    [row] = [
        row for row in json.loads(type_("release", "list", "--json").stdout)["rows"] if row["release"] == 2
    ]
    assert (row["begins"], row["ends"]) == ("2999-04-30T16:00:00+00:00", "2999-05-03T16:00:00+00:00")
    assert row["state"] == "scheduled"


def test_today_is_now(type_: Type, site: Site) -> None:
    save(site, CALM)
    type_("release", "draft")
    today = datetime.now(site.zone).date().isoformat()
    assert type_("release", "publish", "2", "--from", today).exit_code == 0
    assert json.loads(type_("release", "status", "--json").stdout)["release"] == 2


def test_who_acts_is_somebody_where_staff_are_known(type_: Type, site: Site, tmp_path: Path) -> None:
    units, staff = tmp_path / "units.csv", tmp_path / "staff.csv"
    units.write_text("code,name,level\nC,Company,company\nS1,One,station\n", "utf-8")
    staff.write_text("code,name,role,unit\nann,Ann,district manager,C\n", "utf-8")
    for kind, file in (("units", units), ("staff", staff)):
        assert type_("import", kind, str(file)).exit_code == 0
    save(site, CALM)
    refused = type_("publish", "--as", "anm")
    assert refused.exit_code == 3
    assert "CRM449" in refused.stderr
    assert "nearest: ann" in refused.stderr
    assert type_("publish", "--as", "ann").exit_code == 0
    assert type_("release", "rollback").exit_code == 0, "without --as it is the command line that acts"
    unlike = type_("publish", "--as", "0000000")
    assert "no staff member has the code 0000000;" in unlike.stderr
    assert "nearest" not in unlike.stderr


def test_a_rollback_says_that_the_files_are_still_the_newer_ones(type_: Type, site: Site) -> None:
    save(site, CALM)
    assert "rolled back" not in type_("publish").stderr
    back = type_("release", "rollback")
    assert "the files on disk are not changed: the next `publish`" in back.stderr
    again = type_("publish")
    assert "is in force again; mind that it had been rolled back" in again.stderr
    assert "rolled back" not in type_("publish").stderr
    assert "the files on disk" not in type_("release", "rollback", "2").stderr


def test_the_status_says_what_each_release_waits_for(type_: Type, site: Site) -> None:
    save(site, CALM)
    type_("release", "draft", "--as", "M1")
    assert "版本 2 为草稿，待发布" in type_("release", "status", "--lang", "zh").stderr
    type_("release", "approve", "2", "--as", "M2")
    assert "版本 2 已审批，待发布" in type_("release", "status", "--lang", "zh").stderr


def test_rules_diff(type_: Type, site: Site, tmp_path: Path) -> None:
    assert type_("rules", "diff").exit_code == 0
    save(site, CALM)
    shown = type_("rules", "diff")
    assert shown.exit_code == 1
    assert shown.stdout.splitlines() == [
        "param `days of grace` of fuel/visits/overdue: 3 → 5",
        "param `days of grace` of fuel/visits/overdue for unit S1: 3 → 4",
    ]
    type_("publish", "--as", "M1")
    assert type_("rules", "diff").exit_code == 0
    assert type_("rules", "diff", "1").stdout == shown.stdout, "release 1 and the disk"
    assert type_("rules", "diff", "1", "2").stdout == shown.stdout
    zh = type_("rules", "diff", "1", "2", "--lang", "zh").stdout
    assert zh.startswith("fuel/visits/overdue 的参数“days of grace”：3 → 5")
    [record, *_] = json.loads(type_("rules", "diff", "2", "1", "--json").stdout)
    assert (record["part"], record["before"], record["after"]) == (
        ["fuel/visits/overdue", "days of grace", "value"],
        "5",
        "3",
    )
    assert "+  days of grace: {value: 5" in type_("rules", "diff", "1", "2", "--text").stdout
    unknown = type_("rules", "diff", "1", "nowhere")
    assert unknown.exit_code == 2
    assert "CRM821" in unknown.stderr
    assert "CRM437" in type_("rules", "diff", "1", "99").stderr


def test_rules_diff_of_files_and_folders(type_: Type, site: Site, tmp_path: Path) -> None:
    one, other = tmp_path / "one.yaml", tmp_path / "other.yaml"
    one.write_text("decides: visit\nhit: first\n", "utf-8")
    other.write_text("decides: visit\nhit: unique\n", "utf-8")
    said = type_("rules", "diff", str(one), str(other)).stdout
    assert said == "hit policy in one: `first` became `unique`\n"
    for name, text in (("a", "decides: visit\n"), ("b", "decides: owner\n")):
        (tmp_path / name).mkdir()
        (tmp_path / name / "x.yaml").write_text(text, "utf-8")
    said = type_("rules", "diff", str(tmp_path / "a"), str(tmp_path / "b")).stdout
    assert said == "`decides` in x: `visit` became `owner`\n"
    mine = save(site, CALM)
    type_("publish")
    save(site, CALM.replace("5", "6"))
    said = type_("rules", "diff", str(mine)).stdout
    assert said == "param `days of grace` of fuel/visits/overdue: 5 → 6\n"


def test_upgrading_a_file_of_no_format(type_: Type, site: Site) -> None:
    old = (
        "# 大客户\ndecides: segment\ntitle: {en: Big, zh: 大}\n"
        "gives: {name: big, zh: 大, of: [large]}\n"
        "rules:\n  - {id: r, when: litres 30 days > 9, then: large}\n"
    )
    rules = save(site, old, "fuel/segments/big.yaml")
    words = save(site, "customer:\n  nick: {zh: 昵称, personal: yes}   # ask\n", "vocabulary.yaml")
    assert type_("check").exit_code == 1
    shown = type_("rules", "upgrade", "--diff")
    assert shown.exit_code == 1
    assert shown.stdout.count("+format: 1\n") == 2
    assert rules.read_text("utf-8") == old
    assert type_("rules", "upgrade").exit_code == 0
    assert rules.read_text("utf-8") == old.replace("decides", "format: 1\ndecides", 1)
    upgraded = "format: 1\ncustomer:\n  nick: {zh: 昵称, personal: true}   # ask\n"
    assert words.read_text("utf-8") == upgraded
    assert "every file is of format 1" in type_("rules", "upgrade").stderr


def test_merging_a_packs_new_version(type_: Type, site: Site) -> None:
    """The site made its file from an older text than the installed pack's, which it gives with --base."""
    with Engine.open(site) as engine:
        [pack] = [file for file in engine.releases.files() if file.path == "fuel/visits/vip.yaml"]
    old = pack.content.replace("channel:  visit", "channel:  phone").replace(
        "channel: visit", "channel: phone"
    )
    assert old != pack.content
    base = site.folder / "old.yaml"
    base.write_text(old, "utf-8")
    [document] = documents([RuleFile("x.yaml", old)]).values()
    hash = content_hash(document.data)[:12]
    mine = save(site, f'# ours\n{old}overrides: "{hash}"\n', "fuel/visits/vip.yaml")
    assert "CRM830" in type_("rules", "merge").stderr
    assert "CRM832" in type_("rules", "merge", str(base), "--base", str(base)).stderr
    before = mine.read_text("utf-8")
    assert type_("rules", "merge", str(mine), "--base", str(base), "--diff").exit_code == 0
    assert mine.read_text("utf-8") == before
    merged = type_("rules", "merge", str(mine), "--base", str(base))
    assert merged.exit_code == 0
    assert "`phone` became `visit`" in merged.stdout
    assert mine.read_text("utf-8").startswith("# ours\n")
    assert "CRM208" not in type_("check").stdout
    assert "no file of a pack has changed" in type_("rules", "merge").stderr
    conflict = before.replace("phone", "message")
    mine.write_text(conflict, "utf-8")
    refused = type_("rules", "merge", str(mine), "--base", str(base))
    assert refused.exit_code == 1
    assert "CRM819" in refused.stdout
    assert mine.read_text("utf-8") == conflict
    assert type_("rules", "merge", str(mine), "--base", str(base), "--write-conflicts").exit_code == 1
    assert "# CONFLICT: the pack has `visit` here, it was `phone`" in mine.read_text("utf-8")
    mine.write_text(conflict, "utf-8")
    assert type_("rules", "merge", str(mine), "--base", str(base), "--keep", "theirs").exit_code == 0
    assert "message" not in mine.read_text("utf-8")
