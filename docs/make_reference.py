"""Which pages are written from the program itself? The commands, the codes, the hooks, the Python names, and
what stands on the page of FEEL below the mark.

    python docs/make_reference.py

writes them anew; a test fails when one is stale.
"""

from __future__ import annotations

import inspect
import re
import tomllib
from collections.abc import Callable, Iterator
from importlib import import_module
from pathlib import Path
from typing import Any

import click

from crmflow import hookspecs
from crmflow.cli import main
from crmflow.engine import Engine
from crmflow.engine.releasing import Releasing
from crmflow.errors import Code, catalogue
from crmflow.rules.feel import Type
from crmflow.rules.feel.builtins import BUILTINS, Signature

FOLDER = Path(__file__).parent / "reference"
SAID = tomllib.loads(Path(__file__).with_suffix(".toml").read_text("utf-8"))
FUNCTIONS = tomllib.loads((Path(__file__).parent / "feel_functions.toml").read_text("utf-8"))
MARK = "<!-- Written by docs/make_reference.py. -->"
DOORS = ("crmflow", "crmflow.testing", "crmflow.rules.feel", "crmflow.rules.dmn")
ON_EVERY_COMMAND = ("--lang", "--traceback", "--help")
STATEMENT = re.compile(r"\s*\b(When|Given|Return|Several answers|Since|Example): ")
WIDTH = 100


def pages() -> dict[str, str]:
    """Every page by its file's name."""
    made = {
        "cli.md": commands(main, "crmflow"),
        "codes.md": codes("en"),
        "codes.zh.md": codes("zh"),
        "feel.md": functions("en"),
        "feel.zh.md": functions("zh"),
        "hooks.md": hooks(),
        "python.md": names(),
    }
    return {name: "\n\n".join([*head(name), *parts]) + "\n" for name, parts in made.items()}


def head(name: str) -> list[str]:
    """The mark under what is told above a page, or on it by hand."""
    if name in SAID["heads"]:
        return [MARK, SAID["heads"][name]]
    return [(FOLDER / name).read_text("utf-8").partition(MARK)[0].rstrip(), MARK]


def commands(group: click.Group, name: str) -> Iterator[str]:
    """A part for each command of a group."""
    context = click.Context(group, info_name=name)
    for word in group.list_commands(context):
        command = group.get_command(context, word)
        if isinstance(command, click.Group):
            yield from commands(command, f"{name} {word}")
        elif command is not None:
            yield from described(command, f"{name} {word}")


def described(command: click.Command, name: str) -> Iterator[str]:
    """Its usage, what it does, its options."""
    usage = " ".join(command.collect_usage_pieces(click.Context(command, info_name=name)))
    yield f"## {name}\n\n`{name} {usage}`\n\n{inspect.cleandoc(command.help or '')}"
    own = [
        each
        for each in command.params
        if isinstance(each, click.Option) and each.opts[0] not in ON_EVERY_COMMAND
    ]
    if own:
        yield "\n".join(
            ["| option | |", "|---|---|", *(f"| `{spelled(each)}` | {each.help} |" for each in own)]
        )


def spelled(option: click.Option) -> str:
    """The option with what stands behind it."""
    if option.is_flag:
        return option.opts[0]
    if isinstance(option.type, click.Choice):
        return f"{option.opts[0]} " + "\\|".join(option.type.choices)
    return f"{option.opts[0]} {option.metavar or option.type.name.upper()}"


def codes(language: str) -> Iterator[str]:
    """The catalogue, by hundreds."""
    for start, title in SAID["hundreds"].items():
        yield f"## {start}: {title[language]}"
        yield from (told(code, language) for code in catalogue().values() if code.id.startswith(start))


def told(code: Code, language: str) -> str:
    """One entry of the catalogue."""
    do, example = SAID["words"]["do"][language], SAID["words"]["example"][language]
    lines = (
        f"### {code.id} {code.title[language]}",
        f"`{code.name}`: {escaped(code.message[language])}",
        escaped(code.why[language]),
        f"*{do}:* {escaped(code.remedy[language])}",
        f"*{example}:*\n\n```text\n{code.example.rstrip()}\n```",
    )
    return "\n\n".join(lines)


