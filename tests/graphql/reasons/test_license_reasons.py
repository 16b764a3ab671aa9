"""The table of reasons: a starter set, and what staff make of it."""

import pytest
from actors import outcome

from saleor_esd_plugin.events.models import Event
from saleor_esd_plugin.host.db import writing
from saleor_esd_plugin.licenses.reason_models import LicenseReason
from saleor_esd_plugin.licenses.reasons import add_starter_reasons

pytestmark = pytest.mark.django_db

FIELDS = "{ id code actions needsNote isArchived texts { language text } }"
REASONS = """query($action: LicenseReasonAction, $archived: Boolean) {
    licenseReasons(action: $action, isArchived: $archived) %s }""" % (FIELDS,)
CREATE = """mutation($input: LicenseReasonCreateInput!) { licenseReasonCreate(input: $input) {
    licenseReason %s errors { field code } } }""" % (FIELDS,)
UPDATE = CREATE.replace("Create", "Update")
DELETE = CREATE.replace("Create", "Delete")
NEW = {
    "code": "DEALER_OWES",
    "actions": ["CANCEL", "SUSPEND"],
    "needsNote": True,
    "texts": [{"language": "en", "text": "Your dealer owes us."}],
}


@pytest.fixture
def ask(api, staff):
    return api(staff("MANAGE_LICENSES"))


def test_a_new_shop_has_reasons_in_three_languages(ask):
    found = ask(REASONS, {"action": "CANCEL"})["data"]["licenseReasons"]

    assert [each["code"] for each in found] == [
        *("CONTRACT_TERMINATION", "CUSTOMER_REQUEST", "MISTAKE", "OTHER"),
        *("PAYMENT_OVERDUE", "TERMS_VIOLATED"),
    ]
    for each in found:
        assert [text["language"] for text in each["texts"]] == ["en", "es", "pt-br"]
    assert [each["code"] for each in found if each["needsNote"]] == ["OTHER", "TERMS_VIOLATED"]


def test_the_starters_come_back_after_a_flush_and_never_beside_others():
    with writing():
        LicenseReason.objects.all().delete()
        add_starter_reasons(using="default")
        assert LicenseReason.objects.count() == 8
        LicenseReason.objects.exclude(code="OTHER").delete()
        add_starter_reasons(using="default")
    assert LicenseReason.objects.count() == 1


def test_staff_add_change_and_retire_a_reason(ask):
    made = ask(CREATE, {"input": NEW})["data"]["licenseReasonCreate"]
    assert made["errors"] == []
    reason = made["licenseReason"]
    assert (reason["code"], reason["actions"]) == ("DEALER_OWES", ["SUSPEND", "CANCEL"])

    texts = [{"language": "pt_BR", "text": "O revendedor deve."}]
    changed = ask(UPDATE, {"input": {"id": reason["id"], "texts": texts, "needsNote": False}})
    now_so = changed["data"]["licenseReasonUpdate"]["licenseReason"]
    assert now_so["texts"] == [{"language": "pt-br", "text": "O revendedor deve."}]
    assert (now_so["needsNote"], now_so["actions"]) == (False, ["SUSPEND", "CANCEL"])

    gone = ask(DELETE, {"input": {"id": reason["id"]}})["data"]["licenseReasonDelete"]
    assert gone["licenseReason"]["isArchived"] is True
    used = ask(REASONS, {"archived": False})["data"]["licenseReasons"]
    assert "DEALER_OWES" not in [each["code"] for each in used]
    types = Event.objects.filter(type__startswith="license_reason").order_by("pk")
    assert [event.type.split(".")[1] for event in types] == ["created", "updated", "deleted"]
    assert (
        outcome(ask(DELETE, {"input": {"id": reason["id"]}}), "licenseReasonDelete") == "NOT_FOUND"
    )


@pytest.mark.parametrize(
    "given, field, code",
    [
        ({"code": "other"}, "code", "INVALID"),
        ({"code": "OTHER"}, "code", "INVALID"),
        ({"code": "X" * 41}, "code", "INVALID"),
        ({"actions": []}, "actions", "REQUIRED"),
        ({"texts": []}, "texts", "REQUIRED"),
        ({"texts": [{"language": "en", "text": " "}]}, "texts", "REQUIRED"),
        ({"texts": [{"language": "xx-klingon", "text": "x"}]}, "texts", "INVALID"),
        ({"texts": [{"language": "en", "text": "x" * 251}]}, "texts", "INVALID"),
        ({"texts": [{"language": "en", "text": "x"}] * 2}, "texts", "INVALID"),
    ],
)
def test_what_cannot_be_a_reason(ask, unchanged, given, field, code):
    with unchanged():
        payload = ask(CREATE, {"input": {**NEW, **given}})["data"]["licenseReasonCreate"]
    assert [(error["field"], error["code"]) for error in payload["errors"]] == [(field, code)]
