"""Views of the list of licenses that each of the staff keeps for themselves."""

from django.db import migrations, models

import saleor_esd_plugin.ids


class Migration(migrations.Migration):
    dependencies = [("esd", "0028_movements")]

    operations = [
        migrations.CreateModel(
            name="SavedView",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=saleor_esd_plugin.ids.uuid7,
                        editable=False,
                        primary_key=True,
                        serialize=False,
                    ),
                ),
                ("user_ref", models.CharField(max_length=36)),
                ("name", models.CharField(max_length=64)),
                ("query", models.CharField(blank=True, max_length=1000)),
            ],
            options={"ordering": ("name",), "default_permissions": ()},
        ),
        migrations.AddConstraint(
            "savedview",
            models.UniqueConstraint(fields=("user_ref", "name"), name="esd_saved_view_once"),
        ),
    ]
