"""Staff who may not read keys have none mailed to themselves unseen: a reason, the account told, the limit of reveals.

On file is what a member entered for an end customer, and the address that the license was ordered with.
"""

from datetime import timedelta

import actors
import build
import factories
import pytest
from actors import outcome
from letters import keys_in, recipients, text_of

from saleor_esd_plugin.accounts.models import EndCustomer
from saleor_esd_plugin.events.models import Event, Throttle
from saleor_esd_plugin.events.throttle import throttle
from saleor_esd_plugin.keys.ring.vault import decrypt
from saleor_esd_plugin.licenses.handover import STAFF_LIMITS
from saleor_esd_plugin.licenses.models import License
from saleor_esd_plugin.licenses.units import assign_licenses

pytestmark = pytest.mark.django_db

ERRORS = "errors { field code params { name value } }"
CREATE = f"""mutation($input: LicenseEndCustomerCreateInput!) {{ licenseEndCustomerCreate(input: $input) {{
    endCustomer {{ id emailByStaff }} {ERRORS} }} }}"""
UPDATE = f"""mutation($input: LicenseEndCustomerUpdateInput!) {{ licenseEndCustomerUpdate(input: $input) {{
    endCustomer {{ email emailByStaff }} {ERRORS} }} }}"""
ASSIGN = f"""mutation($input: LicenseAssignInput!) {{ licenseAssign(input: $input) {{
    licenses {{ fulfillment }} {ERRORS} }} }}"""
RESEND = f"""mutation($input: LicenseEmailResendInput!) {{ licenseEmailResend(input: $input) {{
    license {{ id }} {ERRORS} }} }}"""
REPLACE = f"""mutation($input: LicenseKeyReplaceInput!) {{ licenseKeyReplace(input: $input) {{
    licenses {{ id }} {ERRORS} }} }}"""
DOCUMENTS = {
    "licenseAssign": ASSIGN,
    "licenseEmailResend": RESEND,
    "licenseEndCustomerUpdate": UPDATE,
    "licenseKeyReplace": REPLACE,
}
WHY = "ticket 4711: asked for by phone"
THIEF = "thief@x.example"


@pytest.fixture
def owner():
    return build.make_user()


@pytest.fixture
def two(owner):
    return factories.make_released(
        2, user=owner, email=owner.email, policy=factories.make_policy(keys=4)
    )


@pytest.fixture
def manager(staff):
    return staff("MANAGE_LICENSES")


@pytest.fixture
def entered(api, gid, two):
    """`entered(somebody, "a@x.example")`: an end customer of the account, created through the API."""

    def create(somebody, email):
        given = {"account": gid("LicenseAccount", two[0].account), "name": "Bella", "email": email}
        answer = api(somebody)(CREATE, {"input": {**given, "code": factories.unique("C")}})
        return answer["data"]["licenseEndCustomerCreate"]["endCustomer"]["id"]

    return create


def by_licenses(gid, licenses):
    return {"licenses": [gid("License", license) for license in licenses]}


def by_line(gid, licenses):
    return {"orderLine": gid("LicenseOrderLine", licenses[0].order_line), "quantity": len(licenses)}


def error_of(answer, field):
    (error,) = answer["data"][field]["errors"]
    return error["field"], error["code"], [(one["name"], one["value"]) for one in error["params"]]


def reveals():
    """How often somebody counts as having read a key."""
    return Throttle.objects.filter(rule="reveal").count()


@pytest.mark.parametrize(
    ("who", "chosen"), [("MANAGE_LICENSES", by_licenses), ("app MANAGE_LICENSES", by_line)]
)
def test_assigning_to_whom_staff_entered(
    api, gid, two, entered, owner, mailed, unchanged, who, chosen
):
    """Before, a clear key went to any address that one had just entered, and nobody was told."""
    mailed()
    manager = actors.ACTORS[who](two[0].account)
    given = {**chosen(gid, two), "endCustomer": entered(manager, THIEF)}
    ask = api(manager)

    for reason in (None, "", "too short", " \u200b because \n"):
        with unchanged():
            answer = ask(ASSIGN, {"input": {**given, "reason": reason}})
        refusal = ("reason", "REASON_REQUIRED", [("shortest", "10")])
        assert error_of(answer, "licenseAssign") == refusal
    assert mailed() == []

    answer = ask(ASSIGN, {"input": {**given, "reason": WHY}})

    assert outcome(answer, "licenseAssign") == "OK"
    received = mailed()
    assert recipients(received) == sorted([THIEF, owner.email])
    keys = [decrypt(license.key).reveal() for license in two]
    texts = dict(received)
    assert sorted(keys_in(texts[THIEF])) == sorted(keys)
    told = texts[owner.email]
    assert told["Subject"] == f"The shop's staff have had 2 of your keys sent to {THIEF}"
    text = text_of(told).replace("\r\n", "\n")
    assert (
        "A member of the shop's staff has had license keys of your account, or links to them, sent to "
        f"{THIEF}, an address that your account did not give.\n" in text
    )
    assert f"Reason: {WHY}\n" in text
    for license in two:
        assert f"•••••-•••••-•••••-•••••-{license.key.suffix}" in text
    assert not set(keys) & set(keys_in(told))
    event = Event.objects.get(type="license_key.sent")
    assert (event.subject_id, event.permission, event.reason) == (
        min(license.pk for license in two),
        "MANAGE_LICENSES",
        WHY,
    )
    assert event.order_id == two[0].order_line.order_id
    assert event.account_id == two[0].account_id
    assert event.facts["sent_to"] == THIEF
    assert sorted(event.data["licenses"]) == sorted(str(license.pk) for license in two)
    assert reveals() == 1, "once per operation, however many keys"


