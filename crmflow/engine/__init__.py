"""What does a host embed? The Engine."""

from crmflow.engine.engine import Engine

__all__ = ["Engine"]
