"""Which tree of nodes is a YAML text? Read by libyaml where that gives the same tree, which is quicker."""

from __future__ import annotations

import re
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.error import YAMLError
from ruamel.yaml.nodes import Node
from ruamel.yaml.resolver import BaseResolver

try:
    from _ruamel_yaml import CParser
except ImportError:  # no wheel for this machine
    CParser = None

# Signs on which YAML 1.1, which libyaml reads, and 1.2 differ; and blocks as deep as only an attack is.
_ODD = re.compile(r"[\t\v\f\x85\u2028\u2029\ufeff]|\r(?!\n)|^[ ?-]{200}", re.MULTILINE)


def compose(text: str) -> Node | None:
    """The root of a text of YAML 1.2, with marks in code points; None where it holds nothing.

    Raises ruamel.yaml.error.YAMLError: this is no YAML.
    """
    if CParser is not None and not _ODD.search(text):
        quick = _Quick(text)
        try:
            root: Node | None = quick.get_single_node()
            if not quick.empty:
                return root
        except YAMLError:
            pass  # the other parser says better what is wrong, or reads it
        finally:
            quick.dispose()
    return YAML(typ="safe", pure=True).compose(text)  # type: ignore[no-any-return]


if CParser is not None:

    class _Quick(CParser, BaseResolver):  # type: ignore[misc]
        """libyaml's nodes, whose tags nobody reads. `empty`: a value is missing, which it marks elsewhere."""

        def __init__(self, text: str) -> None:
            CParser.__init__(self, text)
            self._parser = self._composer = self
            BaseResolver.__init__(self, loadumper=self)
            self.empty = False

        def resolve(self, kind: type[Node], value: Any, implicit: Any) -> str:
            self.empty = self.empty or value == ""
            return ""

        def descend_resolver(self, *_: object) -> None: ...

        def ascend_resolver(self) -> None: ...
