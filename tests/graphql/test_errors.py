"""Errors of ours as clients see them."""

import importlib
import pkgutil

import pytest

import saleor_esd_plugin
from saleor_esd_plugin.errors import EsdError, Invalid, PermissionRefused, RateLimited
from saleor_esd_plugin.graphql import errors
from saleor_esd_plugin.host.graphql import PermissionDenied


def _families(error):
    for each in error.__subclasses__():
        yield each
        yield from _families(each)


def test_every_error_of_the_package_has_a_code_of_the_api():
    for module in pkgutil.walk_packages(saleor_esd_plugin.__path__, "saleor_esd_plugin."):
        if ".migrations" not in module.name and ".saleor_" not in module.name:
            importlib.import_module(module.name)
    codes = set(errors.LicenseErrorCode._meta.enum.__members__)

    unknown = {each for each in _families(EsdError) if each.code not in codes}

    assert unknown == {PermissionRefused}


def test_facts_become_names_and_texts():
    found = errors.facts(
        {
            "seconds": 7,
            "at_most": 20,
            "addresses": ["a@x.example", "b@y.example"],
            "counts": {"pending_approval": 2, "released": 4},
            "is_late": True,
            "nothing": None,
        }
    )

    assert found == [
        ("seconds", "7"),
        ("atMost", "20"),
        ("addresses", "a@x.example"),
        ("addresses", "b@y.example"),
        ("counts.pendingApproval", "2"),
        ("counts.released", "4"),
        ("isLate", "true"),
    ]


def test_a_mutation_shows_field_sentence_code_and_facts():
    shown = errors.license_error(RateLimited(7))

    assert (shown.field, shown.code) == (None, "RATE_LIMITED")
    assert shown.message == "Too often. Try again in 7 seconds."
    assert [(param.name, param.value) for param in shown.params] == [("seconds", "7")]


def test_a_query_raises_an_error_named_like_the_code():
    raised = errors.refusal(Invalid("Ask for less.", field="first"))

    assert (type(raised).__name__, str(raised)) == ("INVALID", "Ask for less.")


def test_a_missing_permission_is_the_hosts_own_error():
    """T-PERM-01"""
    raised = errors.refusal(PermissionRefused("MANAGE_LICENSES"))

    assert isinstance(raised, PermissionDenied)


@pytest.mark.parametrize("code", ["NOT_FOUND", "ONE_PER_OPERATION", "SERVICE_UNAVAILABLE"])
def test_codes_describe_themselves(code):
    enum = errors.LicenseErrorCode._meta

    assert enum.description(enum.enum[code]).endswith(".")
