"""Does an observer get a span a round and its figures, and does a worker do without?"""

from __future__ import annotations

import sys
from collections.abc import Callable
from functools import partial
from typing import Any

import pytest

from crmflow import Engine, Site, StoreError, Worker
from crmflow.engine.worker.telemetry import COUNTED
from tests.engine.worker.conftest import LATE, Clock

pytest.importorskip("opentelemetry.sdk", reason="opentelemetry-sdk is not installed")


@pytest.fixture
def exporters(monkeypatch: pytest.MonkeyPatch) -> tuple[Any, Any]:
    """Where spans and figures come to lie."""
    from opentelemetry.sdk.metrics import MeterProvider
    from opentelemetry.sdk.metrics.export import InMemoryMetricReader
    from opentelemetry.sdk.trace import TracerProvider
    from opentelemetry.sdk.trace.export import SimpleSpanProcessor
    from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

    spans, figures, tracers = InMemorySpanExporter(), InMemoryMetricReader(), TracerProvider()
    tracers.add_span_processor(SimpleSpanProcessor(spans))
    monkeypatch.setattr("opentelemetry.trace.get_tracer", tracers.get_tracer)
    monkeypatch.setattr("opentelemetry.metrics.get_meter", MeterProvider([figures]).get_meter)
    return spans, figures


def metrics(reader: Any) -> dict[str, Any]:
    [resource] = reader.get_metrics_data().resource_metrics
    return {
        metric.name: point
        for scope in resource.scope_metrics
        for metric in scope.metrics
        for point in metric.data.data_points
    }


def test_a_span_and_figures_for_each_round(
    new_site: Callable[..., Site], clock: Clock, exporters: tuple[Any, Any]
) -> None:
    worker = Worker({"north": partial(Engine.open, new_site("north", complaints=3), clock=clock)}, limit=2)
    clock.now = LATE
    worker.run(once=True)
    spans, figures = exporters
    told = [dict(span.attributes) for span in spans.get_finished_spans()]
    assert [(each["tenant"], each["claimed"]) for each in told] == [("north", 2), ("north", 1), ("north", 0)]
    assert all(each["seconds"] > 0 for each in told)
    found = metrics(figures)
    assert found["crmflow.claimed"].value == 3
    assert found["crmflow.claimed"].attributes == {"tenant": "north"}
    assert (found["crmflow.lag"].count, found["crmflow.round.duration"].count) == (3, 3)


def test_everything_that_a_round_does_is_counted(new_site: Callable[..., Site]) -> None:
    worker = Worker({"north": partial(Engine.open, new_site("north"))})
    worker.run(once=True)
    assert {*worker.tenants[0].totals, "failures"} == {*COUNTED}


def test_a_failure_marks_its_span(exporters: tuple[Any, Any]) -> None:
    def away() -> Engine:
        raise StoreError("CRM403", reason="connection refused")

    Worker({"north": away}).run(once=True)
    spans, figures = exporters
    [span] = spans.get_finished_spans()
    assert not span.status.is_ok
    assert metrics(figures)["crmflow.failures"].value == 1


def test_without_the_package_nothing_is_told(
    new_site: Callable[..., Site], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "opentelemetry", None)
    worker = Worker({"north": partial(Engine.open, new_site("north", complaints=1))})
    worker.run(once=True)
    assert worker.tenants[0].totals["claimed"] == 1
