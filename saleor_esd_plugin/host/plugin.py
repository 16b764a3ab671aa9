"""Door for the plugin manager: a base class without the hosts' differences, fields, routes, the schedule."""

from __future__ import annotations

from typing import Any, Dict, List, Optional

from django.core.exceptions import ValidationError
from saleor.celeryconf import app
from saleor.checkout.error_codes import CheckoutErrorCode
from saleor.plugins import base_plugin

from . import IS_V3

if IS_V3:
    from .saleor_3_21.plugin import current_plugin, streamed
else:
    from .saleor_2_10.plugin import current_plugin, streamed

__all__ = [
    "BasePlugin",
    "current_plugin",
    "field",
    "refused_checkout",
    "refused_setting",
    "schedule",
    "shop_urlpatterns",
    "streamed",
]


class BasePlugin(base_plugin.BasePlugin):
    """What a plugin class of ours is made of, the same on every host.

    One configuration for all channels; each instance owns its copy of it, since 2.10 would write changes
    into the class and 3.x empties it when the instance goes.
    """

    CONFIGURATION_PER_CHANNEL = False

    def __init__(self, *args: Any, configuration: Optional[List[dict]] = None, **kwargs: Any):
        super().__init__(*args, configuration=list(map(dict, configuration or [])), **kwargs)

    # A class method there; called on the plugin of the request, which knows whether it is active.
    def save_plugin_configuration(self, plugin_configuration: Any, cleaned_data: dict) -> Any:
        """Keep what staff changed. Without a word on it the plugin stays as active as it is.

        3.x makes the first row of a plugin inactive, whatever it was without one, and before it looks
        at the changes.
        """
        changes = {"active": self.active, **cleaned_data}
        try:
            return super().save_plugin_configuration(plugin_configuration, changes)
        except ValidationError:
            rows = type(plugin_configuration).objects.filter(pk=plugin_configuration.pk)
            rows.update(active=self.active)
            raise


def field(kind: type, label: str, help_text: str) -> Dict[str, str]:
    """One entry of CONFIG_STRUCTURE: a setting of text (`str`) or of yes and no (`bool`)."""
    types = base_plugin.ConfigurationTypeField
    return {
        "type": types.BOOLEAN if kind is bool else types.STRING,
        "label": label,
        "help_text": help_text,
    }


def refused_setting(message: str) -> ValidationError:
    """To be raised by `validate_plugin_configuration`: the host shows it to whoever changed the setting."""
    return ValidationError({"configuration": ValidationError(message, code="invalid")})


def refused_checkout(message: str) -> ValidationError:
    """To be raised before a checkout is paid: the host shows it to the buyer as INSUFFICIENT_STOCK."""
    code = CheckoutErrorCode.INSUFFICIENT_STOCK.value
    return ValidationError({"quantity": ValidationError(message, code=code)})


def schedule(name: str, task_name: str, seconds: float) -> None:
    """Have the host's Celery beat start the task of that name every so many seconds; again changes nothing.

    Saleor 2.10 runs no beat of its own: the operator starts one, or runs the command from cron.
    """
    # Changed in place: what is assigned stands behind what comes from the host's settings.
    app.conf.beat_schedule[name] = {"task": task_name, "schedule": float(seconds)}


def shop_urlpatterns() -> List[Any]:
    """The shop's own addresses."""
    from saleor.urls import urlpatterns

    return list(urlpatterns)
