"""One name from the API to the test, and each rule of the design named by a test."""

from __future__ import annotations

import ast
import inspect
import re
from pathlib import Path
from typing import Iterator, List, Set

import pytest
from graphene.utils.str_converters import to_snake_case

from saleor_esd_plugin.events.types import EventType
from saleor_esd_plugin.graphql import schema

TESTS = Path(__file__).resolve().parent
PACKAGE = Path(inspect.getfile(schema)).parent.parent

# The one act whose record is the shop's until the order takes it over: no row of ours, no event.
# And what one keeps for oneself alone.
WITHOUT_EVENT = {"LicenseCheckoutDetailsSet", "LicenseViewSave", "LicenseViewDelete"}
# Keys are what one imports, a batch is what becomes of them. What is returned of an order is licenses.
EVENTS = {
    "LicenseKeysImport": "key_batch.imported",
    "LicenseOrderReturn": "license.returned",
    "LicenseOrderRestore": "license.restored",
    # One asks for a file, whatever it is of; that it left is another event.
    "LicensesExport": "export.requested",
    "LicenseKeyPoolExport": "export.requested",
    "LicenseKeyImportReportExport": "export.requested",
}
PAST = {
    "send": "sent",
    "retry": "retried",
    "resend": "resent",
    "stop": "stopped",
    "cancel": "cancelled",
    "set": "set",
    "transfer": "transferred",
}

# Rules that some test has to name; docs/rules.md says what they are.
RULES = (
    [f"I{number:02}" for number in range(3, 19)]
    + ["K03", "K15", "K16", "K17", "K18", "M01", "B07", "P05", "P06"]
    + [f"invariant {number}" for number in range(1, 10)]
)

mutations = pytest.mark.parametrize("mutation", schema._MUTATIONS, ids=lambda each: each.__name__)


def words(mutation: type) -> List[str]:
    return to_snake_case(mutation.__name__).split("_")


def event_names(mutation: type) -> Set[str]:
    """What its event may be called: the noun in front of the dot, with or without `license`."""
    *noun, verb = words(mutation)
    past = PAST.get(verb) or (verb + "d" if verb.endswith("e") else verb + "ed")
    return {
        "_".join(noun) + "." + past,
        "_".join(noun[1:]) + "." + past,
        "_".join(noun[:-1]) + "." + f"{noun[-1]}_{past}",
    }


@mutations
def test_a_mutation_begins_with_license_and_stands_in_the_room_of_its_noun(mutation):
    assert words(mutation)[0] in ("license", "licenses")
    assert re.fullmatch(r"saleor_esd_plugin\.graphql\.(\w+)\.mutations", mutation.__module__)
    assert to_snake_case(mutation.__name__) in schema.MUTATIONS


@mutations
def test_a_mutation_calls_a_service_of_its_verb(mutation):
    if mutation.__name__ in WITHOUT_EVENT:
        return
    verb = words(mutation)[-1]
    called = re.findall(r"\b(\w+)\(", inspect.getsource(mutation))
    assert [name for name in called if name.startswith(verb + "_")], called


@mutations
def test_a_mutation_has_an_event_of_its_name(mutation):
    name = mutation.__name__
    found = event_names(mutation) & set(EventType.values)

    if name in WITHOUT_EVENT:
        assert not found
    elif name in EVENTS:
        assert EVENTS[name] in EventType.values
    else:
        assert len(found) == 1, event_names(mutation)


@mutations
def test_a_mutation_has_a_test_in_its_room(mutation):
    """In a file of its own name, or in one for the record that it changes."""
    room = mutation.__module__.split(".")[-2]
    field = mutation.__name__[0].lower() + mutation.__name__[1:]
    files = sorted((TESTS / "graphql" / room).glob("test_*.py"))
    assert [file.name for file in files if re.search(rf"\b{field}\b", file.read_text())]


def test_every_event_is_recorded_somewhere():
    code = "\n".join(file.read_text() for file in PACKAGE.rglob("*.py"))
    used = set(re.findall(r"EventType\.([A-Z_]+)\b", code))

    assert set(EventType.names) - used == set()


def docstrings() -> Iterator[str]:
    """Those of test files and of the tests in them, but for this file."""
    for file in sorted(set(TESTS.rglob("test_*.py")) - {Path(__file__).resolve()}):
        for node in ast.walk(ast.parse(file.read_text())):
            is_test = isinstance(node, ast.FunctionDef) and node.name.startswith("test_")
            if isinstance(node, ast.Module) or is_test:
                yield ast.get_docstring(node) or ""


def named_rules(text: str) -> Set[str]:
    """The rules that a docstring names: "I12", "I03 to I07", "invariant 4", "Invariants 1 to 3 and 9"."""
    found = set(re.findall(r"\b[IKMBP]\d\d\b", text))
    for letter, first, last in re.findall(r"\b([IKMBP])(\d\d) to \1(\d\d)\b", text):
        found |= {f"{letter}{number:02}" for number in range(int(first), int(last) + 1)}
    for numbers in re.findall(r"[Ii]nvariants? (\d(?:(?:,| and| to|, and) \d)*)", text):
        found |= {f"invariant {number}" for number in re.findall(r"\d", numbers)}
        for first, last in re.findall(r"(\d) to (\d)", numbers):
            found |= {f"invariant {number}" for number in range(int(first), int(last) + 1)}
    return found


def test_ranges_of_rules_are_understood():
    """The control of the next one."""
    assert named_rules("X99, T-CON-05. K03") == {"K03"}
    assert named_rules("I03 to I05, B07") == {"I03", "I04", "I05", "B07"}
    assert named_rules("Invariants 1 to 3 and 9; invariant 5.") == {
        *(f"invariant {number}" for number in (1, 2, 3, 5, 9))
    }


def test_each_rule_is_named_by_a_test():
    named = set().union(*map(named_rules, docstrings()))

    assert [rule for rule in RULES if rule not in named] == []
