"""Which rows of a waiting chunk are held back, because they are unlike the others of their file."""

import django.contrib.postgres.fields
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("esd", "0017_addresses_on_file")]

    operations = [
        migrations.AddField(
            model_name="keyimportchunk",
            name="held",
            field=django.contrib.postgres.fields.ArrayField(
                base_field=models.IntegerField(), default=list, size=None
            ),
        ),
    ]
