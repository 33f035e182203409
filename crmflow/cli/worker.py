"""The command that keeps cases going: worker."""

from __future__ import annotations

import signal
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager, nullcontext
from functools import partial
from pathlib import Path
from types import FrameType
from typing import TYPE_CHECKING

import click

from crmflow.cli import options
from crmflow.cli.command import FAILURE, Command
from crmflow.cli.shell import Shell
from crmflow.errors import SettingsError
from crmflow.settings import FILE, Site

if TYPE_CHECKING:
    from crmflow.engine import Engine
    from crmflow.engine.worker import Worker


@click.command(cls=Command)
@click.option(
    "--site",
    "folders",
    metavar="DIR",
    multiple=True,
    type=click.Path(path_type=Path),
    help="A site, or a folder of sites; several: repeat. 站点目录，或含多个站点的目录，可重复。",
)
@click.option(
    "--schema",
    "schemas",
    metavar="NAME",
    multiple=True,
    help="A tenant's schema of PostgreSQL; several: repeat. 租户的 PostgreSQL schema，可重复。",
)
@click.option("--once", is_flag=True, help="Stop when nothing is due any more. 处理完到期事项即结束。")
@click.option(
    "--limit",
    type=click.IntRange(min=1),
    default=5_000,
    show_default=True,
    help="Cases of a tenant in one batch. 每批每租户的工单数。",
)
@click.option(
    "--interval",
    type=click.FloatRange(min=0, min_open=True),
    default=5.0,
    show_default=True,
    metavar="SECONDS",
    help="Look again after so long at the latest. 最长间隔秒数。",
)
@click.option("--health", metavar="HOST:PORT", help="Answer probes there: /health, /ready. 健康检查地址。")
@options.as_json
@click.pass_context
def worker(
    ctx: click.Context,
    folders: tuple[Path, ...],
    schemas: tuple[str, ...],
    once: bool,
    limit: int,
    interval: float,
    health: str | None,
    as_json: bool,
) -> None:
    """Move what is due, deliver what is to be sent, until told to stop. 持续处理到期工单并投递消息。

    SIGTERM or Ctrl-C ends it after its batch; a second one at once, and the batch is undone.
    收到 SIGTERM 或 Ctrl-C 后做完当前批次即退出；再次收到则立即退出并回滚当前批次。

    Exits with 3 where --once left a tenant that failed. 使用 --once 时若有租户失败，退出码为 3。
    """
    with stopping() as stop:
        from crmflow.cli.working import watching
        from crmflow.engine.worker import Worker
        from crmflow.engine.worker.health import answering

        shell: Shell = ctx.obj
        places = sites(folders or (shell.site.folder,))
        shell.folder = places[0]
        with watching(shell, as_json) as watch:
            working = Worker(tenants(places, schemas), limit=limit, interval=interval, watch=watch)
            stop.ends(working)
            probes: AbstractContextManager[object] = nullcontext()
            if health is not None:
                probes = answering(working, *address(health))
            with probes as port:
                watch.began(working, port if isinstance(port, int) else None)
                working.run(once=once)
                watch.ended(working)
    if once and not working.healthy:
        ctx.exit(FAILURE)


def sites(folders: tuple[Path, ...]) -> list[Path]:
    """These sites, and those in folders of sites. Raises SettingsError CRM844: there is none."""
    found: dict[Path, None] = {}
    for folder in folders:
        own = folder / FILE
        within = [file.parent for file in ([own] if own.is_file() else sorted(folder.glob(f"*/{FILE}")))]
        if not within:
            raise SettingsError("CRM844", folder=folder)
        found |= dict.fromkeys(each.resolve() for each in within)
    return list(found)


def tenants(places: list[Path], schemas: tuple[str, ...]) -> Mapping[str, Callable[[], Engine]]:
    """How each tenant's engine is opened, by its name: the folder's, as far as needed to tell them apart."""
    names = [place.name for place in places]
    called = {place: place.name if names.count(place.name) == 1 else str(place) for place in places}
    if not schemas:
        return {called[place]: partial(opened, place, None) for place in places}
    return {
        f"{called[place]}/{schema}": partial(opened, place, schema) for place in places for schema in schemas
    }


def opened(folder: Path, schema: str | None) -> Engine:
    """The engine of a site as its settings are by now. Raises SettingsError CRM847, and as Engine.open."""
    from crmflow.engine import Engine

    site = Site.read(folder)
    if schema is not None and site.url.startswith("sqlite"):
        raise SettingsError("CRM847", schema=schema, folder=folder)
    return Engine.open(site, schema=schema)


def address(text: str) -> tuple[str, int]:
    """HOST:PORT, or a port of this machine. Raises SettingsError CRM846."""
    host, _, port = text.rpartition(":")
    if not port.isascii() or not port.isdigit():
        raise SettingsError("CRM846", value=text)
    return host.strip("[]") or "127.0.0.1", int(port)


class Stop:
    """What signals ask for: the first that the worker stops, be it yet to begin; the second interrupts it."""

    def __init__(self) -> None:
        self.asked = False
        self._worker: Worker | None = None

    def ends(self, worker: Worker) -> None:
        """Whom it is about."""
        self._worker = worker
        if self.asked:
            worker.stop()

    def __call__(self, number: int, frame: FrameType | None) -> None:
        if self.asked:
            raise KeyboardInterrupt
        self.asked = True
        if self._worker is not None:
            self._worker.stop()


@contextmanager
def stopping() -> Iterator[Stop]:
    """From here on, signals are asked of it."""
    stop = Stop()
    before = {number: signal.signal(number, stop) for number in (signal.SIGTERM, signal.SIGINT)}
    try:
        yield stop
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
