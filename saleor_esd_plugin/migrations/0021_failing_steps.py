"""Which steps of the sweep fail, beside when it last ended."""

from django.db import migrations

from ..host.db import JSONField


class Migration(migrations.Migration):
    dependencies = [("esd", "0020_assigned_by_ref")]

    operations = [
        migrations.AddField("signsoflife", "failing_steps", JSONField(null=True)),
    ]
