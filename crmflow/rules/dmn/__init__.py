"""DMN, the standard of decision models: the public door.

file -> reader (XML to definitions) -> item types, logic of each boxed expression -> graph -> evaluate
"""

from __future__ import annotations

from crmflow.rules.dmn.model import Model, dumps, load

__all__ = ["Model", "dumps", "load"]
