"""Which sheets do a site's rule files make? One of each decision table, list of rules, and chart's moves."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from crmflow.core.text import Text
from crmflow.errors import RuleFileError
from crmflow.exchange.rulesheet.sheet import Choice, Column, Part, Row, RuleSheet
from crmflow.rules.chart.move import COLUMNS
from crmflow.rules.feel import Enumeration, Expression, Type, boolean, nearest
from crmflow.rules.patch.marks import Marks
from crmflow.rules.rulebook import Rulebook
from crmflow.rules.rulebook_file import content_hash
from crmflow.rules.ruleset import Ruleset
from crmflow.rules.source import Document, Path
from crmflow.rules.trigger import LABELS as TRIGGER_LABELS
from crmflow.rules.vocabulary import Vocabulary

PARTS: Mapping[Part, Path] = {"table": ("table", "rows"), "rules": ("rules",), "moves": ("moves",)}
"""Where the rows of a part stand in a rule file."""

_LABELS = {
    "id": Text("id", "编号"),
    "then": Text("then", "结果"),
    "when": Text("when", "条件"),
    "from": Text("from", "离开状态"),
    "on": Text("on", "触发"),
    "to": Text("to", "进入状态"),
    "and": Text("and", "附加"),
    "title": Text("title", "标题"),
    "title.en": Text("title (English)", "标题（英文）"),
    "title.zh": Text("title (Chinese)", "标题（中文）"),
    "priority": Text("priority", "优先级"),
    "source": Text("source", "出处"),
    "then.reason": Text("reason", "事由"),
    "then.channel": Text("channel", "渠道"),
    "then.by": Text("by", "执行人"),
    "then.within": Text("within", "时限"),
    "then.once per": Text("once per", "频次"),
    "then.stays": Text("stays", "保留方式"),
    "then.send": Text("message", "消息"),
    "then.owner": Text("owner", "责任人"),
    "then.participant": Text("participant", "参与人"),
}
_TRUTH = (Choice("true", Text("yes", "是")), Choice("false", Text("no", "否")))
_UP = Choice("up", Text("up", "上一级"))
_UNDO = Choice("undo", Text("undo", "撤销"))
_ORDER = ("id", "title", "when", "priority", "then", "source")
_CHANNELS = ("visit", "phone", "message", "sms")
_READERS_TEXTS = frozenset({"title", "title.en", "title.zh", "source"})


def rule_sheets(rules: Ruleset, ids: Sequence[str] = ()) -> list[RuleSheet]:
    """The tables of these rulebooks and charts, of all without ids.

    Raises RuleFileError CRM137 for an id that there is not, CRM091 for one without a table.
    """
    known = [id for id, document in rules.documents.items() if part_of(document) is not None]
    for id in ids:
        if id not in rules.documents:
            raise RuleFileError("CRM137", name=id, known=", ".join(known), near=nearest(id, known))
        if id not in known:
            raise RuleFileError("CRM091", name=id)
    return [rule_sheet(rules, id) for id in ids or known]


def rule_sheet(rules: Ruleset, id: str) -> RuleSheet:
    """The table of one rule file."""
    document = rules.documents[id]
    part = part_of(document)
    assert part is not None
    if part == "moves":
        columns, title = _of_moves(rules, id), rules.charts[id].title
    else:
        rulebook = rules.rulebook(id)
        columns = _of_table(rules, rulebook) if part == "table" else _of_rules(rules, rulebook)
        title = rulebook.title
    return RuleSheet(
        id, part, title, content_hash(document.data), columns, tuple(rows(document, part, columns))
    )


def part_of(document: Document) -> Part | None:
    """What of a file is a sheet; None for an inference, whose rules are no rows."""
    if document.data.get("decides") == "infer":
        return None
    return next((part for part, path in PARTS.items() if path[0] in document.data), None)


def rows(document: Document, part: Part, columns: Sequence[Column]) -> Iterator[Row]:
    """The rows as they stand in the file."""
    marks = Marks(document)
    for path in marks.keys(PARTS[part]):
        cells = {column.name: cell_text(marks, (*path, *column.path)) for column in columns}
        end = marks.span(path)[1]
        behind = marks.text[end : marks.line(end)[1]].strip()
        yield Row(cells["id"], cells, behind.lstrip("# ") if behind.startswith("#") else "")


def cell_text(marks: Marks, path: Path) -> str:
    """A cell as text: a scalar as YAML reads it, a list of scalars with commas, anything else as written."""
    place = marks.document.places.get(path)
    if place is None:
        return ""
    if place.value is not None:
        return place.value
    inner = [marks.document.places[each].value for each in marks.keys(path)]
    if isinstance(marks.document.value(path), list) and None not in inner:
        return ", ".join(str(each) for each in inner)
    return " ".join(marks.text[slice(*marks.span(path))].split())


def _of_table(rules: Ruleset, rulebook: Rulebook) -> tuple[Column, ...]:
    heads = rules.documents[rulebook.id].data["table"]["when"]
    heads = heads if isinstance(heads, list) else [heads]
    tests = [
        _test(rules.vocabulary, rulebook, (n + 1,), str(head), expression)
        for n, (head, expression) in enumerate(zip(heads, rulebook.columns, strict=True))
    ]
    result = _result(rules.vocabulary, rulebook, (len(heads) + 1,))
    return (Column((0,), "id", _LABELS["id"], "id"), *tests, result)


def _test(
    names: Vocabulary, rulebook: Rulebook, path: tuple[int], head: str, expression: Expression
) -> Column:
    label = Text.of(head)
    scope = names.scope(rulebook.pack, rulebook.about)
    if len(expression.names) == 1 and (scope.resolve(head) is not None or head in rulebook.declares):
        (name,) = expression.names
        param = rulebook.declares.get(name)
        label = names.label(name) if param is None else param.label
    choices = _choices(names, rulebook.pack, expression.type)
    words = frozenset([*scope.spellings(), *rulebook.declares])
    return Column(path, head, label, "test", expression.type, choices, words=words)


def _choices(names: Vocabulary, pack: str, type: Type) -> tuple[Choice, ...]:
    """The values of a closed list, as FEEL writes them; a truth value's are true and false."""
    if isinstance(type, Enumeration):
        return tuple(Choice(f'"{value}"', names.word(value, pack)) for value in type.values)
    return _TRUTH if type == boolean else ()


