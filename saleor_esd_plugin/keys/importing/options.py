"""What is known of an import besides its rows: where the keys came from, and what is to happen with them."""

from __future__ import annotations

import enum
from dataclasses import dataclass, replace
from datetime import date
from typing import Optional

from ...host.types import Actor
from ...text import clean_text
from .outliers import NONE_ACCEPTED, Accepted


class KeySource(str, enum.Enum):
    """Where keys came from, for the event."""

    LIST = "LIST"
    FILE = "FILE"
    COMMAND = "COMMAND"


@dataclass(frozen=True)
class ImportOptions:
    """Without `commit` nothing is put on sale. All rows or none, unless `skip_invalid`.

    `use_by` is for rows that name no day of their own. Rows that are unlike the others are held back unless
    they are among the `accepted`.
    """

    source: KeySource
    commit: bool
    actor: Actor
    skip_invalid: bool = False
    file_name: str = ""
    supplier: str = ""
    purchase_reference: str = ""
    use_by: Optional[date] = None
    accepted: Accepted = NONE_ACCEPTED

    def cleaned(self) -> ImportOptions:
        """With its texts as they are stored. Raises Invalid for what is too long."""
        reference = clean_text(
            self.purchase_reference, field="purchaseReference", longest=128, one_line=True
        )
        return replace(
            self,
            file_name=clean_text(self.file_name, field="fileName", longest=255, one_line=True),
            supplier=clean_text(self.supplier, field="supplier", longest=128, one_line=True),
            purchase_reference=reference,
        )