def test_links_count_as_keys(api, gid, owner, manager, mailed):
    """CLAIM_LINK: whoever has the link has the key."""
    policy = factories.make_policy(keys=1, delivery="CLAIM_LINK")
    (license,) = factories.make_released(1, user=owner, email=owner.email, policy=policy)
    customer = factories.make_end_customer(license.account, email=THIEF)
    EndCustomer.objects.filter(pk=customer.pk).update(email_by_staff=True)
    given = {
        "licenses": [gid("License", license)],
        "endCustomer": gid("LicenseEndCustomer", customer),
    }
    mailed()
    assert outcome(api(manager)(ASSIGN, {"input": given}), "licenseAssign") == "REASON_REQUIRED"
    answer = api(manager)(ASSIGN, {"input": {**given, "reason": WHY}})
    assert outcome(answer, "licenseAssign") == "OK"
    received = dict(mailed())
    assert "/esd/claim/?token=" in text_of(received[THIEF])
    assert received[owner.email]["Subject"].endswith(f"have had one of your keys sent to {THIEF}")


def held_by(licenses, *, by_staff, email="it@end.example"):
    """All of these licenses assigned, by the account itself, to an end customer."""
    customer = factories.make_end_customer(licenses[0].account, email=email)
    EndCustomer.objects.filter(pk=customer.pk).update(email_by_staff=by_staff)
    ids = [license.pk for license in licenses]
    assign_licenses(ids, end_customer_id=customer.pk, actor=factories.actor_for(build.make_user()))
    return EndCustomer.objects.get(pk=customer.pk)


def inputs(name, gid, licenses, customer):
    """Each way to have keys sent to an end customer who holds them, once to a new address."""
    return {
        "licenseEmailResend": {"license": gid("License", licenses[0]), "email": THIEF},
        "licenseEndCustomerUpdate": {"id": gid("LicenseEndCustomer", customer), "email": THIEF},
        "again": {"license": gid("License", licenses[0])},
    }[name]


@pytest.mark.parametrize("name", ["licenseEmailResend", "licenseEndCustomerUpdate", "again"])
def test_sending_keys_elsewhere(api, gid, two, manager, owner, mailed, unchanged, name):
    """Resend to another address; correct an address that mails to come follow to; resend to one of staff's own."""
    customer = held_by(two, by_staff=name == "again")
    given = inputs(name, gid, two, customer)
    field = "licenseEmailResend" if name == "again" else name
    mailed()

    with unchanged():
        answer = api(manager)(DOCUMENTS[field], {"input": given})
    refusal = ("reason", "REASON_REQUIRED", [("shortest", "10")])
    assert error_of(answer, field) == refusal

    answer = api(manager)(DOCUMENTS[field], {"input": {**given, "reason": WHY}})
    assert outcome(answer, field) == "OK"
    address = customer.email if name == "again" else THIEF
    event = Event.objects.get(type="license_key.sent")
    assert (event.reason, event.facts["sent_to"]) == (WHY, address)
    # At a new address all that the end customer holds will be mailed.
    reached = two[:1] if name == "again" else two
    assert sorted(event.data["licenses"]) == sorted(str(license.pk) for license in reached)
    assert reveals() == 1
    received = mailed()
    told = [text_of(message) for recipient, message in received if recipient == owner.email]
    assert len(told) == 1 and address in told[0]
    expected = {owner.email} if name == "licenseEndCustomerUpdate" else {owner.email, address}
    assert {recipient for recipient, _ in received} == expected


