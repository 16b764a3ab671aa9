"""What a reader may rely on in the tree: one name, one file, and none too long to read."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import saleor_esd_plugin

PACKAGE = Path(saleor_esd_plugin.__file__).parent

# What many rooms have, and means the same in each.
ROLES = {"__init__", "errors", "invariants", "locks", "models", "queries", "types"}
# The parts of the API: beside their roles each has these.
ROLES_IN_GRAPHQL = {"enums", "filters", "inputs", "listing", "mutations", "resolvers"}
# Both hosts have the same doors, as the same names are imported from either.
TWINS = PACKAGE / "host"


def rooms(folder: Path) -> list:
    return [each for each in sorted(folder.iterdir()) if (each / "__init__.py").exists()]


def test_no_two_files_of_one_name_stand_in_sibling_rooms():
    folders = [PACKAGE, *(each for each in PACKAGE.rglob("*") if each.is_dir())]
    for folder in folders:
        if folder == TWINS:
            continue
        roles = ROLES | (ROLES_IN_GRAPHQL if folder.name == "graphql" else set())
        names = Counter(file.stem for room in rooms(folder) for file in room.glob("*.py"))
        assert [name for name, times in names.items() if times > 1 and name not in roles] == []


def test_files_have_400_lines_at_most():
    for file in [*PACKAGE.rglob("*.py"), *Path(__file__).parent.rglob("*.py")]:
        if file.parent.name != "migrations":
            lines = len(file.read_text(encoding="utf-8").splitlines())
            assert lines <= 400, file
