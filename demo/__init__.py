"""A shop to try the plugin in: its settings, its data, and a story told through the API."""
