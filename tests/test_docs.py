"""What people read is true: documents fit the schema, tables are complete, links lead somewhere."""

from __future__ import annotations

import ast
import re
from pathlib import Path
from typing import Iterator, List, NamedTuple

import lane
import pytest

ROOT = Path(__file__).resolve().parents[1]
DOCS = ROOT / "docs"
GUIDE, SETTINGS, PERMISSIONS, OPERATIONS, COMMAND_LIST = (
    DOCS / f"{name}.md" for name in ("graphql", "settings", "permissions", "operations", "commands")
)
PAGES = [*sorted(ROOT.glob("*.md")), *sorted(DOCS.glob("*.md")), ROOT / "benchmarks" / "README.md"]
# Within a list it stands further in.
FENCE = re.compile(r"^ *```(\w*)([^\n]*)\n(.*?)^ *```$", re.M | re.S)


class Block(NamedTuple):
    page: str
    line: int
    hosts: List[str]
    text: str


def graphql_blocks() -> Iterator[Block]:
    """Every ```graphql block; `host=2.10` behind the word says that it is for one host only."""
    for page in PAGES:
        whole = page.read_text(encoding="utf-8")
        for match in FENCE.finditer(whole):
            if match.group(1) == "graphql":
                hosts = re.findall(r"host=(\S+)", match.group(2)) or ["2.10", "3.21"]
                line = whole[: match.start()].count("\n") + 1
                yield Block(name_of(page), line, hosts, match.group(3))


def name_of(page: Path) -> str:
    return page.relative_to(ROOT).as_posix()


BLOCKS = list(graphql_blocks())


@pytest.fixture(scope="module")
def host_schema():
    from saleor.graphql.api import schema

    return schema


def prose(page: Path) -> str:
    return FENCE.sub("", page.read_text(encoding="utf-8"))


def named_in_code(text: str) -> set:
    """The words that stand between backticks."""
    return {word for span in re.findall(r"`([^`\n]+)`", text) for word in re.findall(r"\w+", span)}


@pytest.mark.parametrize("block", BLOCKS, ids=lambda block: f"{block.page}:{block.line}")
def test_documents_fit_the_schema_of_this_host(block, host_schema):
    """K15: what people copy works."""
    from graphql import parse, validate

    assert set(block.hosts) <= {"2.10", "3.21"}
    if lane.host() not in block.hosts:
        pytest.skip(f"only for {block.hosts}")

    assert [error.message for error in validate(host_schema, parse(block.text))] == []


def test_every_operation_and_every_field_on_saleors_types_has_an_example():
    from graphene.utils.str_converters import to_camel_case

    from saleor_esd_plugin.graphql.schema import FIELDS, MUTATIONS, QUERIES

    shown = {word for block in BLOCKS for word in re.findall(r"\w+", block.text)}
    listed = named_in_code(prose(GUIDE))
    for fields in (QUERIES, MUTATIONS, *FIELDS.values()):
        names = {to_camel_case(name) for name in fields}
        assert names - shown == set()
        assert names - listed == set()


def test_the_guide_explains_every_error_code():
    from saleor_esd_plugin.graphql.errors import LicenseErrorCode

    codes = set(LicenseErrorCode._meta.enum.__members__)
    table = prose(GUIDE).partition("## Error codes")[2]

    assert set(re.findall(r"^\| `([A-Z_]+)` \|", table, re.M)) == codes


def test_the_guide_explains_every_verdict_of_an_import():
    from saleor_esd_plugin.keys.verdicts import ImportVerdict

    assert {verdict.value for verdict in ImportVerdict} <= named_in_code(prose(GUIDE))


def test_every_setting_is_listed():
    """Names of the environment, and those that staff see."""
    from saleor_esd_plugin.conf import Settings
    from saleor_esd_plugin.plugin import EsdPlugin

    text = prose(SETTINGS)
    names = [f"ESD_{name.upper()}" for name in vars(Settings) if not name.startswith("_")]
    names += EsdPlugin.CONFIG_STRUCTURE

    assert [name for name in names if name not in text] == []


