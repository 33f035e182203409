"""Which tasks does Celery run for five steps?"""

from __future__ import annotations

import os

from celery import Celery, chain
from redis import Redis

URL = os.environ.get("FIVE_STEPS", "redis://127.0.0.1/0")
ENDED = "ended"
app = Celery("five", broker=URL)
app.conf.update(task_acks_late=True, task_ignore_result=True)
redis = Redis.from_url(URL)


def nothing() -> None:
    """Has nothing to do."""


def last() -> None:
    """Has nothing to do but to count."""
    redis.incr(ENDED)


def ended() -> int:
    """How many chains have come to their end."""
    return int(redis.get(ENDED) or 0)


step, end = app.task(nothing), app.task(last)
five_steps = chain(step.si(), step.si(), step.si().set(countdown=1.0), step.si(), end.si())