def functions(language: str) -> Iterator[str]:
    """Every function of FEEL, by its subject."""
    for group, title in FUNCTIONS["groups"].items():
        yield f"### {title[language]}"
        yield ", ".join(f"[`{name}`](#{name.replace(' ', '-')})" for name in FUNCTIONS[group])
        yield from (function(name, said, language) for name, said in FUNCTIONS[group].items())


def function(name: str, said: dict[str, Any], language: str) -> str:
    """How it is called, what it gives, when it gives null, and examples."""
    usages = "\n".join(usage(name, signature) for signature in BUILTINS[name].signatures)
    lines = [f"#### {name}", f"```text\n{usages}\n```", said[language]]
    if "null" in said:
        lines.append(SAID["words"]["null"][language] + said["null"][language])
    return "\n\n".join([*lines, f"```feel\n{said['feel'].strip()}\n```"])


def usage(name: str, signature: Signature) -> str:
    """`substring(string: string, start position: number, length?: number) -> string`"""
    parameters = (
        f"{each.name}{'?' * each.optional}{'…' * each.variadic}: {each.type}" for each in signature.parameters
    )
    return f"{name}({', '.join(parameters)}) -> {signature.result}".replace("<Any>", "")


def hooks() -> Iterator[str]:
    """Each hook with its signature and what its docstring states."""
    for name, hook in vars(hookspecs).items():
        if name.startswith("crmflow_"):
            title, _, statements = inspect.cleandoc(hook.__doc__ or "").partition("\n\n")
            yield f"## {name}\n\n{signature(name, hook)}\n\n{title}"
            yield re.sub(STATEMENT, r"\n- \1: ", statements).strip()


def names() -> Iterator[str]:
    """The public names, then the methods of the Engine and of its releases."""
    for name in DOORS:
        door = import_module(name)
        rows = [row(each, getattr(door, each)) for each in sorted(door.__all__) if each != "__version__"]
        yield f"## {name}\n\n{first_line(door)}\n\n" + "\n".join(["| name | |", "|---|---|", *rows])
    yield from methods("Engine", Engine)
    yield from methods("Engine.releases", Releasing)


def methods(title: str, of: type) -> Iterator[str]:
    """What can be called on an object."""
    yield f"## {title}\n\n{inspect.cleandoc(of.__doc__ or '')}"
    for name in (name for part in reversed(of.__mro__) for name in vars(part)):
        method = getattr(of, name)
        if not name.startswith("_") and callable(method) and method.__doc__:
            yield f"### {name}\n\n{signature(name, method)}\n\n{inspect.cleandoc(method.__doc__)}"


def row(name: str, value: object) -> str:
    """A line of a table of names."""
    what = f"The type `{value}`." if isinstance(value, Type) else escaped(first_line(value))
    return f"| `{name}` | {what} |"


def first_line(value: object) -> str:
    """The first paragraph of a docstring."""
    return inspect.cleandoc(value.__doc__ or "").split("\n\n")[0].replace("\n", " ")


def signature(name: str, function: Callable[..., object]) -> str:
    """How it is called, a parameter a line where one line is too long."""
    text = re.sub(r"(: |-> )'([^']*)'", r"\1\2", str(inspect.signature(function)))
    text = name + re.sub(r"\(self(, )?", "(", text)
    if len(text) > WIDTH:
        text = re.sub(r", (?=\*|\w+:)", ",\n    ", text).replace("(", "(\n    ", 1).replace(") ->", ",\n) ->")
    return f"```text\n{text}\n```"


def escaped(text: str) -> str:
    """Text in which Markdown sees no marks, except in code."""
    parts = re.split(r"(`[^`]*`)", text)
    return "".join(part if part.startswith("`") else re.sub(r"([*_<>|])", r"\\\1", part) for part in parts)


if __name__ == "__main__":
    for page, content in pages().items():
        (FOLDER / page).write_text(content, "utf-8", newline="\n")
