"""What do the words of a command line say: NAME=VALUE, and numbers such as case:9?"""

from __future__ import annotations

import re
from collections.abc import Iterable

from crmflow.errors import SettingsError


def fields(words: Iterable[str]) -> dict[str, str]:
    """NAME=VALUE words as a mapping. Raises SettingsError CRM813."""
    found: dict[str, str] = {}
    for word in words:
        name, equals, value = word.partition("=")
        if not equals or not name.strip():
            raise SettingsError("CRM813", word=word)
        found[name.strip()] = value
    return found


def number_of(word: str, kind: str) -> int:
    """The number of a case or visit, written 9 or case:9. Raises SettingsError CRM816."""
    found = re.fullmatch(rf"(?:{kind}:)?(\d{{1,18}})", word)
    if found is None:
        raise SettingsError("CRM816", value=word, kind=kind)
    return int(found[1])
