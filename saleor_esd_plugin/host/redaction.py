"""A last net under the host's log: the values of a refused variable, if they may hold a key.

graphql-core refuses a variable of a wrong type before any code of ours runs, and quotes all of it in its
error; the host logs that. What the client gets back is what it sent.
"""

from __future__ import annotations

import logging
import re
from typing import Iterable

# Both hosts log errors of the API by these names.
_LOGGERS = ("saleor.graphql.errors.handled", "saleor.graphql.errors.unhandled")


class _LeavesValuesOut(logging.Filter):
    def __init__(self, names: Iterable[str]):
        super().__init__()
        # A field of an object, or the variable itself.
        self._named = re.compile(r'"\$?(%s)"' % "|".join(map(re.escape, sorted(set(names)))))

    def filter(self, record: logging.LogRecord) -> bool:
        error = record.exc_info[1] if record.exc_info else None
        said = f"{record.getMessage()} {error}"
        if "got invalid value" in said and self._named.search(said):
            record.msg = "A variable with secrets was refused; its values are left out."
            record.args, record.exc_info, record.exc_text = (), None, None
        return True


def keep_out_of_log(names: Iterable[str]) -> None:
    """From now on no refused variable of one of these names, or with a field so named, is logged."""
    for name in _LOGGERS:
        logging.getLogger(name).addFilter(_LeavesValuesOut(names))
