"""What does a worker tell an observer? A span a round and its figures, by the OpenTelemetry API alone."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from crmflow.engine.worker.round import Round

SCOPE = "crmflow.worker"
COUNTED = {
    "claimed": "cases taken up",
    "events": "events taken from the inbox",
    "moved": "moves made",
    "refused": "events refused",
    "opened": "cases opened",
    "sent": "effects to be sent",
    "errors": "cases set aside with an error",
    "delivered": "messages delivered",
    "retried": "messages to be tried again",
    "postponed": "messages put off until they may go",
    "held": "messages held back",
    "dead": "messages given up",
    "sealed": "journal entries sealed",
    "failures": "rounds that failed",
}
"""What each counter counts; its name is crmflow.NAME."""


class Telemetry:
    """Spans, counters and histograms; without the package `opentelemetry-api` none, at no cost.

    Where they go, and whether anywhere, is for the host's OpenTelemetry SDK to say.
    """

    def __init__(self) -> None:
        self._tracer: Any = None
        try:
            from opentelemetry import metrics, trace
        except ImportError:
            return
        meter = metrics.get_meter(SCOPE)
        self._tracer = trace.get_tracer(SCOPE)
        self._counters = {
            name: meter.create_counter(f"crmflow.{name}", description=what) for name, what in COUNTED.items()
        }
        self._seconds = meter.create_histogram("crmflow.round.duration", "s", "how long a round took")
        self._lag = meter.create_histogram("crmflow.lag", "s", "by how much the oldest due work is late")

    @contextmanager
    def span(self, tenant: str) -> Iterator[Callable[[Round], None]]:
        """Around a round, which is recorded by what is yielded; whatever is raised marks the span."""
        if self._tracer is None:
            yield lambda done: None
            return
        named = {"tenant": tenant}
        with self._tracer.start_as_current_span("crmflow.round", attributes=named) as span:

            def record(done: Round) -> None:
                span.set_attributes({**done.did, "seconds": done.seconds, "lag": done.lag})
                for name in COUNTED.keys() & done.did:
                    self._counters[name].add(done.did[name], named)
                self._seconds.record(done.seconds, named)
                self._lag.record(done.lag, named)

            try:
                yield record
            except Exception:
                self._counters["failures"].add(1, named)
                raise
