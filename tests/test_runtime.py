"""What the tests themselves stand on: the database, commits, the mail server. Both lanes."""

import lane
import pytest
from django.contrib.sites.models import Site
from django.db import connection, connections, transaction


@pytest.mark.django_db
def test_the_database_is_a_copy_of_this_run():
    with connection.cursor() as cursor:
        cursor.execute("SELECT current_database()")
        assert cursor.fetchone()[0].startswith("esd_test_")


@pytest.mark.django_db
def test_a_rolled_back_test_sees_its_rows_through_every_alias():
    Site.objects.create(domain="only.here")

    for alias in connections:
        assert Site.objects.using(alias).filter(domain="only.here").exists()


@pytest.mark.django_db
def test_nothing_is_left_of_a_rolled_back_test():
    assert not Site.objects.filter(domain="only.here").exists()


def test_what_live_db_writes_is_committed(live_db):
    name = live_db("committed")
    ran = []
    with transaction.atomic():
        Site.objects.create(domain=name)
        transaction.on_commit(lambda: ran.append(1))

    connection.close()

    assert ran == [1]
    assert Site.objects.filter(domain=name).count() == 1


def test_run_commits_follows_what_the_first_ones_schedule(run_commits):
    ran = []
    transaction.on_commit(
        lambda: (ran.append("outer"), transaction.on_commit(lambda: ran.append("inner")))
    )

    assert run_commits() == 2
    assert ran == ["outer", "inner"]
    assert run_commits() == 0


def test_the_mail_server_keeps_what_django_sends(smtp):
    from django.core.mail import send_mail

    send_mail("Your keys", "Grüße", "shop@example.com", ["ada@example.com"])

    (message,) = smtp.messages
    assert message["Subject"] == "Your keys"
    assert message.get_content() == "Grüße\r\n"
    assert message.envelope_to == ["ada@example.com"]


def test_the_mail_server_refuses_whom_it_is_told_to(smtp):
    from smtplib import SMTPRecipientsRefused

    from django.core.mail import send_mail

    smtp.refused.add("nobody@example.com")

    with pytest.raises(SMTPRecipientsRefused):
        send_mail("Your keys", "text", "shop@example.com", ["nobody@example.com"])
    assert smtp.messages == []


@pytest.mark.only_on("2.10", reason="a control for the mark itself")
def test_this_runs_on_2_10_only():
    assert lane.host() == "2.10"


@pytest.mark.only_on("3.21", reason="2.10 has one database only")
@pytest.mark.django_db
def test_reading_from_the_writer_without_saying_so_fails(rf):
    from saleor.core.db.connection import UnsafeWriterAccessError, restrict_writer_middleware

    def read(alias):
        return restrict_writer_middleware(lambda request: Site.objects.using(alias).count())(
            rf.get("/")
        )

    assert read("replica") >= 0
    with pytest.raises(UnsafeWriterAccessError):
        read("default")
