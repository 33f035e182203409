"""A worker of its own process: delivers once for the site in the folder that it is given, as of a moment."""

from __future__ import annotations

import sys
from datetime import datetime
from pathlib import Path

from crmflow import Engine, Site

with Engine.open(Site.read(Path(sys.argv[1]))) as engine:
    sys.stdout.write(str(engine.deliver(datetime.fromisoformat(sys.argv[2])).sent))
