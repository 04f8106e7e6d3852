"""Every table of the house in one metadata, for migrations, house tests and `create_all`."""

import loyalty.catalog.models
import loyalty.codes.models
import loyalty.db.guards
import loyalty.db.models
import loyalty.identity.models
import loyalty.inbox.models
import loyalty.orders.models
import loyalty.outbox.models
import loyalty.points.bonuses.models
import loyalty.points.earning.models
import loyalty.points.earning.tier_models
import loyalty.points.models
import loyalty.points.reward_models
import loyalty.points.seals.models
import loyalty.programs.models
import loyalty.sales.models
import loyalty.social.models
import loyalty.visits.models  # noqa: F401  importing fills the metadata
from loyalty.db.base import Base

metadata = Base.metadata
