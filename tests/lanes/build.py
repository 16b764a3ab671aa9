"""The installed Saleor's own rows, made by the ORM: the same names for every host.

Transactions, granted refunds and fulfillments by hand are there on 3.x only, which alone has them.
"""

import lane
from build_addresses import *  # noqa: F403

if lane.host() == "2.10":
    from build_payments_saleor_2_10 import *  # noqa: F403
    from build_saleor_2_10 import *  # noqa: F403
else:
    from build_payments_saleor_3_21 import *  # noqa: F403
    from build_saleor_3_21 import *  # noqa: F403
