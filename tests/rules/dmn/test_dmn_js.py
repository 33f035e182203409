"""Does dmn-js, the modelling tool of Camunda and others, open what we write?"""

from __future__ import annotations

import html
import json
import re
import shutil
import subprocess
from pathlib import Path

import pytest

from crmflow.rules import dmn

MODELS = sorted(Path(__file__).with_name("models").glob("*.dmn"))
LIBRARY = "dmn-js@17"
PAGE = """<!doctype html><meta charset="utf-8"><div id="canvas" style="width: 900px; height: 600px"></div>
<pre id="found"></pre><script src="node_modules/dmn-js/dist/dmn-modeler.production.min.js"></script>
<script>
(async () => {
  const found = {}, modeler = new DmnJS({container: "#canvas"});
  for (const [name, xml] of Object.entries(MODELS)) {
    found[name] = (await modeler.importXML(xml).catch(error => ({warnings: [error]}))).warnings;
    for (const view of modeler.getViews().filter(view => view.type !== "drd")) {
      found[name].push(...(await modeler.open(view).catch(error => ({warnings: [error]}))).warnings);
    }
    found[name] = found[name].map(warning => warning.message);
  }
  document.getElementById("found").textContent = JSON.stringify(found);
})();
</script>"""


@pytest.fixture(scope="module")
def library(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with dmn-js in it."""
    npm, folder = shutil.which("npm"), tmp_path_factory.mktemp("dmn-js")
    if npm is None:
        pytest.skip("npm is not installed, which fetches dmn-js")
    command = [npm, "install", LIBRARY, "--no-audit", "--no-fund", "--prefix", str(folder)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        pytest.skip(f"npm cannot fetch {LIBRARY}: {done.stderr[-200:]}")
    return folder


@pytest.fixture(scope="module")
def browser() -> str:
    for name in ("chromium", "chromium-browser", "google-chrome"):
        if found := shutil.which(name):
            return found
    pytest.skip("no Chromium is installed, which runs dmn-js")


@pytest.mark.long
def test_dmn_js_opens_every_view_without_a_warning(library: Path, browser: str) -> None:
    written = {path.name: dmn.dumps(dmn.load(path)) for path in MODELS}
    page = library / "page.html"
    page.write_text(PAGE.replace("MODELS", json.dumps(written).replace("</", "<\\/"), 1), "utf-8")
    command = [browser, "--headless=new", "--no-sandbox", "--disable-gpu", "--allow-file-access-from-files"]
    command += ["--virtual-time-budget=60000", "--dump-dom", page.as_uri()]
    shown = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    said = re.search(r'<pre id="found">(.*?)</pre>', shown, re.DOTALL)
    assert said is not None
    assert json.loads(html.unescape(said[1])) == {name: [] for name in written}
