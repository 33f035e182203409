"""Which customers show best what would be different, and why does each side decide as it does?"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date
from zoneinfo import ZoneInfo

from crmflow.core.case import Case
from crmflow.core.decision import Visit
from crmflow.core.explanation import Explanation
from crmflow.core.simulation import Example
from crmflow.core.text import Text, phrases
from crmflow.engine.effect import Visited
from crmflow.engine.running import Work
from crmflow.engine.simulation.contrast import Contrast, same_visit
from crmflow.engine.simulation.replay import Replay
from crmflow.engine.simulation.world import Place
from crmflow.rules.explain import explain_decision
from crmflow.rules.rulebook import Rulebook
from crmflow.rules.vocabulary import pack_of
from crmflow.rules.wording import Wording
from crmflow.store.alongside import place

WORDS = phrases(__package__)
EACH = 2
"""Examples of each movement."""
Cell = tuple[str, ...]
"""What moved, from what, to what."""


@dataclass
class Showing:
    """Chooses a few customers of each movement, and explains them while the step is at hand."""

    replay: Replay
    zone: ZoneInfo
    show_personal: bool = False
    shown: Counter[Cell] = field(default_factory=Counter)

    def visits(self, works: tuple[Work, Work]) -> Iterator[Example]:
        """The visits of a step that only one side plans, or that another person is to make."""
        old, new = (_planned(work) for work in works)
        for key in sorted({*old, *new}, key=lambda key: place((old.get(key) or new[key]).customer_id)):
            before, after = old.get(key), new.get(key)
            visit = before or after
            assert visit is not None
            what = WORDS["said.visit"].filled(reason=self._word(visit.reason, visit.rulebook))
            said = [self._visit(work, each) for work, each in zip(works, (before, after), strict=True)]
            if not same_visit(before, after) and self._wanted(_cell(what, *said)):
                yield self._example(works, visit.customer_id, what, said, [visit.rulebook], visit.holding_id)

    def resume(self, examples: Iterable[Example]) -> None:
        """Those of earlier steps are shown already."""
        self.shown.update(_cell(each.what, each.old, each.new) for each in examples)

    def at_end(self, works: tuple[Work, Work], contrast: Contrast) -> Iterator[Example]:
        """Who is in another segment, has another owner, or has a case that stands elsewhere."""
        yield from self._segments(works, contrast)
        yield from self._owners(works, contrast)
        yield from self._cases(works, contrast)

    def _segments(self, works: tuple[Work, Work], contrast: Contrast) -> Iterator[Example]:
        for id, where, old, new in contrast.segments():
            books = [book.id for book in self._giving(where)]
            if books and self._wanted((where[1], old or "", new or "")):
                said = [self._value(each, where[1]) for each in (old, new)]
                what = works[1].rules.set.vocabulary.label(where[1])
                yield self._example(works, id, what, said, books, where[0] or None)

    def _owners(self, works: tuple[Work, Work], contrast: Contrast) -> Iterator[Example]:
        books = [book.id for book in self._books() if book.decides == "owner"]
        for id, old, new in contrast.owners():
            if self._wanted(("owner", old or "", new or "")):
                said = [self._staff(works[0], code) for code in (old, new)]
                yield self._example(works, id, WORDS["said.owner"], said, books, None)

    def _cases(self, works: tuple[Work, Work], contrast: Contrast) -> Iterator[Example]:
        for old, new in contrast.cases():
            case = old or new
            assert case is not None
            if self._wanted((case.chart, old.state if old else "", new.state if new else "")):
                title = works[1].casework().charts.of(case).title
                said = [self._case(works[1], each) for each in (old, new)]
                what = WORDS["said.case"].filled(case=title)
                yield self._example(works, case.customer_id, what, said, [], None)

    # parts

    def _example(
        self,
        works: tuple[Work, Work],
        id: int,
        what: Text,
        said: Sequence[Text],
        books: Iterable[str],
        holding: int | None,
    ) -> Example:
        customer = works[0].known(id).customer
        day: date = works[0].as_of.astimezone(self.zone).date()
        why = [self._why(work, id, holding, books) for work in works]
        return Example(id, customer.external_id, what, day, said[0], said[1], why[0], why[1])

    def _why(self, work: Work, id: int, holding: int | None, books: Iterable[str]) -> Explanation | None:
        """What the rulebooks say, on what is known at this step."""
        context, unit = work.context(id, holding), work.unit_of(id)
        wording = Wording(work.rules.set.vocabulary, self.zone, work.posts, show_personal=self.show_personal)
        found = [
            explain_decision(book, context, wording, params=work.decider.params(book, unit))
            for book in work.rules.set.rulebooks
            if book.id in books
        ]
        decided = [each for each in found if each.holds] or found
        return decided[0] if decided else None

    def _wanted(self, cell: Cell) -> bool:
        self.shown[cell] += 1
        return self.shown[cell] <= EACH

    def _books(self) -> Iterator[Rulebook]:
        for side in self.replay.sides:
            yield from side.rules.set.rulebooks

    def _giving(self, where: Place) -> Iterator[Rulebook]:
        for book in self._books():
            if book.gives is not None and book.gives.name == where[1]:
                yield book

    def _word(self, value: str, name: str) -> Text:
        return self.replay.new.rules.set.vocabulary.word(value, name.partition("/")[0])

    def _value(self, value: str | None, segment: str) -> Text:
        if value is None:
            return WORDS["said.none"]
        return self.replay.new.rules.set.vocabulary.word(value, pack_of(segment))

    def _staff(self, work: Work, code: str | None) -> Text:
        person = work.posts.staff.get(code) if code else None
        if person is not None:
            return Text(person.name, person.name)
        return Text(code, code) if code else WORDS["said.nobody"]

    def _visit(self, work: Work, visit: Visit | None) -> Text:
        if visit is None:
            return WORDS["said.unplanned"]
        staff = self._staff(work, visit.staff)
        if visit.due_at is None:
            return WORDS["said.undue"].filled(staff=staff)
        return WORDS["said.planned"].filled(staff=staff, due=f"{visit.due_at.astimezone(self.zone):%Y-%m-%d}")

    def _case(self, work: Work, case: Case | None) -> Text:
        if case is None:
            return WORDS["said.no-case"]
        chart = work.casework().charts.of(case)
        level = work.rules.set.vocabulary.levels.get(case.level or "")
        return WORDS["said.case-at"].filled(
            state=chart.states[case.state].label,
            level=level.label if level else case.level or "–",
            holder=self._staff(work, case.holder),
            count=case.escalations,
        )


def _planned(work: Work) -> dict[str, Visit]:
    return {effect.visit.key: effect.visit for effect in work.outcome.effects if isinstance(effect, Visited)}


def _cell(what: Text, old: Text, new: Text) -> Cell:
    """Of visits only whether there is one counts, not whose it is and when."""
    planned = (str(said != WORDS["said.unplanned"]) for said in (old, new))
    return what.en, *planned
