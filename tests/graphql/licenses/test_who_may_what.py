"""T-AUTHZ-01 for licenses: every mutation by everybody; who is refused changes no row and leaves no event."""

import actors
import factories
import pytest
from actors import expectations, outcome
from provider import refund, tell

from saleor_esd_plugin.orders.models import RefundState
from saleor_esd_plugin.orders.suspension import suspend_licenses

pytestmark = pytest.mark.django_db

ASSIGN = """mutation($input: LicenseAssignInput!) { licenseAssign(input: $input) {
    licenses { fulfillment } errors { field code message } } }"""
RECALL = """mutation($input: LicenseRecallInput!) { licenseRecall(input: $input) {
    licenses { fulfillment } errors { field code message } } }"""
REVEAL = """mutation($input: LicenseKeyRevealInput!) { licenseKeyReveal(input: $input) {
    key license { isRevealed } errors { field code message } } }"""
RESEND = """mutation($input: LicenseEmailResendInput!) { licenseEmailResend(input: $input) {
    license { id } errors { field code message } } }"""
RECEIPT = """mutation($input: LicenseOrderReceiptSendInput!) { licenseOrderReceiptSend(input: $input) {
    emails licenseOrder { number } errors { field code message } } }"""
APPROVE = """mutation($input: LicenseOrderApproveInput!) { licenseOrderApprove(input: $input) {
    licenseOrder { status } errors { field code message } } }"""
REJECT = """mutation($input: LicenseOrderRejectInput!) { licenseOrderReject(input: $input) {
    licenseOrder { status } errors { field code message } } }"""
RETURN = """mutation($input: LicenseOrderReturnInput!) { licenseOrderReturn(input: $input) {
    licenseOrder { status } errors { field code message } } }"""
RESTORE = """mutation($input: LicenseOrderRestoreInput!) { licenseOrderRestore(input: $input) {
    licenseOrder { status } errors { field code message } } }"""
RENEWALS = """mutation($input: LicenseOrderRenewalsSetInput!) { licenseOrderRenewalsSet(input: $input) {
    licenseOrder { status } errors { field code message } } }"""
GRANT = """mutation($input: LicenseGrantInput!) { licenseGrant(input: $input) {
    licenseOrder { status } errors { field code message } } }"""
REPLACE = """mutation($input: LicenseKeyReplaceInput!) { licenseKeyReplace(input: $input) {
    licenses { keyMask } errors { field code message } } }"""
TRANSFER = """mutation($input: LicenseTransferInput!) { licenseTransfer(input: $input) {
    licenses { fulfillment } errors { field code message } } }"""
SUSPEND = """mutation($input: LicenseSuspendInput!) { licenseSuspend(input: $input) {
    licenses { lifecycle } errors { field code message } } }"""
REINSTATE = """mutation($input: LicenseReinstateInput!) { licenseReinstate(input: $input) {
    licenses { lifecycle } errors { field code message } } }"""
CANCEL = """mutation($input: LicenseCancelInput!) { licenseCancel(input: $input) {
    licenses { lifecycle } errors { field code message } } }"""

