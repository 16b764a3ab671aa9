"""What is known of an import besides its rows: where the keys came from, and what is to happen with them."""

from __future__ import annotations

import enum
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from typing import Optional

from ...errors import Invalid
from ...host.types import Actor
from ...text import clean_text
from .outliers import NONE_ACCEPTED, Accepted
from .reading import is_cost


class KeySource(str, enum.Enum):
    """Where keys came from, for the event."""

    LIST = "LIST"
    FILE = "FILE"
    COMMAND = "COMMAND"


@dataclass(frozen=True)
class ImportOptions:
    """Without `commit` nothing is put on sale. All rows or none, unless `skip_invalid`.

    `use_by` and `cost` are for rows that name none of their own. Rows that are unlike the others are held back unless
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
    cost: Optional[Decimal] = None
    accepted: Accepted = NONE_ACCEPTED

    def cleaned(self) -> ImportOptions:
        """With its texts as they are stored. Raises Invalid for what is too long, and for a cost that is none."""
        if self.cost is not None and not is_cost(str(self.cost)):
            raise Invalid("Give an amount such as 12.50, below a billion.", field="cost")
        reference = clean_text(
            self.purchase_reference, field="purchaseReference", longest=128, one_line=True
        )
        return replace(
            self,
            file_name=clean_text(self.file_name, field="fileName", longest=255, one_line=True),
            supplier=clean_text(self.supplier, field="supplier", longest=128, one_line=True),
            purchase_reference=reference,
        )
