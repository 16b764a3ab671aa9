"""Start-up."""

from __future__ import annotations

from django.apps import AppConfig
from django.core.checks import register
from django.core.signals import request_finished, request_started
from django.db.models.signals import post_migrate

SECONDS_BETWEEN_SWEEPS = 60


class EsdConfig(AppConfig):
    name = "saleor_esd_plugin"
    label = "esd"
    verbose_name = "Software licenses"

    def ready(self) -> None:
        """Put our part into the host's schema and schedule; say so if keys cannot be opened.

        And tell requests, for which somebody waits, from all other work.
        """
        # Not at the top: all of these need the models. Celery knows tasks that were imported.
        from . import checks, reactions, tasks  # noqa: F401
        from .graphql.schema import mount_schema
        from .host.plugin import schedule
        from .keys.ring import keyring
        from .licenses.reasons import add_starter_reasons
        from .ui.registration import sync_after_migrate

        register(checks.check_keyring)
        register(checks.check_stripe)
        register(checks.check_deployment, deploy=True)
        request_started.connect(reactions.begin_request)
        request_finished.connect(reactions.end_request)
        post_migrate.connect(sync_after_migrate, sender=self)
        post_migrate.connect(add_starter_reasons, sender=self)
        mount_schema()
        schedule("esd-reconcile", "saleor_esd_plugin.tasks.reconcile", SECONDS_BETWEEN_SWEEPS)
        # Web servers run no system checks, and Celery discards them.
        keyring.log_if_locked()