STRANGERS = "shopper, staff, BILLING, MANAGE_LICENSE_KEYS"
OTHER_APPS = "app, app APPROVE_LICENSES, app MANAGE_LICENSE_KEYS, app REVEAL_LICENSE_KEYS"
BY_LICENSE = expectations(
    OK="MASTER, ADMINISTRATOR, MANAGE_LICENSES, app MANAGE_LICENSES",
    LOGIN_REQUIRED="anonymous",
    NOT_FOUND=STRANGERS + ", APPROVE_LICENSES",
    FORBIDDEN_ROLE="SUPPORT",
    DENIED="REVEAL_LICENSE_KEYS, " + OTHER_APPS,
)
BY_STAFF_THAT_APPROVES = expectations(
    OK="APPROVE_LICENSES, app APPROVE_LICENSES",
    DENIED="anonymous, MASTER, ADMINISTRATOR, SUPPORT, REVEAL_LICENSE_KEYS, MANAGE_LICENSES, "
    "app MANAGE_LICENSES, " + STRANGERS + ", app, app MANAGE_LICENSE_KEYS, app REVEAL_LICENSE_KEYS",
)
BY_STAFF_THAT_MANAGES = expectations(
    OK="MANAGE_LICENSES, app MANAGE_LICENSES",
    DENIED="anonymous, MASTER, ADMINISTRATOR, SUPPORT, APPROVE_LICENSES, REVEAL_LICENSE_KEYS, "
    + STRANGERS
    + ", "
    + OTHER_APPS,
)
CALLS = {
    "licenseAssign": (ASSIGN, BY_LICENSE),
    "licenseRecall": (RECALL, BY_LICENSE),
    "licenseTransfer": (TRANSFER, BY_LICENSE),
    "licenseKeyReveal": (
        REVEAL,
        expectations(
            OK="MASTER, ADMINISTRATOR, REVEAL_LICENSE_KEYS, app REVEAL_LICENSE_KEYS",
            LOGIN_REQUIRED="anonymous",
            NOT_FOUND=STRANGERS + ", APPROVE_LICENSES",
            FORBIDDEN_ROLE="SUPPORT",
            DENIED="MANAGE_LICENSES, app, app MANAGE_LICENSES, app APPROVE_LICENSES, "
            "app MANAGE_LICENSE_KEYS",
        ),
    ),
    "licenseKeyReplace": (
        REPLACE,
        expectations(
            OK="MANAGE_LICENSE_KEYS, app MANAGE_LICENSE_KEYS",
            DENIED="anonymous, shopper, MASTER, ADMINISTRATOR, BILLING, SUPPORT, staff, "
            "MANAGE_LICENSES, APPROVE_LICENSES, REVEAL_LICENSE_KEYS, app, app MANAGE_LICENSES, "
            "app APPROVE_LICENSES, app REVEAL_LICENSE_KEYS",
        ),
    ),
    "licenseEmailResend": (RESEND, {**BY_LICENSE, "SUPPORT": "OK"}),
    "licenseOrderReceiptSend": (
        RECEIPT,
        {
            **BY_LICENSE,
            "BILLING": "OK",
            "APPROVE_LICENSES": "DENIED",
            "REVEAL_LICENSE_KEYS": "NOT_FOUND",
        },
    ),
    "licenseOrderApprove": (APPROVE, BY_STAFF_THAT_APPROVES),
    "licenseOrderReject": (REJECT, BY_STAFF_THAT_APPROVES),
    "licenseOrderReturn": (RETURN, BY_STAFF_THAT_MANAGES),
    "licenseSuspend": (SUSPEND, BY_STAFF_THAT_MANAGES),
    "licenseReinstate": (REINSTATE, BY_STAFF_THAT_MANAGES),
    "licenseCancel": (CANCEL, BY_STAFF_THAT_MANAGES),
    "licenseOrderRestore": (RESTORE, BY_STAFF_THAT_MANAGES),
    "licenseOrderRenewalsSet": (RENEWALS, BY_STAFF_THAT_MANAGES),
    "licenseGrant": (GRANT, BY_STAFF_THAT_MANAGES),
}


