"""The only room that knows Saleor, entered through four doors: `db`, `shop`, `graphql`, `plugin`.

This file decides which Saleor this is, and nobody else does. 2.10 lacks the package `saleor.channel`;
its version string ("dev") says nothing.
"""

from importlib.util import find_spec

IS_V3 = find_spec("saleor.channel") is not None

# Whether the host's makers still mend its weaknesses; for the system checks.
GETS_SECURITY_FIXES = IS_V3
