"""Which user of the shop gave a license away: whether it was staff decides who may read the name."""

from django.db import migrations, models

# Of assignments from before the event of each knows the user.
FROM_EVENTS = """
UPDATE esd_assignment given SET assigned_by_ref = event.ref
FROM (
    SELECT subject_id, actor_label, min(actor_ref) AS ref FROM esd_event
    WHERE type = 'license.assigned' AND actor_kind = 'USER'
    GROUP BY subject_id, actor_label
) event
WHERE event.subject_id = given.end_customer_id AND event.actor_label = given.assigned_by;
"""


class Migration(migrations.Migration):
    dependencies = [("esd", "0019_signs_of_life")]

    operations = [
        migrations.AddField(
            model_name="assignment",
            name="assigned_by_ref",
            field=models.CharField(blank=True, default="", max_length=36),
            preserve_default=False,
        ),
        migrations.RunSQL(FROM_EVENTS, migrations.RunSQL.noop),
    ]
