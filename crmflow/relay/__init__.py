"""Which relays are built in?"""

from __future__ import annotations

from collections.abc import Mapping

from crmflow.core.relay import Relay
from crmflow.relay.log import LOG
from crmflow.relay.smtp import SMTP
from crmflow.relay.webhook import WEBHOOK

NONE = "none"
"""The name of no relay at all: what would be sent is held."""
BUILT_IN: Mapping[str, Relay] = {relay.name: relay for relay in (LOG, WEBHOOK, SMTP)}
