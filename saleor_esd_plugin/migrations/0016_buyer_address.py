"""Whether an order's address was that of its user, and so changes with it; see `LicenseOrder.follows_user`.

Of orders that were recorded before, the host is asked when it is asked next.
"""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("esd", "0015_approval_reasons")]

    operations = [
        migrations.AddField("licenseorder", "follows_user", models.BooleanField(null=True)),
    ]
