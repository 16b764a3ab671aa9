"""Lists of a million licenses: what is looked for is found by an index.

Parts of texts by trigrams, of which Saleor has the extension; Django 3.0 knows no index of an expression. Rows cannot be
written while an index of their table is made, a few seconds for a million.
"""

from django.db import migrations, models
from django.db.models import Q


def by_trigrams(name, table, *columns):
    expressions = ", ".join(f"upper({column}::text) gin_trgm_ops" for column in columns)
    return migrations.RunSQL(
        f"CREATE INDEX {name} ON {table} USING gin ({expressions});", f"DROP INDEX {name};"
    )


class Migration(migrations.Migration):
    dependencies = [("esd", "0026_renewals")]

    operations = [
        migrations.RunSQL("CREATE EXTENSION IF NOT EXISTS pg_trgm;", migrations.RunSQL.noop),
        by_trigrams(
            "esd_order_text",
            "esd_licenseorder",
            *("number", "purchase_order_reference", "buyer_email"),
        ),
        by_trigrams(
            "esd_order_line_text", "esd_licenseorderline", "product_name", "variant_name", "sku"
        ),
        by_trigrams("esd_end_customer_text", "esd_endcustomer", "code", "name", "email"),
        by_trigrams("esd_account_text", "esd_account", "email", "name"),
        # As `order_search.padded` says it.
        migrations.RunSQL(
            "CREATE INDEX esd_order_number ON esd_licenseorder (lpad(number, 64, '0'), id);",
            "DROP INDEX esd_order_number;",
        ),
        migrations.AddIndex(
            "license",
            models.Index(
                condition=Q(suspended_at__isnull=False),
                fields=["id"],
                name="esd_license_suspended_now",
            ),
        ),
        migrations.AddIndex(
            "license",
            models.Index(
                condition=Q(reason_code__isnull=False),
                fields=["reason_code"],
                name="esd_license_reason",
            ),
        ),
    ]
