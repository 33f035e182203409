"""What keeps many tenants' cases going? A Worker, which a host may embed and `crmflow worker` runs."""

from crmflow.engine.worker.worker import Worker

__all__ = ["Worker"]
