from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("esd", "0027_search_indexes")]

    operations = [
        migrations.AddField("termchange", "since", models.DateTimeField(null=True)),
        migrations.AddField("termchange", "moved_by", models.DurationField(null=True)),
    ]
