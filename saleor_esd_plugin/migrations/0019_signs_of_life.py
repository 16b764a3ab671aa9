"""One row for whoever asks whether sweeps run and mails leave."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("esd", "0018_held_rows"),
    ]

    operations = [
        migrations.CreateModel(
            name="SignsOfLife",
            fields=[
                (
                    "id",
                    models.PositiveSmallIntegerField(default=1, primary_key=True, serialize=False),
                ),
                ("swept_at", models.DateTimeField(null=True)),
                ("mails_failing_since", models.DateTimeField(null=True)),
            ],
            options={
                "default_permissions": (),
            },
        ),
    ]
