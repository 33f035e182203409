"""Does a wheel hold all that its package needs, rule files and migrations too?"""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from zipfile import ZipFile

import pytest

from tests.house import FILES, ROOT

PROJECTS = {
    "crmflow": ".",
    **{f"crmflow_{name}": f"plugins/{name}" for name in ("retail", "insurance", "utility", "fuel")},
}


@pytest.mark.long
@pytest.mark.parametrize("package", PROJECTS)
def test_a_wheel_holds_every_file_of_its_package(package: str, tmp_path: Path) -> None:
    project = Path(PROJECTS[package])
    pip = [sys.executable, "-m", "pip", "wheel", "--quiet", "--no-deps", "--wheel-dir", str(tmp_path)]
    subprocess.run([*pip, str(ROOT / project)], check=True)
    (wheel,) = tmp_path.glob("*.whl")
    inside = [path.relative_to(project) for path in FILES if path.is_relative_to(project)]
    needed = {path.as_posix() for path in inside if path.parts[0] == package}
    assert needed <= set(ZipFile(wheel).namelist())
    assert needed