def _result(names: Vocabulary, rulebook: Rulebook, path: Path) -> Column:
    if rulebook.gives is None:
        return Column(path, "then", _LABELS["then"])
    choices = tuple(Choice(value, names.word(value, rulebook.pack)) for value in rulebook.gives.of)
    return Column(path, "then", rulebook.gives.label, choices=choices, closed=True)


def _of_rules(rules: Ruleset, rulebook: Rulebook) -> tuple[Column, ...]:
    """A column for each key that holds a text in some rule, those below `title` and `then` too."""
    document = rules.documents[rulebook.id]
    found: dict[Path, None] = {("id",): None}
    for path, place in document.places.items():
        match path:
            case ("rules", int(), "title" | "then", str() as key) | ("rules", int(), str() as key):
                is_text = not isinstance(document.value(path), dict)
                in_braces = len(path) == 4 and document.text[place.start] == "{"
                if is_text or (in_braces and key != "form"):
                    found[path[2:]] = None
    order = sorted(found, key=lambda path: _ORDER.index(str(path[0])))
    return tuple(_of_rule(rules.vocabulary, rulebook, path) for path in order)


def _of_rule(names: Vocabulary, rulebook: Rulebook, path: Path) -> Column:
    name = ".".join(str(step) for step in path)
    label = _LABELS.get(name, Text.of(name.removeprefix("then.")))
    match path:
        case ("id",):
            return Column(path, name, label, "id")
        case ("when",):
            return Column(path, name, label, "condition")
        case ("then",):
            return _result(names, rulebook, path)
        case ("then", "channel"):
            return Column(path, name, label, choices=_words(names, rulebook.pack, _CHANNELS), needed=False)
        case ("then", "by"):
            roles = tuple(Choice(role, word.label) for role, word in names.roles.items())
            owner = Choice("owner", names.label("owner"))
            return Column(path, name, label, choices=(owner, *roles), needed=False)
        case _:
            return Column(path, name, label, "text" if name in _READERS_TEXTS else "value", needed=False)


def _words(names: Vocabulary, pack: str, values: Sequence[str]) -> tuple[Choice, ...]:
    return tuple(Choice(value, names.word(value, pack)) for value in values)


def _of_moves(rules: Ruleset, id: str) -> tuple[Column, ...]:
    chart = rules.charts[id]
    inner = (Choice(id, each.label) for id, each in chart.states.items() if each.branch_of is None)
    states = (*inner, *(Choice(id, each.label) for id, each in chart.outers.items()))
    events = tuple(Choice(word, label) for word, label in TRIGGER_LABELS.items())
    gates = tuple(Choice(gate, Text.of(gate)) for gate in rules.documents[id].data.get("gates", ()))
    made = {
        "id": Column((0,), "id", _LABELS["id"], "id"),
        "from": Column((1,), "from", _LABELS["from"], "states", choices=states, closed=True),
        "on": Column((2,), "on", _LABELS["on"], "trigger", choices=events),
        "when": Column((3,), "when", _LABELS["when"], "condition", choices=gates),
        "to": Column((4,), "to", _LABELS["to"], choices=states, closed=True),
        "and": Column((5,), "and", _LABELS["and"], choices=(_UP, _UNDO), closed=True, needed=False),
    }
    return tuple(made[name] for name in COLUMNS)