def test_what_is_on_file_needs_no_reason(api, gid, two, owner, manager, entered, mailed):
    """A member's end customer; the order's own address; an address that a member entered for another one."""
    theirs = entered(owner, "it@end.example")
    same = entered(manager, "IT@end.example")
    buyers_own = entered(manager, owner.email.upper())
    assert list(EndCustomer.objects.order_by("pk").values_list("email_by_staff", flat=True)) == [
        False,
        True,
        True,
    ]
    ask = api(manager)
    recalled = """mutation($input: LicenseRecallInput!) { licenseRecall(input: $input) {
        errors { code } } }"""
    for customer in (theirs, same, buyers_own):
        given = {"licenses": [gid("License", two[0])], "endCustomer": customer}
        assert outcome(ask(ASSIGN, {"input": given}), "licenseAssign") == "OK"
        resent = ask(RESEND, {"input": {"license": gid("License", two[0])}})
        assert outcome(resent, "licenseEmailResend") == "OK"
        ask(recalled, {"input": {"licenses": [gid("License", two[0])]}})
    assert not Event.objects.filter(type="license_key.sent").exists()
    assert reveals() == 0


def test_the_buyers_own_mail_needs_no_reason(api, gid, two, owner, manager, mailed):
    """It goes to the order's address, wherever staff or the shop say it is."""
    mailed()
    answer = api(manager)(RESEND, {"input": {"license": gid("License", two[0])}})
    assert outcome(answer, "licenseEmailResend") == "OK"
    ((recipient, message),) = mailed()
    assert (recipient, keys_in(message)) == (owner.email, [decrypt(two[0].key).reveal()])
    assert reveals() == 0


def test_an_address_is_on_file_once_a_member_gives_it(api, gid, two, owner, manager, entered):
    """Also if it is the same; another change by a member says nothing of the address."""
    customer = entered(manager, THIEF)
    given = {"licenses": [gid("License", two[0])], "endCustomer": customer}

    def changed(somebody, **values):
        answer = api(somebody)(UPDATE, {"input": {"id": customer, **values}})
        assert outcome(answer, "licenseEndCustomerUpdate") == "OK"
        return answer["data"]["licenseEndCustomerUpdate"]["endCustomer"]["emailByStaff"]

    assert changed(owner, name="Bella Ltd.") is True
    assert changed(manager, email=THIEF) is True
    assert outcome(api(manager)(ASSIGN, {"input": given}), "licenseAssign") == "REASON_REQUIRED"
    assert changed(owner, email=THIEF) is False
    assert changed(manager, email=THIEF) is False
    assert outcome(api(manager)(ASSIGN, {"input": given}), "licenseAssign") == "OK"
    change = Event.objects.filter(type="end_customer.updated").latest("pk")
    assert change.data["changes"] == {"email_by_staff": {"before": True, "after": False}}


def test_nobody_is_asked_while_no_key_goes_anywhere(api, gid, two, owner, manager, entered):
    """Staff correct the address of an end customer who holds nothing; what they assign there is another matter."""
    customer = entered(owner, "it@end.example")
    answer = api(manager)(UPDATE, {"input": {"id": customer, "email": THIEF}})
    assert answer["data"]["licenseEndCustomerUpdate"] == {
        "endCustomer": {"email": THIEF, "emailByStaff": True},
        "errors": [],
    }
    given = {"licenses": [gid("License", two[0])], "endCustomer": customer}
    assert outcome(api(manager)(ASSIGN, {"input": given}), "licenseAssign") == "REASON_REQUIRED"


def test_members_are_not_asked(api, gid, two, manager, entered):
    """It is their account; also if they are staff besides."""
    customer = entered(manager, THIEF)
    for role, license in zip(("MASTER", "ADMINISTRATOR"), two):
        member = actors.member(role)(license.account)
        build.grant(member, "MANAGE_LICENSES")
        ask = api(member)
        given = {"licenses": [gid("License", license)], "endCustomer": customer}
        assert outcome(ask(ASSIGN, {"input": given}), "licenseAssign") == "OK", role
        resend = {"license": gid("License", license), "email": f"{role}@x.example"}
        assert outcome(ask(RESEND, {"input": resend}), "licenseEmailResend") == "OK", role
        # The member's correction took the address over from staff.
        EndCustomer.objects.update(email=THIEF, email_by_staff=True)
    assert not Event.objects.filter(type="license_key.sent").exists()


def test_a_member_who_may_not_correct_addresses_does_so_as_staff(api, gid, two):
    """SUPPORT of the account with MANAGE_LICENSES: by role it sends again, by permission it corrects."""
    customer = held_by(two, by_staff=False)
    support = actors.member("SUPPORT")(two[0].account)
    build.grant(support, "MANAGE_LICENSES")
    given = {"license": gid("License", two[0])}
    assert outcome(api(support)(RESEND, {"input": given}), "licenseEmailResend") == "OK"
    answer = api(support)(RESEND, {"input": {**given, "email": THIEF}})
    assert outcome(answer, "licenseEmailResend") == "REASON_REQUIRED"
    customer.refresh_from_db()
    assert (customer.email, customer.email_by_staff) == ("it@end.example", False)


