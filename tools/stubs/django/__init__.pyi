# Django has no types of its own, and django-stubs needs an installed Django. Only what mypy has to know stands here:
# without it a member of TextChoices would be a plain str. Everything else is Any.
from typing import Any

def __getattr__(name: str) -> Any: ...
