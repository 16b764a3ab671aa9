"""Both hosts' folders have the same files, functions and arguments: only one of them can be imported here.

The source is compared, so it is the same test in both lanes.
"""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

import saleor_esd_plugin

HOST = Path(saleor_esd_plugin.__file__).parent / "host"
FOLDERS = (HOST / "saleor_2_10", HOST / "saleor_3_21")


def signature(function: ast.AST) -> str:
    """Names, order, kinds and defaults of the arguments; not their annotations."""
    arguments = function.args
    for node in ast.walk(arguments):
        if isinstance(node, ast.arg):
            node.annotation = None
    kind = "async " if isinstance(function, ast.AsyncFunctionDef) else ""
    return kind + ast.dump(arguments)


def is_public(name: str) -> bool:
    return not name.startswith("_") or name == "__init__"


def doors(source: str) -> dict[str, str]:
    """Every public function, and method of a public class, by its name: how it is called."""
    found = {}
    for node in _statements(ast.parse(source).body):
        if isinstance(node, ast.ClassDef) and is_public(node.name):
            found[node.name] = "class"
            methods = {f"{node.name}.{method.name}": method for method in _functions(node.body)}
        else:
            methods = {function.name: function for function in _functions([node])}
        for name, function in methods.items():
            if is_public(function.name):
                found[name] = signature(function)
    return found


def _statements(body: list) -> list:
    """Also what stands in an `if` or `try`: 3.21 and 3.22 may define a function differently."""
    found = []
    for node in body:
        if isinstance(node, (ast.If, ast.Try)):
            found += _statements(node.body)
        else:
            found.append(node)
    return found


def _functions(body: list) -> list:
    return [node for node in body if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef))]


def differences(one: dict[str, str], other: dict[str, str]) -> list[str]:
    return sorted(name for name in {*one, *other} if one.get(name) != other.get(name))


def files(folder: Path) -> set[str]:
    return {file.name for file in folder.glob("*.py")}


def test_both_hosts_have_the_same_files():
    assert files(FOLDERS[0]) == files(FOLDERS[1])
    assert len(files(FOLDERS[0])) > 1


@pytest.mark.parametrize("name", sorted(files(FOLDERS[0]) & files(FOLDERS[1])))
def test_both_hosts_are_called_in_the_same_way(name):
    one, other = (doors((folder / name).read_text(encoding="utf-8")) for folder in FOLDERS)

    assert differences(one, other) == []


BEFORE = "def set_stock(variant_ref: str, quantity: int = 0, *, warehouse=None): ..."


@pytest.mark.parametrize(
    "after",
    [
        "def set_stocks(variant_ref, quantity=0, *, warehouse=None): ...",
        "def set_stock(variant_ref, quantity=0, *, warehouse=None, channel=None): ...",
        "def set_stock(quantity=0, variant_ref='', *, warehouse=None): ...",
        "def set_stock(variant_ref, quantity=1, *, warehouse=None): ...",
        "def set_stock(variant_ref, quantity=0, warehouse=None): ...",
        "def set_stock(variant_ref, quantity, *, warehouse=None): ...",
        "async def set_stock(variant_ref, quantity=0, *, warehouse=None): ...",
        "class Set_stock: ...",
        "",
    ],
)
def test_control_a_different_pair_is_reported(after):
    assert "set_stock" in differences(doors(BEFORE), doors(after))


def test_control_an_equal_pair_is_not_reported():
    after = "if True:\n    def set_stock(variant_ref, quantity: float = 0, *, warehouse: str = None): return 1\ndef _own(): ..."

    assert differences(doors(BEFORE), doors(after)) == []


def test_control_methods_of_a_class_are_compared():
    before, after = (f"class Base:\n    def sender(self{more}): ..." for more in ("", ", channel"))

    assert differences(doors(before), doors(after)) == ["Base.sender"]
