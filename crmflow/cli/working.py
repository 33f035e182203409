"""How is it shown what a worker does? By a bar on a terminal, else a line a minute, and by JSON lines."""

from __future__ import annotations

import json
import os
import sys
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from time import monotonic

import click
from rich.progress import Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

from crmflow.cli.command import show
from crmflow.cli.shell import Shell
from crmflow.core.text import Text
from crmflow.engine.worker import Worker
from crmflow.engine.worker.round import Round
from crmflow.engine.worker.tenant import Tenant
from crmflow.errors import CrmflowError

MINUTE = 60.0


class Watched:
    """Tells what a worker does; `bar` where a person looks on."""

    def __init__(self, shell: Shell, as_json: bool, bar: Progress | None) -> None:
        self.shell = shell
        self.as_json = as_json
        self.bar = bar
        self.task = bar.add_task("") if bar else None
        self.totals: Counter[str] = Counter()
        self.told: Counter[str] = Counter()
        self.next = monotonic() + MINUTE

    def began(self, worker: Worker, port: int | None) -> None:
        names = [tenant.name for tenant in worker.tenants]
        self._line("began", tenants=names, health=port)
        probes = Text(f"; health at port {port}", f"；健康检查端口 {port}") if port else Text("", "")
        self.shell.say(
            f"working for {', '.join(names)}{probes.en}", f"开始处理：{'、'.join(names)}{probes.zh}"
        )

    def worked(self, tenant: Tenant, round: Round) -> None:
        if round.busy:
            next_at = round.next_at.isoformat() if round.next_at else None
            seconds = {"seconds": round.seconds, "lag": round.lag}
            self._line("round", tenant=tenant.name, **round.did, **seconds, next=next_at)
        self.totals.update(round.did)
        if self.bar is not None and self.task is not None:
            self.bar.update(self.task, description=self._sum(self.totals).in_language(self.shell.language))
        elif monotonic() >= self.next:
            self._minute()

    def failed(self, tenant: Tenant, error: CrmflowError) -> None:
        wait = max(0, round(tenant.turn - monotonic()))
        self._line(
            "failed", tenant=tenant.name, code=error.code, error=error.text(self.shell.language), wait=wait
        )
        show(self.shell, error)
        self.shell.say(
            f"{tenant.name}: tried again in {wait} s (failure {tenant.failures})",
            f"{tenant.name}：{wait} 秒后重试（连续失败 {tenant.failures} 次）",
        )

    def ended(self, worker: Worker) -> None:
        self._line("ended", stopped=worker.stopping, **self.totals)
        done = self._sum(self.totals)
        self.shell.say(f"stopped: {done.en}", f"已停止：{done.zh}")

    def _minute(self) -> None:
        since = self._sum(self.totals - self.told)
        self.shell.say(f"{since.en} in the last minute", f"最近一分钟：{since.zh}")
        self.told, self.next = self.totals.copy(), monotonic() + MINUTE

    def _sum(self, counts: Counter[str]) -> Text:
        en = f"{counts['claimed']} cases taken up, {counts['moved']} moves, {counts['sent']} effects"
        zh = f"处理工单 {counts['claimed']} 件，流转 {counts['moved']} 次，触发动作 {counts['sent']} 个"
        if counts["errors"]:
            return Text(f"{en}, {counts['errors']} errors", f"{zh}，出错 {counts['errors']} 件")
        return Text(en, zh)

    def _line(self, event: str, **told: object) -> None:
        if self.as_json:
            at = datetime.now(UTC).isoformat(timespec="milliseconds")
            click.echo(json.dumps({"at": at, "event": event, **told}, ensure_ascii=False))


@contextmanager
def watching(shell: Shell, as_json: bool) -> Iterator[Watched]:
    """On a terminal with a bar that goes away at the end."""
    if not sys.stderr.isatty() or "CI" in os.environ:
        yield Watched(shell, as_json, None)
        return
    columns = (SpinnerColumn(), TextColumn("{task.description}"), TimeElapsedColumn())
    with Progress(*columns, console=shell.err, transient=True) as bar:
        yield Watched(shell, as_json, bar)
