"""What does the celery plugin register? A relay."""

from __future__ import annotations

from crmflow import Relay, hookimpl
from crmflow_celery.relay import connect


@hookimpl
def crmflow_relay() -> list[Relay]:
    """Each message becomes a task of a Celery that runs already."""
    return [Relay("celery", connect, settings=("broker", "task", "queue"), needs=("broker",))]
