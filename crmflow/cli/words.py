"""What do the NAME=VALUE words of a command line say?"""

from __future__ import annotations

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