def inputs(name, gid):
    """Something to do it to, and the account that it belongs to."""
    if name in ("licenseOrderApprove", "licenseOrderReject"):
        order = factories.make_license_order(2)
        reason = {"reason": "no budget"} if name == "licenseOrderReject" else {}
        return {"id": gid("LicenseOrder", order), **reason}, order.account
    if name == "licenseOrderReturn":
        license = factories.make_released(2)[0]
        order = license.order_line.order
        named = {"licenses": [gid("License", license)], "reason": "taken back"}
        return {"id": gid("LicenseOrder", order), **named}, order.account
    if name == "licenseOrderRestore":
        payment = factories.unique("pi")
        order = factories.make_released(2, payment_ref=payment)[0].order_line.order
        for state in (RefundState.SUCCEEDED, RefundState.FAILED):
            tell(refund(10, state, ref=f"re-{payment}", payment=payment))
        line = {"id": gid("LicenseOrderLine", order.lines.get()), "quantity": 1}
        named = {"lines": [line], "reason": "the refund failed"}
        return {"id": gid("LicenseOrder", order), **named}, order.account
    if name == "licenseOrderRenewalsSet":
        (license,) = factories.make_released(policy=factories.make_policy(keys=1, term="P1Y"))
        order = factories.make_license_order(1, policy=factories.make_renewal(license.policy))
        line = gid("LicenseOrderLine", order.lines.get())
        return {"orderLine": line, "licenses": [gid("License", license)]}, order.account
    if name == "licenseGrant":
        account = factories.make_account()
        return {
            "policy": gid("LicensePolicy", factories.make_policy(keys=1)),
            "quantity": 1,
            "account": gid("LicenseAccount", account),
            "reason": "for the trade fair",
        }, account
    if name == "licenseOrderReceiptSend":
        order = factories.make_released(1)[0].order_line.order
        return {"order": gid("LicenseOrder", order), "emails": "a@x.example"}, order.account
    if name == "licenseAssign":
        license = factories.make_released(1)[0]
        customer = factories.make_end_customer(license.account)
        return {
            "licenses": [gid("License", license)],
            "endCustomer": gid("LicenseEndCustomer", customer),
        }, license.account
    license = factories.make_assigned(1, policy=factories.make_policy(keys=3))[0]
    one = gid("License", license)
    if name == "licenseReinstate":
        suspend_licenses(
            [license.pk], reason="OTHER", note="to be looked at", actor=factories.STAFF
        )
    given = {
        "licenseRecall": {"licenses": [one]},
        "licenseTransfer": {
            "licenses": [one],
            "endCustomer": gid("LicenseEndCustomer", factories.make_end_customer(license.account)),
        },
        "licenseKeyReveal": {"license": one, "reason": "asked for by the customer"},
        "licenseKeyReplace": {"licenses": [one], "reason": "posted in a forum"},
        "licenseEmailResend": {"license": one},
        "licenseSuspend": {"licenses": [one], "reason": "PAYMENT_OVERDUE"},
        "licenseReinstate": {"licenses": [one], "reason": "RESOLVED"},
        "licenseCancel": {"licenses": [one], "reason": "CUSTOMER_REQUEST"},
    }
    return given[name], license.account


# What can be done to the same rows once more.
AGAIN = ("licenseKeyReveal", "licenseKeyReplace", "licenseOrderReceiptSend")


@pytest.mark.parametrize("name", list(CALLS))
def test_only_those_who_may_do_it(name, api, gid, unchanged):
    """After a refusal the rows are as before; whoever may, comes last and mostly needs new ones."""
    document, expected = CALLS[name]
    given, account = inputs(name, gid)
    allowed = [who for who in actors.ACTORS if expected[who] == "OK"]

    for who, make in actors.ACTORS.items():
        if who not in allowed:
            ask = api(make(account))
            with unchanged():
                assert outcome(ask(document, {"input": given}), name) == expected[who], who
    for number, who in enumerate(allowed):
        if number and name not in AGAIN:
            given, account = inputs(name, gid)
        ask = api(actors.ACTORS[who](account))
        assert outcome(ask(document, {"input": given}), name) == "OK", who


@pytest.mark.parametrize("name", ["licenseRecall", "licenseKeyReveal", "licenseEmailResend"])
def test_ids_that_are_none_and_foreign_ones_get_the_same_answer(
    name, api, gid, bad_ids, unchanged, each_of
):
    """T-AUTHZ-02: malformed, unknown, of another type, foreign: one NOT_FOUND, which echoes no id."""
    given, account = inputs(name, gid)
    foreign, _ = inputs(name, gid)
    ask = api(actors.ACTORS["MASTER"](account))
    key = "licenses" if "licenses" in given else "license"
    wrong = [foreign[key], *([bad] if key == "licenses" else bad for bad in bad_ids)]
    field = name + "(input: $it) { errors { field code message } }"
    type_name = name[0].upper() + name[1:] + "Input!"

    with unchanged():
        refused = [{**given, key: each} for each in wrong]
        # An operation reveals one key at most.
        size = 1 if name == "licenseKeyReveal" else len(refused)
        parts = [refused[start : start + size] for start in range(0, len(refused), size)]
        answers = [each_of(ask, "mutation", field, type_name, part) for part in parts]

    first, *others = [answer for part in answers for answer in part]
    assert [error["code"] for error in first["errors"]] == ["NOT_FOUND"]
    assert others == [first] * len(bad_ids)
