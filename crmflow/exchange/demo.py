"""How does a pack's small world become files that a person may look at and import?"""

from __future__ import annotations

import csv
import json
import shutil
from collections.abc import Iterator, Mapping
from pathlib import Path

from crmflow.core.pack import DemoTable


def write_table(table: DemoTable, folder: Path) -> Path:
    """The table's rows as CSV, or the file that the pack brings."""
    folder.mkdir(parents=True, exist_ok=True)
    if table.file is not None:
        return Path(shutil.copy(table.file, folder / table.file.name))
    rows = list(table.rows)
    path = folder / f"{table.name}.csv"
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, list(dict.fromkeys(name for row in rows for name in row)))
        writer.writeheader()
        writer.writerows(rows)
    return path


def write_mapping(table: DemoTable, folder: Path) -> Path | None:
    """The table's mapping file, where its headers do not say everything."""
    if table.mapping is None:
        return None
    path = folder / f"{table.name}.mapping.yaml"
    path.write_text("\n".join(_yaml({"format": 1, **table.mapping})) + "\n", "utf-8")
    return path


def _yaml(data: Mapping[str, object], indent: str = "") -> Iterator[str]:
    """Names and words as YAML, the words quoted as in JSON."""
    for name, value in data.items():
        if isinstance(value, Mapping):
            yield f"{indent}{json.dumps(name, ensure_ascii=False)}:"
            yield from _yaml(value, indent + "  ")
        else:
            yield f"{indent}{json.dumps(name, ensure_ascii=False)}: {json.dumps(value, ensure_ascii=False)}"
