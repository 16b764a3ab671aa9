"""Django knows the queue as one of its tables, so that `flush` empties it together with those that it refers to.

The table stays as 0002 made it; PostgreSQL truncates no table that another one refers to.
"""

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("esd", "0012_one_index_each"),
    ]

    operations = [
        migrations.SeparateDatabaseAndState(
            state_operations=[
                # Not asked for while Django did not manage the table.
                migrations.AddField(
                    model_name="availablekey",
                    name="pool",
                    field=models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="available_keys",
                        to="esd.KeyPool",
                    ),
                ),
                migrations.AlterModelOptions("availablekey", {"default_permissions": ()}),
            ]
        ),
    ]
