"""make vendor: the scripts and styles of others that our pages load, from the npm registry into ui/assets/vendor.

Needs npm; whoever installs the wheel needs nothing. A new version: its number and the sum that `npm view <name> dist.integrity`
shows.
"""

from __future__ import annotations

import base64
import hashlib
import re
import subprocess
import tarfile
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import NamedTuple

from tools.console import ROOT, fail

FOLDER = ROOT / "saleor_esd_plugin" / "ui" / "assets" / "vendor"


class Package(NamedTuple):
    name: str
    version: str
    integrity: str
    files: dict[str, str]
    license: str


PACKAGES = (
    Package(
        "preact",
        "11.2.0",
        "sha512-/HfHI/7N84e6GrWBJ3J280z3mLaRJiDcSvj/A+y/4AbLnND/1UlGHe1sR6oYuTGwId0nP7dqDU9OnLxMPZ7xBg==",
        {"dist/preact.mjs": "preact.js", "hooks/dist/hooks.mjs": "hooks.js"},
        "LICENSE",
    ),
    Package(
        "htm",
        "3.1.1",
        "sha512-983Vyg8NwUE7JkZ6NmOqpCZ+sh1bKv2iYTlUkzlWmA5JD2acKoxd4KVxbMmxX/85mtfdnDmTFoNKcg5DGAvxNQ==",
        {"dist/htm.module.js": "htm.js"},
        "LICENSE",
    ),
    Package(
        "modern-normalize",
        "3.0.1",
        "sha512-VqlMdYi59Uch6fnUPxnpijWUQe+TW6zeWCvyr6Mb7JibheHzSuAAoJi2c71ZwIaWKpECpGpYHoaaBp6rBRr+/g==",
        {"modern-normalize.css": "modern-normalize.css"},
        "license",
    ),
    Package(
        "uplot",
        "1.6.32",
        "sha512-KIMVnG68zvu5XXUbC4LQEPnhwOxBuLyW1AHtpm6IKTXImkbLgkMy+jabjLgSLMasNuGGzQm/ep3tOkyTxpiQIw==",
        {"dist/uPlot.iife.min.js": "uplot.js", "dist/uPlot.min.css": "uplot.css"},
        "LICENSE",
    ),
)
# Browsers resolve addresses only: `from "preact"` is a file beside.
_MODULES = {"preact": "./preact.js"}
# What comes small only as a script that sets a variable: a module exports that.
_VARIABLE = re.compile(r"^(?:/\*.*?\*/\s*)?var (\w+)=function\(\)", re.S)


def vendor() -> None:
    licenses = []
    for package in PACKAGES:
        files = _packed(package)
        for source, name in package.files.items():
            (FOLDER / name).write_text(_rewritten(files[source]), encoding="utf-8")
        licenses.append(f"{package.name} {package.version}\n\n{files[package.license].strip()}\n")
    (FOLDER / "LICENSES.txt").write_text(
        ("\n" + "-" * 72 + "\n\n").join(licenses), encoding="utf-8"
    )


def _packed(package: Package) -> dict[str, str]:
    """The text of each file of the package, by its path in it."""
    with TemporaryDirectory() as folder:
        command = ["npm", "pack", "--silent", f"{package.name}@{package.version}"]
        done = subprocess.run(command, cwd=folder, capture_output=True, text=True)
        if done.returncode:
            fail(f"`{' '.join(command)}` failed:\n{done.stderr}")
        archive = Path(folder, done.stdout.strip())
        sum_ = base64.b64encode(hashlib.sha512(archive.read_bytes()).digest()).decode()
        if f"sha512-{sum_}" != package.integrity:
            fail(f"{archive.name} is not what tools/vendor.py expects: its sum is sha512-{sum_}")
        wanted = {*package.files, package.license}
        with tarfile.open(archive) as tar:
            return {
                name: tar.extractfile(f"package/{name}").read().decode()  # type: ignore[union-attr]
                for name in wanted
            }


def _rewritten(source: str) -> str:
    source = re.sub(r"\n?//# sourceMappingURL=\S+", "", source)
    source = re.sub(
        r'(\bfrom\s*)(["\'])([^"\'.][^"\']*)\2',
        lambda found: f'{found[1]}"{_MODULES[found[3]]}"',
        source,
    )
    variable = _VARIABLE.match(source)
    export = f"export default {variable[1]};\n" if variable else ""
    return f"{source.rstrip()}\n{export}"