def test_every_permission_role_and_right_is_listed():
    from saleor_esd_plugin.permissions import ROLE_RIGHTS, STAFF_PERMISSIONS

    text = prose(PERMISSIONS)

    assert [name for name in (*STAFF_PERMISSIONS, *ROLE_RIGHTS) if name not in text] == []


def test_every_command_is_listed():
    from tools.dev import COMMANDS

    commands = (ROOT / "saleor_esd_plugin" / "management" / "commands").glob("esd_*.py")
    listed = prose(COMMAND_LIST)
    contributing = prose(ROOT / "CONTRIBUTING.md")

    for file in commands:
        options = re.findall(r'"(--[a-z-]+)"', file.read_text(encoding="utf-8"))
        assert [word for word in (file.stem, *options) if word not in listed] == []
    assert [name for name in COMMANDS if f"`make {name}" not in contributing] == []


@pytest.mark.parametrize("file", [".pre-commit-config.yaml", ".github/workflows/tests.yml"])
def test_hooks_and_workflow_call_commands_that_exist(file):
    from tools.dev import COMMANDS

    called = set(re.findall(r"\bmake (\w+)", (ROOT / file).read_text(encoding="utf-8")))

    assert called
    assert called <= set(COMMANDS)


def test_every_system_check_is_listed():
    package = ROOT / "saleor_esd_plugin"
    found = {
        id
        for file in package.rglob("*.py")
        for id in re.findall(r'"(esd\.[EW]\d{3})"', file.read_text(encoding="utf-8"))
    }

    assert found
    assert found - set(re.findall(r"esd\.[EW]\d{3}", prose(OPERATIONS))) == set()


def test_the_page_on_emails_lists_every_kind_status_language_and_variable():
    from saleor_esd_plugin.emails import models

    text = (ROOT / "docs" / "emails.md").read_text(encoding="utf-8")
    folders = (ROOT / "saleor_esd_plugin" / "locale").iterdir()
    languages = ["en", *(each.name.lower().replace("_", "-") for each in folders)]

    assert [kind for kind in models.DeliveryKind.values if kind not in text] == []
    assert [status for status in models.DeliveryStatus.values if status not in text] == []
    assert [language for language in languages if f"`{language}`" not in text] == []
    assert {key for key in context_keys() if f"`{key}`" not in text} == set()


def context_keys() -> set:
    """The names that templates get: keys of the dictionaries in these files, but for those that make messages."""
    found = set()
    folder = ROOT / "saleor_esd_plugin" / "emails"
    for file in (*folder.glob("mails/*.py"), folder / "order_context.py", folder / "render.py"):
        source = file.read_text(encoding="utf-8")
        for function in ast.parse(source).body:
            if not isinstance(function, ast.FunctionDef) or "Message" in ast.dump(function.returns):
                continue
            for node in ast.walk(function):
                if isinstance(node, ast.Dict):
                    found |= {key.value for key in node.keys if isinstance(key, ast.Constant)}
    return {key for key in found if isinstance(key, str)}


@pytest.mark.parametrize("page", PAGES, ids=name_of)
def test_links_lead_somewhere(page):
    for target in re.findall(r"\]\(([^)\s]+)\)", prose(page)):
        if re.match(r"[a-z]+:", target):
            continue
        path, _, anchor = target.partition("#")
        file = (page.parent / path).resolve() if path else page
        assert file.exists(), target
        if anchor:
            assert anchor in anchors(file), target


def test_every_page_is_found_from_the_index():
    linked = set(re.findall(r"\]\(([^)#\s]+)", prose(DOCS / "README.md")))

    assert {page.name for page in DOCS.iterdir() if page.is_file()} - linked == {"README.md"}
    assert "docs/README.md" in prose(ROOT / "README.md")


def anchors(page: Path) -> set:
    """The anchors that a page's headings get where Markdown is shown."""
    heads = re.findall(r"^#+ (.+)$", prose(page), re.M)
    return {re.sub(r"[^\w\- ]", "", head.lower()).replace(" ", "-") for head in heads}
