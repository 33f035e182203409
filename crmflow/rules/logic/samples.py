"""Which values of a name are worth trying, where conditions are not looked into?"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import product
from typing import Any, Final

from crmflow.rules.feel.types import ContextType, ListType, Type
from crmflow.rules.logic.axis import KIND_OF
from crmflow.rules.logic.domain import Domain, domain_of

SAMPLES: Final = 40  # values tried for one name


def samples(kind: Type, literals: Iterable[Any], domain: Domain | None = None) -> list[Any]:
    """Values of a type that conditions with these literals may tell apart; null is the last."""
    literals = list(literals)
    if isinstance(kind, ListType):
        items = [each for each in samples(kind.item, literals) if each is not None]
        pairs = ([one, other] for one in items[:6] for other in items[:6])
        return [[], *([each] for each in items[:SAMPLES]), *pairs]
    if isinstance(kind, ContextType):
        return [*_contexts(kind, literals), None]
    domain = domain or domain_of(kind)
    if domain.values is not None:
        return [*domain.values, None]
    known = sorted({each for each in literals if KIND_OF.get(type(each)) == domain.kind})
    known = known or [each for each in (domain.between(None, None),) if each is not None]
    found: list[Any] = []
    below = None
    for each in known[: SAMPLES // 2]:
        found += [domain.between(below, each), each if domain.has(each) else None]
        below = each
    found += [domain.between(below, None)]
    return [*dict.fromkeys(each for each in found if each is not None), None]


def _contexts(type: ContextType, literals: list[Any]) -> Iterator[dict[str, Any]]:
    """One context, and those that differ from it in one field or two."""
    pools = {
        name: samples(field.type, literals) if not isinstance(field.type, ListType) else [[]]
        for name, field in type.fields.items()
    }
    first = {name: pool[0] for name, pool in pools.items()}
    yield first
    for name, pool in pools.items():
        for value in pool[1:8]:
            yield {**first, name: value}
    wide = [name for name, pool in pools.items() if 1 < len(pool) <= 8]
    for one in wide:
        for other in wide:
            if one < other:
                for value, second in product(pools[one][:4], pools[other][:4]):
                    yield {**first, one: value, other: second}
