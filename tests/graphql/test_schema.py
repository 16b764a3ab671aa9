"""Our part of the schema: complete, described, guarded, and written down in docs/schema.graphql.

`ESD_WRITE_SCHEMA=1 make test ARGS=tests/graphql/test_schema.py` writes the file anew.
"""

import os
import re
from pathlib import Path

import pytest

pytestmark = pytest.mark.django_db

FILE = Path(__file__).parents[2] / "docs" / "schema.graphql"
HEAD = """# What saleor_esd_plugin adds to Saleor's schema; the same on every host. Written by a test:
# ESD_WRITE_SCHEMA=1 make test ARGS=tests/graphql/test_schema.py
# The scalars Date, DateTime and Upload, the type Money and those below `extend` are Saleor's own.
"""


@pytest.fixture(scope="module")
def host_schema():
    from saleor.graphql.api import schema

    return schema


@pytest.fixture(scope="module")
def our_types(host_schema):
    return [
        type_
        for name, type_ in sorted(host_schema.get_type_map().items())
        if name.startswith("License")
    ]


@pytest.fixture(scope="module")
def our_fields(host_schema):
    """Host type -> {name: field} of the fields that we add."""
    from graphene.utils.str_converters import to_camel_case

    from saleor_esd_plugin.graphql.schema import FIELDS, MUTATIONS, QUERIES

    added = {"Query": QUERIES, "Mutation": MUTATIONS, **FIELDS}
    return {
        type_name: {
            to_camel_case(name): host_schema.get_type_map()[type_name].fields[to_camel_case(name)]
            for name in fields
        }
        for type_name, fields in added.items()
    }


def all_fields(our_types, our_fields):
    """("Type.field", field) of every field that is ours, of inputs too."""
    for type_ in our_types:
        for name, field in getattr(type_, "fields", {}).items():
            yield f"{type_.name}.{name}", field
    for type_name, fields in our_fields.items():
        for name, field in fields.items():
            yield f"{type_name}.{name}", field


def test_the_file_in_docs_is_current(our_types, our_fields):
    text = HEAD + "".join(printed(our_types, our_fields))
    if os.environ.get("ESD_WRITE_SCHEMA"):
        FILE.parent.mkdir(exist_ok=True)
        FILE.write_text(text, encoding="utf-8")
    assert FILE.read_text(encoding="utf-8") == text


def test_everything_has_a_description(our_types, our_fields):
    bare = [type_.name for type_ in our_types if not (type_.description or "").strip()]
    for where, field in all_fields(our_types, our_fields):
        if not field.description:
            bare.append(where)
        bare += [
            f"{where}({n})" for n, a in getattr(field, "args", {}).items() if not a.description
        ]
    for type_ in our_types:
        for value in getattr(type_, "values", []):
            if not value.description:
                bare.append(f"{type_.name}.{value.name}")

    assert bare == []


def test_names_begin_with_license_and_enums_show_upper_case(our_types, our_fields):
    """Nothing of ours collides with Saleor's."""
    names = [name for fields in our_fields.values() for name in fields]
    assert all(re.fullmatch("license[A-Za-z]*", name) for name in names)
    values = [value.name for type_ in our_types for value in getattr(type_, "values", [])]
    assert all(re.fullmatch("[A-Z][A-Z0-9_]*", value) for value in values)


def test_only_a_reveal_and_a_claim_have_a_field_for_a_clear_key(our_types, our_fields):
    """T-AUTHZ-03: by no path but these two."""
    suspects = re.compile("key|secret|token|clear", re.IGNORECASE)
    text_fields = {
        where
        for where, field in all_fields(our_types, our_fields)
        if suspects.search(where.split(".")[1]) and str(field.type).strip("!") == "String"
    }
    inputs = {where for where in text_fields if "Input." in where}

    assert text_fields - inputs == {
        "LicenseKeyReveal.key",
        "LicenseKeyClaim.key",
        "License.keyMask",
        "LicenseKeyReplacement.oldKeyMask",
    }


def test_every_entrance_says_who_may(our_fields):
    """T-AUTHZ-00"""
    from saleor_esd_plugin.graphql.schema import MUTATIONS, QUERIES

    assert all(callable(field.resolver.policy) for field in QUERIES.values())
    assert all(callable(field.type.policy) for field in MUTATIONS.values())
    assert len(our_fields["Query"]) == len(QUERIES)


def test_the_host_knows_what_our_fields_cost(host_schema):
    """The host checks its map of costs against the schema at each query: only fields that exist."""
    from saleor_esd_plugin.graphql.schema import costs

    found = costs()
    for type_name, fields in found.items():
        assert set(fields) <= set(host_schema.get_type_map()[type_name].fields), type_name
    assert found["Query"]["licenseKeyPools"] == {"complexity": 1, "multipliers": ["first", "last"]}
    assert found["LicenseAccount"] == {
        "endCustomers": {"complexity": 1, "multipliers": ["first", "last"]},
        "licenseCounts": {"complexity": 1},
    }


def test_federation_and_introspection_show_our_part(api):
    answer = api()('{ __type(name: "LicenseKeyPool") { fields { name } } _service { sdl } }')

    assert "errors" not in answer
    assert {"name": "health"} in answer["data"]["__type"]["fields"]
    assert "type LicenseKeyPool" in answer["data"]["_service"]["sdl"]


# The printer of graphql-core 2 leaves out descriptions.

KINDS = {
    "GrapheneObjectType": "type",
    "GrapheneInputObjectType": "input",
    "GrapheneEnumType": "enum",
}


def printed(our_types, our_fields):
    for type_name, fields in our_fields.items():
        yield f"\nextend type {type_name} {{\n" + "".join(printed_fields(fields)) + "}\n"
    for type_ in our_types:
        kind = KINDS[type(type_).__name__]
        body = printed_values(type_) if kind == "enum" else printed_fields(type_.fields)
        yield "\n" + described(type_, "") + f"{kind} {type_.name} {{\n" + "".join(body) + "}\n"


def printed_fields(fields):
    for name, field in fields.items():
        arguments = ""
        if getattr(field, "args", None):
            arguments = "(\n" + "".join(printed_fields(field.args)).replace("  ", "    ") + "  )"
        yield described(field, "  ") + f"  {name}{arguments}: {field.type}{default(field)}\n"


def printed_values(type_):
    for value in type_.values:
        yield described(value, "  ") + f"  {value.name}\n"


def default(field):
    value = getattr(field, "default_value", None)
    return "" if value is None else f" = {str(value).lower()}"


def described(node, indent):
    text = re.sub(r"\s*\n\s*", " ", node.description or "").strip()
    return f'{indent}"""{text}"""\n'
