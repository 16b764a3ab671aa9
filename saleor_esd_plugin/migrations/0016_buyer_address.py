"""Whether an order's address was that of its user, and so changes with it; see `LicenseOrder.follows_user`.

Of orders that were recorded before, the host is asked when it is asked next. Mails that left before note which
keys were in them, as later ones do: by the policy of today, the only one that is known.
"""

from django.db import migrations, models

KEYS_IN_CLEAR = """
UPDATE esd_delivery SET data = data || jsonb_build_object('in_clear', license_ids)
WHERE kind = 'LICENSE_KEYS' AND status = 'SENT' AND EXISTS (
    SELECT FROM esd_license license JOIN esd_licensepolicy policy ON policy.id = license.policy_id
    WHERE license.id = (esd_delivery.license_ids ->> 0)::uuid AND policy.delivery = 'INLINE'
);
"""


class Migration(migrations.Migration):
    dependencies = [("esd", "0015_approval_reasons")]

    operations = [
        migrations.AddField("licenseorder", "follows_user", models.BooleanField(null=True)),
        migrations.RunSQL(KEYS_IN_CLEAR, migrations.RunSQL.noop),
    ]
