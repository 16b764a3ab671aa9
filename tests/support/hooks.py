"""The hooks of the host that the plugin answers."""

HOOKS = [
    "order_created",
    "order_confirmed",
    "order_fully_paid",
    "order_updated",
    "order_cancelled",
    "order_refunded",
    "order_fully_refunded",
    "order_expired",
]
