"""What `pip install` of this repository puts into a Saleor: every file of the package, and a plugin that works from there."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from zipfile import ZipFile

import lane
import pytest

from tools import environment
from tools.console import CACHE

# One worker makes the wheel.
pytestmark = pytest.mark.xdist_group("package")

ROOT = Path(__file__).resolve().parents[1]
PACKAGE = ROOT / "saleor_esd_plugin"
METADATA = ("pyproject.toml", "setup.cfg", "README.md", "LICENSE")

# What pip calls to make a wheel.
BUILD = "import setuptools.build_meta as backend, sys; backend.build_wheel(sys.argv[1])"
# A start of the shop with the installed plugin: where that is, its templates by name, each loaded, and its part of the API.
LOOK = """
import json, django
django.setup()
from pathlib import Path
from django.conf import settings
from django.core.management import call_command, get_commands
from django.template.loader import get_template
call_command("check")
import saleor_esd_plugin
from saleor.graphql.api import schema
home = Path(saleor_esd_plugin.__file__).parent
names = [str(file.relative_to(home / "templates")) for file in home.glob("templates/**/*.*")]
print(json.dumps({
    "home": str(home),
    "templates": {name: get_template(name).origin.name for name in names},
    "plugin": [plugin for plugin in settings.PLUGINS if "esd" in plugin],
    "commands": [name for name, app in get_commands().items() if app == "saleor_esd_plugin"],
    "has_api": "licenseHealth" in schema.get_query_type().fields,
}))
"""


@pytest.fixture(scope="module")
def wheel(tmp_path_factory):
    """Built as `pip wheel .` does, from a copy: what an earlier build left in the repository must not get into it."""
    setuptools = environment.unpacked(
        "setuptools", CACHE / "setuptools", "run this once with a package registry"
    )
    source, made = tmp_path_factory.mktemp("source"), tmp_path_factory.mktemp("wheel")
    for name in METADATA:
        shutil.copy(str(ROOT / name), str(source))
    shutil.copytree(PACKAGE, source / PACKAGE.name, ignore=shutil.ignore_patterns("__pycache__"))

    python("-c", BUILD, made, cwd=source, path=[setuptools])

    (file,) = made.glob("*.whl")
    return file


def python(*arguments, cwd, path, **more) -> str:
    """What the host's Python prints that sees nothing of this repository but `path`."""
    found = [*path, os.environ.get("SALEOR_SRC")]
    # Measured from another folder, without our settings, it could not be added to what the others measured.
    plain = {name: value for name, value in os.environ.items() if not name.startswith("COV_")}
    env = {**plain, "PYTHONPATH": os.pathsep.join(str(each) for each in found if each), **more}
    command = [sys.executable, *(str(argument) for argument in arguments)]
    done = subprocess.run(command, cwd=str(cwd), env=env, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def settings_of_the_readme() -> str:
    """What the README tells to write for this host: three lines on 2.10, none on Saleor 3."""
    lines = "from saleor.settings import *\n"
    if lane.host() == "2.10":
        section = (
            (ROOT / "README.md").read_text(encoding="utf-8").partition("### Into a Saleor 2")[2]
        )
        block = re.search(r"```python\n(.*?)```", section, re.S).group(1)
        lines += re.sub(r"^ +", "", block, flags=re.M)
    return lines


def test_the_wheel_has_every_file_of_the_package(wheel):
    packed = {name for name in ZipFile(str(wheel)).namelist() if ".dist-info/" not in name}
    files = {file for file in PACKAGE.rglob("*") if file.is_file()}

    assert packed == {
        file.relative_to(ROOT).as_posix() for file in files if "__pycache__" not in file.parts
    }


def test_an_installed_wheel_starts_in_a_clean_saleor(wheel, tmp_path):
    target = tmp_path / "site-packages"
    (tmp_path / "shop_settings.py").write_text(settings_of_the_readme(), encoding="utf-8")
    install = ["install", "-q", "--offline", "--no-deps", "--python", sys.executable]
    subprocess.run([environment.uv(), "pip", *install, "--target", target, wheel], check=True)

    path = [target, tmp_path]
    answer = python("-c", LOOK, cwd=tmp_path, path=path, DJANGO_SETTINGS_MODULE="shop_settings")

    found = json.loads(answer.splitlines()[-1])
    assert found["home"] == str(target / "saleor_esd_plugin")
    assert found["templates"]
    for name, origin in found["templates"].items():
        assert origin == str(target / "saleor_esd_plugin" / "templates" / name)
    assert found["plugin"] == ["saleor_esd_plugin.plugin.EsdPlugin"]
    commands = (PACKAGE / "management" / "commands").glob("esd_*.py")
    assert sorted(found["commands"]) == sorted(file.stem for file in commands)
    assert found["has_api"]
