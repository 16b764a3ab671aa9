"""A guest's account gets its member through the single-use link, never by an equal address."""

import build
import factories
import pytest

from saleor_esd_plugin.accounts.invitations import issue_invitation
from saleor_esd_plugin.accounts.models import Member
from saleor_esd_plugin.events.models import Event

pytestmark = pytest.mark.django_db

ACCEPT = """mutation($token: String!) { licenseInvitationAccept(input: {token: $token}) {
    account { id members { email } } errors { field code } } }"""
REFUSED = {"account": None, "errors": [{"field": "token", "code": "NOT_FOUND"}]}


@pytest.fixture
def account():
    return factories.make_account(email="guest@example.com")


@pytest.fixture
def token(account):
    return issue_invitation(account.pk, email="guest@example.com")


def test_the_link_makes_the_signed_in_user_a_member(api, account, token, gid):
    user = build.make_user()

    answer = api(user)(ACCEPT, {"token": token})

    assert answer["data"]["licenseInvitationAccept"] == {
        "account": {"id": gid("LicenseAccount", account), "members": [{"email": user.email}]},
        "errors": [],
    }
    assert Member.objects.get(account=account).role == "MASTER"
    assert Event.objects.filter(type="invitation.accepted", account_id=account.pk).count() == 1


def test_it_works_once(api, token, unchanged):
    api(build.make_user())(ACCEPT, {"token": token})

    with unchanged():
        again = api(build.make_user())(ACCEPT, {"token": token})

    assert again["data"]["licenseInvitationAccept"] == REFUSED


@pytest.mark.parametrize(
    "token_like", ["", " ", "\u200b", "null", "0", "é" * 43, "\0", "x" * 43, "x" * 10_000]
)
def test_what_is_no_token_is_not_found(api, token, unchanged, token_like):
    """T-AUTHZ-02"""
    with unchanged():
        answer = api(build.make_user())(ACCEPT, {"token": token_like})

    assert answer["data"]["licenseInvitationAccept"] == REFUSED


def test_nobody_accepts_without_signing_in(api, token, unchanged):
    for somebody in (None, build.make_app("MANAGE_LICENSES")):
        with unchanged():
            answer = api(somebody)(ACCEPT, {"token": token})

        assert answer["data"]["licenseInvitationAccept"]["errors"] == [
            {"field": None, "code": "LOGIN_REQUIRED"}
        ]


def test_a_token_in_the_text_of_a_document_is_refused(api, token, unchanged):
    """H7"""
    document = (
        'mutation { licenseInvitationAccept(input: {token: "%s"}) { errors { field code } } }'
    )

    with unchanged():
        answer = api(build.make_user())(document % token)

    assert answer["data"]["licenseInvitationAccept"]["errors"] == [
        {"field": "token", "code": "LITERAL_SECRET_FORBIDDEN"}
    ]
