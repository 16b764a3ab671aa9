"""The tables. JSON fields and checks come through `host.db`: the two hosts' Django differ in them."""

import django.db.models.deletion
import django.db.models.expressions
from django.db import migrations, models

from saleor_esd_plugin.host.db import JSONField, check_constraint
from saleor_esd_plugin.ids import uuid7


class Migration(migrations.Migration):
    initial = True

    dependencies = []

    operations = [
        migrations.CreateModel(
            name="Account",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=uuid7, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("user_ref", models.CharField(max_length=36, null=True)),
                ("name", models.CharField(max_length=128)),
                ("email", models.EmailField(max_length=254)),
                ("language", models.CharField(blank=True, max_length=10)),
                ("is_reseller", models.BooleanField(default=False)),
                ("is_active", models.BooleanField(default=True)),
                ("created_at", models.DateTimeField()),
            ],
            options={
                "ordering": ("id",),
                "default_permissions": (),
            },
        ),
        migrations.CreateModel(
            name="Assignment",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=uuid7, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("assigned_by", models.CharField(blank=True, max_length=254)),
                ("started_at", models.DateTimeField()),
                ("ended_at", models.DateTimeField(null=True)),
            ],
            options={
                "ordering": ("id",),
                "default_permissions": (),
            },
        ),
        migrations.CreateModel(
            name="ClaimLink",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=uuid7, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("email", models.EmailField(max_length=254)),
                ("token_hash", models.BinaryField(max_length=32, unique=True)),
                ("created_at", models.DateTimeField()),
                ("expires_at", models.DateTimeField()),
                ("claimed_at", models.DateTimeField(null=True)),
                ("voided_at", models.DateTimeField(null=True)),
            ],
            options={
                "ordering": ("id",),
                "default_permissions": (),
            },
        ),
        migrations.CreateModel(
            name="Delivery",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=uuid7, editable=False, primary_key=True, serialize=False
                    ),
                ),
                (
                    "kind",
                    models.CharField(
                        choices=[
                            ("ORDER_CONFIRMED", "Order Confirmed"),
                            ("ORDER_WAITS", "Order Waits"),
                            ("ORDER_APPROVED", "Order Approved"),
                            ("ORDER_RELEASED", "Order Released"),
                            ("ORDER_REJECTED", "Order Rejected"),
                            ("ORDER_CANCELLED", "Order Cancelled"),
                            ("ORDER_BACKORDERED", "Order Backordered"),
                            ("LICENSE_KEYS", "License Keys"),
                            ("LICENSE_ASSIGNED", "License Assigned"),
                            ("KEY_REVEALED", "Key Revealed"),
                            ("RECEIPT", "Receipt"),
                        ],
                        max_length=20,
                    ),
                ),
                ("recipient", models.CharField(max_length=254)),
                ("language", models.CharField(max_length=10)),
                ("order_id", models.UUIDField(db_index=True, null=True)),
                ("account_id", models.UUIDField(db_index=True, null=True)),
                ("license_ids", JSONField(default=list)),
                ("data", JSONField(default=dict)),
                (
                    "status",
                    models.CharField(
                        choices=[
                            ("QUEUED", "Queued"),
                            ("SENT", "Sent"),
                            ("FAILED", "Failed"),
                            ("SUPPRESSED", "Suppressed"),
                        ],
                        default="QUEUED",
                        max_length=10,
                    ),
                ),
                ("attempts", models.PositiveSmallIntegerField(default=0)),
                ("error", models.CharField(blank=True, max_length=200)),
                ("dedupe_key", models.CharField(max_length=200, unique=True)),
                ("created_at", models.DateTimeField()),
                ("due_at", models.DateTimeField()),
                ("leased_until", models.DateTimeField(null=True)),
                ("sent_at", models.DateTimeField(null=True)),
            ],
            options={
                "ordering": ("id",),
                "default_permissions": (),
            },
        ),
        migrations.CreateModel(
            name="EndCustomer",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=uuid7, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("code", models.CharField(max_length=64)),
                ("name", models.CharField(max_length=128)),
                ("email", models.EmailField(max_length=254)),
                ("country", models.CharField(blank=True, max_length=2)),
                ("language", models.CharField(blank=True, max_length=10)),
                ("created_at", models.DateTimeField()),
                ("archived_at", models.DateTimeField(null=True)),
            ],
            options={
                "ordering": ("id",),
                "default_permissions": (),
            },
        ),
        migrations.CreateModel(
            name="Event",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=uuid7, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("type", models.CharField(max_length=40)),
                ("subject_id", models.UUIDField(db_index=True)),
                ("order_id", models.UUIDField(db_index=True, null=True)),
                ("account_id", models.UUIDField(db_index=True, null=True)),
                ("actor_kind", models.CharField(max_length=10)),
                ("actor_ref", models.CharField(blank=True, max_length=36)),
                ("actor_label", models.CharField(blank=True, max_length=254)),
                ("permission", models.CharField(blank=True, max_length=32)),
                ("reason", models.CharField(blank=True, max_length=500)),
                ("data", JSONField(default=dict)),
                ("ip", models.CharField(blank=True, max_length=45)),
                ("request_id", models.CharField(blank=True, max_length=64)),
                ("created_at", models.DateTimeField()),
            ],
            options={
                "ordering": ("id",),
                "default_permissions": (),
            },
        ),
        migrations.CreateModel(
            name="Invitation",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=uuid7, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("email", models.EmailField(max_length=254)),
                (
                    "role",
                    models.CharField(
                        choices=[
                            ("MASTER", "Master"),
                            ("ADMINISTRATOR", "Administrator"),
                            ("BILLING", "Billing"),
                            ("SUPPORT", "Support"),
                        ],
                        max_length=16,
                    ),
                ),
                ("token_hash", models.BinaryField(max_length=32, unique=True)),
                ("created_at", models.DateTimeField()),
                ("expires_at", models.DateTimeField()),
                ("accepted_at", models.DateTimeField(null=True)),
                ("accepted_by", models.CharField(blank=True, max_length=36)),
                ("voided_at", models.DateTimeField(null=True)),
            ],
            options={
                "ordering": ("id",),
                "default_permissions": (),
            },
        ),
        migrations.CreateModel(
            name="KeyBatch",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=uuid7, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("file_name", models.CharField(blank=True, max_length=255)),
                ("sha256", models.CharField(max_length=64)),
                ("supplier", models.CharField(blank=True, max_length=128)),
                ("purchase_reference", models.CharField(blank=True, max_length=128)),
                ("use_by", models.DateField(null=True)),
                ("accepted", models.PositiveIntegerField(default=0)),
                ("refused", models.PositiveIntegerField(default=0)),
                ("report", JSONField(default=dict)),
                ("created_at", models.DateTimeField()),
                ("quarantined_at", models.DateTimeField(null=True)),
                ("quarantine_reason", models.CharField(blank=True, max_length=500)),
            ],
            options={
                "ordering": ("id",),
                "default_permissions": (),
            },
        ),
        migrations.CreateModel(
            name="KeyCheck",
            fields=[
                (
                    "id",
                    models.AutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("purpose", models.CharField(max_length=8)),
                ("kid", models.PositiveSmallIntegerField()),
                ("check_value", models.BinaryField()),
                ("created_at", models.DateTimeField()),
            ],
            options={
                "default_permissions": (),
            },
        ),
        migrations.CreateModel(
            name="KeyPool",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=uuid7, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("name", models.CharField(max_length=128)),
                ("format", models.CharField(max_length=32)),
                (
                    "kind",
                    models.CharField(
                        choices=[
                            ("PRODUCT_KEY", "Product Key"),
                            ("ACTIVATION_CODE", "Activation Code"),
                            ("LICENSE_NUMBER", "License Number"),
                        ],
                        default="PRODUCT_KEY",
                        max_length=16,
                    ),
                ),
                ("is_generated", models.BooleanField(default=False)),
                ("created_at", models.DateTimeField()),
                ("archived_at", models.DateTimeField(null=True)),
            ],
            options={
                "ordering": ("id",),
                "default_permissions": (),
            },
        ),
        migrations.CreateModel(
            name="License",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=uuid7, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("unit_index", models.PositiveIntegerField()),
                (
                    "fulfillment",
                    models.CharField(
                        choices=[
                            ("PENDING_APPROVAL", "Pending Approval"),
                            ("RELEASED", "Released"),
                            ("ASSIGNED", "Assigned"),
                            ("REJECTED", "Rejected"),
                            ("RETURNED", "Returned"),
                        ],
                        max_length=16,
                    ),
                ),
                ("created_at", models.DateTimeField()),
                ("released_at", models.DateTimeField(null=True)),
                ("assigned_at", models.DateTimeField(null=True)),
                ("ended_at", models.DateTimeField(null=True)),
                ("starts_at", models.DateTimeField(null=True)),
                ("expires_at", models.DateTimeField(null=True)),
                ("reason", models.CharField(blank=True, max_length=500)),
            ],
            options={
                "ordering": ("id",),
                "permissions": [
                    ("manage_licenses", "Manage licenses."),
                    ("approve_licenses", "Approve and reject license orders."),
                    ("manage_license_keys", "Manage license key pools, policies and imports."),
                    ("reveal_license_keys", "Reveal license keys."),
                ],
                "default_permissions": (),
            },
        ),
        migrations.CreateModel(
            name="LicenseKey",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=uuid7, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("ciphertext", models.BinaryField()),
                ("index_kid", models.PositiveSmallIntegerField()),
                ("blind_index", models.BinaryField(max_length=32)),
                ("suffix", models.CharField(blank=True, max_length=5)),
                ("use_by", models.DateField(null=True)),
                ("created_at", models.DateTimeField()),
                ("revealed_at", models.DateTimeField(null=True)),
                ("quarantined_at", models.DateTimeField(null=True)),
                ("revoked_at", models.DateTimeField(null=True)),
            ],
            options={
                "default_permissions": (),
            },
        ),
        migrations.CreateModel(
            name="LicenseOrder",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=uuid7, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("order_uuid", models.UUIDField(unique=True)),
                ("number", models.CharField(max_length=64)),
                ("buyer_user_ref", models.CharField(blank=True, max_length=36)),
                ("buyer_email", models.CharField(blank=True, max_length=254)),
                ("language", models.CharField(blank=True, max_length=10)),
                ("notification_email", models.CharField(blank=True, max_length=254)),
                ("purchase_order_reference", models.CharField(blank=True, max_length=128)),
                ("comment", models.CharField(blank=True, max_length=2000)),
                ("checkout_token", models.CharField(blank=True, db_index=True, max_length=36)),
                ("is_duplicate_checkout", models.BooleanField(default=False)),
                (
                    "approval",
                    models.CharField(
                        choices=[
                            ("PENDING", "Pending"),
                            ("PARTIALLY_APPROVED", "Partially Approved"),
                            ("APPROVED", "Approved"),
                            ("REJECTED", "Rejected"),
                            ("CANCELLED", "Cancelled"),
                        ],
                        default="PENDING",
                        max_length=20,
                    ),
                ),
                ("decided_by", models.CharField(blank=True, max_length=254)),
                ("decided_at", models.DateTimeField(null=True)),
                ("decision_reason", models.CharField(blank=True, max_length=500)),
                ("ordered_at", models.DateTimeField()),
                ("recorded_at", models.DateTimeField()),
                ("confirmed_at", models.DateTimeField(null=True)),
                ("paid_at", models.DateTimeField(null=True)),
                ("unpaid_release_reason", models.CharField(blank=True, max_length=500)),
                ("cancelled_at", models.DateTimeField(null=True)),
                ("refunded_at", models.DateTimeField(null=True)),
                ("checked_at", models.DateTimeField(null=True)),
            ],
            options={
                "ordering": ("id",),
                "default_permissions": (),
            },
        ),
        migrations.CreateModel(
            name="LicenseOrderLine",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=uuid7, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("order_line_ref", models.CharField(max_length=36, unique=True)),
                ("variant_ref", models.CharField(db_index=True, max_length=36)),
                ("sku", models.CharField(blank=True, max_length=255)),
                ("product_name", models.CharField(blank=True, max_length=386)),
                ("variant_name", models.CharField(blank=True, max_length=255)),
                ("quantity", models.PositiveIntegerField()),
                ("approved", models.PositiveIntegerField(default=0)),
                ("withdrawn", models.PositiveIntegerField(default=0)),
                ("fulfilled", models.PositiveIntegerField(default=0)),
                ("allocated_at", models.DateTimeField(null=True)),
                ("backordered_at", models.DateTimeField(null=True)),
            ],
            options={
                "ordering": ("id",),
                "default_permissions": (),
            },
        ),
        migrations.CreateModel(
            name="LicensePolicy",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=uuid7, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("variant_ref", models.CharField(max_length=36)),
                ("name", models.CharField(blank=True, max_length=250)),
                (
                    "approval",
                    models.CharField(
                        choices=[
                            ("MANUAL", "Manual"),
                            ("AUTOMATIC", "Automatic"),
                            ("RULES", "Rules"),
                        ],
                        default="MANUAL",
                        max_length=10,
                    ),
                ),
                ("approval_quantity", models.PositiveIntegerField(null=True)),
                ("approves_first_order_manually", models.BooleanField(default=True)),
                (
                    "delivery",
                    models.CharField(
                        choices=[("INLINE", "Inline"), ("CLAIM_LINK", "Claim Link")],
                        default="INLINE",
                        max_length=10,
                    ),
                ),
                ("sends_key_to_buyer", models.BooleanField(default=True)),
                ("term", models.CharField(blank=True, max_length=32)),
                (
                    "expiry_basis",
                    models.CharField(
                        choices=[
                            ("FROM_RELEASE", "From Release"),
                            ("FROM_ASSIGNMENT", "From Assignment"),
                        ],
                        default="FROM_RELEASE",
                        max_length=16,
                    ),
                ),
                ("grace_days", models.PositiveSmallIntegerField(default=30)),
                ("instructions", JSONField(default=dict)),
                ("created_at", models.DateTimeField()),
                ("archived_at", models.DateTimeField(null=True)),
            ],
            options={
                "ordering": ("id",),
                "default_permissions": (),
            },
        ),
        migrations.CreateModel(
            name="Member",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=uuid7, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("user_ref", models.CharField(db_index=True, max_length=36)),
                ("email", models.EmailField(blank=True, max_length=254)),
                (
                    "role",
                    models.CharField(
                        choices=[
                            ("MASTER", "Master"),
                            ("ADMINISTRATOR", "Administrator"),
                            ("BILLING", "Billing"),
                            ("SUPPORT", "Support"),
                        ],
                        max_length=16,
                    ),
                ),
                ("created_at", models.DateTimeField()),
            ],
            options={
                "ordering": ("id",),
                "default_permissions": (),
            },
        ),
        migrations.CreateModel(
            name="Throttle",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=uuid7, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("rule", models.CharField(max_length=32)),
                ("subject", models.CharField(max_length=64)),
                ("used_at", models.DateTimeField()),
            ],
            options={
                "default_permissions": (),
            },
        ),
        migrations.CreateModel(
            name="AvailableKey",
            fields=[
                (
                    "key",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.PROTECT,
                        primary_key=True,
                        related_name="available",
                        serialize=False,
                        to="esd.LicenseKey",
                    ),
                ),
            ],
            options={
                "db_table": "esd_availablekey",
                "managed": False,
                "default_permissions": (),
            },
        ),
        migrations.CreateModel(
            name="Dispatch",
            fields=[
                (
                    "event",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.PROTECT,
                        primary_key=True,
                        serialize=False,
                        to="esd.Event",
                    ),
                ),
                ("attempts", models.PositiveSmallIntegerField(default=0)),
                ("due_at", models.DateTimeField()),
                ("told_at", models.DateTimeField(null=True)),
            ],
            options={
                "default_permissions": (),
            },
        ),
        migrations.AddIndex(
            model_name="throttle",
            index=models.Index(fields=["rule", "subject", "used_at"], name="esd_throttle_use"),
        ),
        migrations.AddField(
            model_name="member",
            name="account",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT,
                related_name="members",
                to="esd.Account",
            ),
        ),
        migrations.AddField(
            model_name="licensepolicy",
            name="pool",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT,
                related_name="policies",
                to="esd.KeyPool",
            ),
        ),
        migrations.AddField(
            model_name="licenseorderline",
            name="order",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT,
                related_name="lines",
                to="esd.LicenseOrder",
            ),
        ),
        migrations.AddField(
            model_name="licenseorderline",
            name="policy",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT,
                related_name="order_lines",
                to="esd.LicensePolicy",
            ),
        ),
        migrations.AddField(
            model_name="licenseorder",
            name="account",
            field=models.ForeignKey(
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="orders",
                to="esd.Account",
            ),
        ),
        migrations.AddField(
            model_name="licensekey",
            name="batch",
            field=models.ForeignKey(
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="keys",
                to="esd.KeyBatch",
            ),
        ),
        migrations.AddField(
            model_name="licensekey",
            name="pool",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT, related_name="keys", to="esd.KeyPool"
            ),
        ),
        migrations.AddField(
            model_name="license",
            name="account",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT,
                related_name="licenses",
                to="esd.Account",
            ),
        ),
        migrations.AddField(
            model_name="license",
            name="end_customer",
            field=models.ForeignKey(
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="licenses",
                to="esd.EndCustomer",
            ),
        ),
        migrations.AddField(
            model_name="license",
            name="key",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT,
                related_name="licenses",
                to="esd.LicenseKey",
            ),
        ),
        migrations.AddField(
            model_name="license",
            name="order_line",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT,
                related_name="licenses",
                to="esd.LicenseOrderLine",
            ),
        ),
        migrations.AddField(
            model_name="license",
            name="policy",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT,
                related_name="licenses",
                to="esd.LicensePolicy",
            ),
        ),
        migrations.AddConstraint(
            model_name="keycheck",
            constraint=models.UniqueConstraint(
                fields=("purpose", "kid"), name="esd_key_check_once"
            ),
        ),
        migrations.AddConstraint(
            model_name="keycheck",
            constraint=check_constraint(
                models.Q(purpose__in=["ENC", "INDEX"]), "esd_key_check_purpose"
            ),
        ),
        migrations.AddField(
            model_name="keybatch",
            name="pool",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT,
                related_name="batches",
                to="esd.KeyPool",
            ),
        ),
        migrations.AddField(
            model_name="invitation",
            name="account",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT,
                related_name="invitations",
                to="esd.Account",
            ),
        ),
        migrations.AddIndex(
            model_name="event",
            index=models.Index(fields=["type", "id"], name="esd_event_type"),
        ),
        migrations.AddField(
            model_name="endcustomer",
            name="account",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT,
                related_name="end_customers",
                to="esd.Account",
            ),
        ),
        migrations.AddField(
            model_name="delivery",
            name="event",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT,
                related_name="deliveries",
                to="esd.Event",
            ),
        ),
        migrations.AddField(
            model_name="claimlink",
            name="license",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT,
                related_name="claim_links",
                to="esd.License",
            ),
        ),
        migrations.AddField(
            model_name="assignment",
            name="end_customer",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT,
                related_name="assignments",
                to="esd.EndCustomer",
            ),
        ),
        migrations.AddField(
            model_name="assignment",
            name="license",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT,
                related_name="assignments",
                to="esd.License",
            ),
        ),
        migrations.AddConstraint(
            model_name="account",
            constraint=models.UniqueConstraint(
                condition=models.Q(_negated=True, user_ref=None),
                fields=("user_ref",),
                name="esd_account_personal",
            ),
        ),
        migrations.AddConstraint(
            model_name="member",
            constraint=models.UniqueConstraint(
                fields=("account", "user_ref"), name="esd_member_once"
            ),
        ),
        migrations.AddConstraint(
            model_name="licensepolicy",
            constraint=models.UniqueConstraint(
                condition=models.Q(archived_at=None),
                fields=("variant_ref",),
                name="esd_policy_variant",
            ),
        ),
        migrations.AddIndex(
            model_name="licenseorderline",
            index=models.Index(
                condition=models.Q(_negated=True, backordered_at=None),
                fields=["policy", "backordered_at"],
                name="esd_order_line_backordered",
            ),
        ),
        migrations.AddConstraint(
            model_name="licenseorderline",
            constraint=check_constraint(
                models.Q(
                    quantity__gte=django.db.models.expressions.CombinedExpression(
                        django.db.models.expressions.F("approved"),
                        "+",
                        django.db.models.expressions.F("withdrawn"),
                    )
                ),
                "esd_order_line_counts",
            ),
        ),
        migrations.AddIndex(
            model_name="licenseorder",
            index=models.Index(fields=["ordered_at", "id"], name="esd_order_ordered"),
        ),
        migrations.AddIndex(
            model_name="licenseorder",
            index=models.Index(
                condition=models.Q(cancelled_at=None, refunded_at=None),
                fields=["checked_at"],
                name="esd_order_checked",
            ),
        ),
        migrations.AddIndex(
            model_name="licenseorder",
            index=models.Index(
                condition=models.Q(approval__in=["PENDING", "PARTIALLY_APPROVED"]),
                fields=["ordered_at", "id"],
                name="esd_order_undecided",
            ),
        ),
        migrations.AddIndex(
            model_name="licenseorder",
            index=models.Index(fields=["account", "id"], name="esd_order_account"),
        ),
        migrations.AddIndex(
            model_name="licensekey",
            index=models.Index(fields=["suffix", "id"], name="esd_key_suffix"),
        ),
        migrations.AddConstraint(
            model_name="licensekey",
            constraint=models.UniqueConstraint(
                fields=("index_kid", "blind_index"), name="esd_key_unique"
            ),
        ),
        migrations.AddIndex(
            model_name="license",
            index=models.Index(fields=["account", "id"], name="esd_license_account"),
        ),
        migrations.AddConstraint(
            model_name="license",
            constraint=models.UniqueConstraint(
                condition=models.Q(_negated=True, fulfillment__in=("REJECTED", "RETURNED")),
                fields=("order_line", "unit_index"),
                name="esd_license_unit",
            ),
        ),
        migrations.AddConstraint(
            model_name="license",
            constraint=models.UniqueConstraint(
                condition=models.Q(_negated=True, fulfillment__in=("REJECTED", "RETURNED")),
                fields=("key",),
                name="esd_license_key",
            ),
        ),
        migrations.AddConstraint(
            model_name="license",
            constraint=check_constraint(
                models.Q(
                    fulfillment__in=(
                        "PENDING_APPROVAL",
                        "RELEASED",
                        "ASSIGNED",
                        "REJECTED",
                        "RETURNED",
                    )
                ),
                "esd_license_fulfillment",
            ),
        ),
        migrations.AddConstraint(
            model_name="license",
            constraint=check_constraint(
                models.Q(
                    models.Q(_negated=True, fulfillment="ASSIGNED"),
                    ("end_customer__isnull", False),
                    _connector="OR",
                ),
                "esd_license_assigned",
            ),
        ),
        migrations.AddConstraint(
            model_name="keybatch",
            constraint=models.UniqueConstraint(
                fields=("pool", "sha256"), name="esd_batch_once_per_pool"
            ),
        ),
        migrations.AddConstraint(
            model_name="endcustomer",
            constraint=models.UniqueConstraint(
                condition=models.Q(archived_at=None),
                fields=("account", "code"),
                name="esd_end_customer_code",
            ),
        ),
        migrations.AddIndex(
            model_name="dispatch",
            index=models.Index(
                condition=models.Q(told_at=None), fields=["due_at"], name="esd_dispatch_due"
            ),
        ),
        migrations.AddIndex(
            model_name="delivery",
            index=models.Index(
                condition=models.Q(status="QUEUED"), fields=["due_at"], name="esd_delivery_due"
            ),
        ),
        migrations.AddConstraint(
            model_name="assignment",
            constraint=models.UniqueConstraint(
                condition=models.Q(ended_at=None), fields=("license",), name="esd_assignment_open"
            ),
        ),
    ]
