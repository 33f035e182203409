"""What follows for each customer from the others, in a run of all, and why?"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence, Set
from typing import Any, Final
from zoneinfo import ZoneInfo

from crmflow.core.explanation import Explanation
from crmflow.engine.deciding import Decider
from crmflow.engine.listings import WORDS
from crmflow.engine.release import Rules
from crmflow.engine.survey import Known
from crmflow.rules.context import Context
from crmflow.rules.feel.values import read
from crmflow.rules.fold import local
from crmflow.rules.infer.conclusions import Conclusions, Derivation
from crmflow.rules.infer.kind import CUSTOMER, Kind
from crmflow.rules.infer.machine import conclude
from crmflow.rules.infer.program import Inference
from crmflow.rules.infer.world import World
from crmflow.rules.wording import Wording, say
from crmflow.store.batch import Batch
from crmflow.store.touchpoints import Brief

WHY: Final = "inferred from"
"""Under this name a customer's stored facts hold how each inferred one was derived, as steps by its name."""
STEPS: Final = 8  # of a derivation that is kept, the nearest first

Step = dict[str, Any]


def kept(rules: Rules) -> list[str]:
    """The names that a run of all takes and later ones read: what is inferred, and why."""
    names = rules.set.vocabulary.inferred
    return [*names, WHY] if names else []


def inferred(
    decider: Decider, batch: Batch, everyone: Mapping[int, Known], contexts: Mapping[int, Context]
) -> Iterator[tuple[int, dict[str, object]]]:
    """The inferred facts of each customer, inference after inference; a later one reads `contexts` anew."""
    ruleset = decider.rules.set
    if not ruleset.inferences:
        return
    now = decider.as_of.astimezone(decider.zones.of(None))
    world = World({"now": now, "today": now.date()})
    ids = list(everyone)
    for known in everyone.values():
        world.add(CUSTOMER, {"id": known.customer.external_id}, str(known.customer.id))
    zones = {id: decider.contexts_of(known.customer).zone for id, known in everyone.items()}
    needed = frozenset().union(*(each.kinds for each in ruleset.inferences))
    _add_holdings(world, everyone, zones, needed & ruleset.vocabulary.holdings.keys())
    if kinds := needed & ruleset.vocabulary.touchpoints.keys():
        _add_touchpoints(world, batch.touchpoints.briefs(decider.as_of), zones, kinds)
    for inference in ruleset.inferences:
        names = [name for name in inference.reads if name != "id"]
        for thing, id in zip(world.things, ids, strict=False):
            thing.update((name, read(contexts[id][name])) for name in names)
        found = conclude(inference, world)
        values = found.values()
        for place, id in enumerate(ids):
            steps = list(_steps(found, place, ids))
            why: Any = everyone[id].values.get(WHY) or {}
            if steps:
                why = {**why, inference.gives.name: steps}
            yield id, {inference.gives.name: values[place], WHY: why}


def _add_holdings(
    world: World, everyone: Mapping[int, Known], zones: Mapping[int, ZoneInfo], kinds: Set[str]
) -> None:
    for place, (id, known) in enumerate(everyone.items()):
        for each in known.holdings:
            if each.kind in kinds:
                own = {"id": each.external_id, "at": each.at, **each.fields}
                world.add(each.kind, _locally(own, zones[id]), each.external_id, place)


def _add_touchpoints(
    world: World,
    everything: Iterable[tuple[int, Sequence[Brief]]],
    zones: Mapping[int, ZoneInfo],
    kinds: Set[str],
) -> None:
    places = {id: place for place, id in enumerate(zones)}
    for id, touchpoints in everything:
        for each in touchpoints:
            if each.kind in kinds and id in places:
                own = {"id": str(each.id), "at": each.at, "channel": each.channel, "unit": each.unit}
                values = _locally({**each.fields, **own, "staff": each.staff}, zones[id])
                world.add(each.kind, values, f"{each.at:%Y-%m-%d}", places[id])


def _locally(values: Mapping[str, Any], zone: ZoneInfo) -> dict[str, object]:
    return {name: local(value, zone) for name, value in values.items()}


# why


def _steps(found: Conclusions, place: int, ids: Sequence[int]) -> Iterator[Step]:
    """The rules that led to a customer's value, the last first, with the things that met them."""
    waiting = list(found.derivations(place))[:STEPS]
    for derivation in waiting:
        yield _step(found, derivation, ids)
        waiting += list(found.below(derivation))[: STEPS - len(waiting)]


def _step(found: Conclusions, derivation: Derivation, ids: Sequence[int]) -> Step:
    """A rule's id, and each variable with the customer's id, or the name of another thing or value."""
    world, rule = found.world, derivation.rule
    slots = dict(zip(rule.variables, derivation.slots, strict=True))
    things: list[list[object]] = []
    for name in rule.declared:
        kind = rule.variables[name]
        if isinstance(kind, Kind):
            place = slots[name]
            things.append([name, ids[place] if kind.name == CUSTOMER else world.labels[place]])
        else:
            things.append([name, str(slots[name])])
    return {"rule": rule.id, "of": things}


def explain_inferred(
    inferences: Sequence[Inference],
    known: Known,
    wording: Wording,
    called: Callable[[int], str],
) -> Iterator[Explanation]:
    """What the last run of all inferred of a customer: the rules, and the other customers by number."""
    why: Any = known.values.get(WHY)
    for inference in inferences:
        name = inference.gives.name
        value = known.values.get(name)
        titles = {rule.id: rule.title for rule in inference.rules}
        because = []
        for step in (why or {}).get(name, ()):
            things = ", ".join(
                f"{variable} = {called(thing) if isinstance(thing, int) else thing}"
                for variable, thing in step["of"]
            )
            title = titles.get(step["rule"], step["rule"])
            because.append(
                Explanation(WORDS["explained.inferred"].filled(rule=title, things=things), holds=True)
            )
        if not because:
            word = "not-in-run" if why is None else "not-inferred"
            because.append(Explanation(WORDS[f"explained.{word}"]))
        says = say("sentences", "value", label=wording.label(name), value=wording.value(value))
        yield Explanation(says, because=tuple(because))