def test_it_counts_against_the_limit_of_reveals(api, gid, two, manager, entered, unchanged):
    """30 an hour; the refusal changes nothing and leaves its event."""
    throttle("reveal", f"USER:{manager.pk}", STAFF_LIMITS, uses=29)
    given = {"endCustomer": entered(manager, THIEF), "reason": WHY}
    first, second = [{**given, "licenses": [gid("License", license)]} for license in two]
    ask = api(manager)
    assert outcome(ask(ASSIGN, {"input": first}), "licenseAssign") == "OK"
    before = factories.table_digest("esd_license", "esd_assignment", "esd_throttle", "esd_delivery")

    field, code, params = error_of(ask(ASSIGN, {"input": second}), "licenseAssign")

    assert (field, code, params[0][0]) == (None, "RATE_LIMITED", "seconds")
    assert 3500 < int(params[0][1]) <= 3601
    assert factories.table_digest(*before) == before
    event = Event.objects.latest("pk")
    assert (event.type, event.subject_id, event.account_id) == (
        "rate.block",
        two[1].pk,
        two[1].account_id,
    )
    assert (event.actor_ref, event.data["rule"]) == (str(manager.pk), "reveal")
    for row in Throttle.objects.filter(rule="reveal"):
        row.used_at -= timedelta(hours=1)
        row.save()
    assert outcome(ask(ASSIGN, {"input": second}), "licenseAssign") == "OK"


def test_a_replaced_key_to_whom_staff_entered(api, gid, two, staff, owner, mailed, unchanged):
    """MANAGE_LICENSE_KEYS sends new keys where others entered the address: told and counted as well."""
    customer = held_by(two[:1], by_staff=True)
    own = held_by(two[1:], by_staff=False, email="other@end.example")
    keeper = staff("MANAGE_LICENSE_KEYS")
    mailed()
    given = by_licenses(gid, two)
    with unchanged():
        answer = api(keeper)(REPLACE, {"input": {**given, "reason": "leaked"}})
    refusal = ("reason", "REASON_REQUIRED", [("shortest", "10")])
    assert error_of(answer, "licenseKeyReplace") == refusal

    answer = api(keeper)(REPLACE, {"input": {**given, "reason": "leaked in a forum"}})

    assert outcome(answer, "licenseKeyReplace") == "OK"
    received = mailed()
    assert recipients(received) == sorted([customer.email, own.email, owner.email])
    event = Event.objects.get(type="license_key.sent")
    assert (event.permission, event.data["licenses"], event.facts["sent_to"]) == (
        "MANAGE_LICENSE_KEYS",
        [str(two[0].pk)],
        customer.email,
    )
    license = License.objects.select_related("key").get(pk=two[0].pk)
    assert f"-{license.key.suffix}" in text_of(dict(received)[owner.email])
    assert reveals() == 1


def test_nobody_replaces_keys_of_an_account_of_their_own(api, gid, two, unchanged):
    """Before, five calls brought the buyer with MANAGE_LICENSE_KEYS six keys for one license."""
    strange = factories.make_released(1, policy=factories.make_policy(keys=5))
    for role in ("MASTER", "ADMINISTRATOR", "SUPPORT", "BILLING"):
        member = actors.member(role)(two[0].account)
        build.grant(member, "MANAGE_LICENSE_KEYS")
        ask = api(member)
        for licenses in (two, [*strange, two[0]]):
            given = {**by_licenses(gid, licenses), "reason": "leaked in a forum"}
            with unchanged():
                answer = ask(REPLACE, {"input": given})
                assert outcome(answer, "licenseKeyReplace") == "FORBIDDEN_ROLE", role
        given = {**by_licenses(gid, strange), "reason": "leaked in a forum"}
        assert outcome(ask(REPLACE, {"input": given}), "licenseKeyReplace") == "OK", role


def test_an_end_customer_with_a_link_for_a_name_is_greeted_without(
    api, gid, two, owner, entered, mailed
):
    """The account's words, in a mail of the shop to an address of the account's choice."""
    customer = entered(owner, "victim@x.example")
    EndCustomer.objects.update(name="Your prize: www.evil.example")
    mailed()
    given = {"licenses": [gid("License", two[0])], "endCustomer": customer}
    assert outcome(api(owner)(ASSIGN, {"input": given}), "licenseAssign") == "OK"
    ((recipient, message),) = mailed()
    assert recipient == "victim@x.example"
    assert "evil" not in text_of(message) + message.get_body(("html",)).get_content()
