"""Where the shops of the tests are a day ends too, and no test may be in the middle of it."""

import time
from datetime import datetime, timedelta
from datetime import time as clock_time
from typing import Final
from zoneinfo import ZoneInfo

ZONE: Final = ZoneInfo("Europe/Madrid")
# Longer than any test takes on a machine that has much else to do.
LAST_OF_DAY: Final = timedelta(minutes=4)


def wait_past_midnight() -> None:
    """Begin no test just before midnight: its sales would be yesterday's when it looks at them."""
    now = datetime.now(ZONE)
    midnight = datetime.combine(now.date() + timedelta(days=1), clock_time(), ZONE)
    left_s = midnight.timestamp() - now.timestamp()
    if left_s <= LAST_OF_DAY.total_seconds():
        time.sleep(left_s + 1)
