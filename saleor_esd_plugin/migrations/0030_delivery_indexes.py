"""The log of e-mails: failed ones, and parts of addresses by trigrams, as 0027 says it."""

from django.db import migrations, models
from django.db.models import Q


class Migration(migrations.Migration):
    dependencies = [("esd", "0029_saved_views")]

    operations = [
        migrations.AddIndex(
            "delivery",
            models.Index(fields=["id"], condition=Q(status="FAILED"), name="esd_delivery_failed"),
        ),
        migrations.RunSQL(
            "CREATE INDEX esd_delivery_recipient ON esd_delivery"
            " USING gin (upper(recipient::text) gin_trgm_ops);",
            "DROP INDEX esd_delivery_recipient;",
        ),
    ]
