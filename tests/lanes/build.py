"""The installed Saleor's own rows, made by the ORM: the same names for every host."""

import lane

if lane.host() == "2.10":
    from build_saleor_2_10 import *  # noqa: F403
else:
    from build_saleor_3_21 import *  # noqa: F403
