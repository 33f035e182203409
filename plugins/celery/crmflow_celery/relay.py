"""How does a message get to Celery? As one task, whose id is the message's key."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from celery import Celery
from kombu.exceptions import OperationalError

from crmflow import Message, Receipt

TASK = "crmflow.send"
"""The task that is sent, where the settings name none; it gets the message as its one argument."""
TIMEOUT = 5.0
"""Seconds that the broker may take."""


@dataclass(frozen=True, slots=True)
class Tasks:
    """Sends tasks to a broker."""

    app: Celery
    task: str
    queue: str | None

    def send(self, messages: Sequence[Message]) -> Iterator[Receipt]:
        """A message is sent when the broker has taken its task: doing it is Celery's.

        The same message again has the same task id, by which a task that must act once knows it.
        """
        with self.app.connection_for_write(connect_timeout=TIMEOUT) as connection:
            for message in messages:
                try:
                    self.app.send_task(
                        self.task,
                        args=(message.record(),),
                        task_id=message.key,
                        queue=self.queue,
                        connection=connection,
                        retry=False,
                        ignore_result=True,
                    )
                except (OperationalError, OSError) as error:
                    yield Receipt(message.key, "retry", f"{type(error).__name__}: {error}")
                else:
                    yield Receipt(message.key, "sent")


def connect(settings: Mapping[str, str]) -> Callable[[Sequence[Message]], Iterator[Receipt]]:
    """The broker is reached with the first message."""
    app = Celery("crmflow", broker=settings["broker"], set_as_current=False)
    app.conf.update(
        broker_transport_options={"socket_timeout": TIMEOUT, "socket_connect_timeout": TIMEOUT},
        task_serializer="json",
    )
    return Tasks(app, settings.get("task", TASK), settings.get("queue")).send
