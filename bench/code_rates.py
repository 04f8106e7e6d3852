"""How fast codes are issued, checked and drawn, against HMAC in the same run.

Rates are per second of processor time, so that neighbors on the machine do not count.
Machines differ all the same: trust the ratios, not the absolute numbers.
"""

import statistics
import time
from collections.abc import Callable
from dataclasses import dataclass
from hashlib import sha256

from itsdangerous import Signer

from bench.scan_gate import NOON, PROGRAM, SEED, TRUST, code_text
from loyalty.codes.keys import CodeSigner
from loyalty.codes.render import packed_modules, qr_modules
from loyalty.wire.codes import (
    CodeHeader,
    CodeKind,
    CodeOutcome,
    check,
    header_bytes,
    read_text,
    seconds_of,
)

ROUNDS = 7
ROUND_S = 0.2
# With HMAC at 65,000 a second on a small machine: a batch of 130 in a tenth of a second, and
# a check that no cashier notices.
ISSUE_TIMES_HMAC_MAX = 50
CHECK_TIMES_HMAC_MAX = 100


@dataclass(frozen=True, slots=True)
class Rate:
    """How often per second, and how many times slower than HMAC."""

    name: str
    per_s: float
    times_hmac: float


def per_second(act: Callable[[], object]) -> float:
    """Run an act for a while, several times; the median of the rounds, in acts per second."""
    rates = []
    for _ in range(ROUNDS):
        done, started = 0, time.process_time()
        while (spent := time.process_time() - started) < ROUND_S:
            act()
            done += 1
        rates.append(done / spent)
    return statistics.median(rates)


def acts() -> dict[str, Callable[[], object]]:
    """List what is measured; the first is what the others are compared with."""
    header = CodeHeader(CodeKind.LIVE, 1, PROGRAM, "00ff10203040a0b0", 0, seconds_of(NOON))
    hmac = Signer(SEED, salt="bench", digest_method=sha256)
    value = header_bytes(header)
    signer = CodeSigner(PROGRAM, 1, SEED)
    text = code_text(1)

    def checked() -> None:
        reading = check(text, trust=TRUST, program_id=PROGRAM, at=NOON)
        assert reading.outcome is CodeOutcome.OK

    return {
        "HMAC-SHA256 signature (baseline)": lambda: hmac.get_signature(value),
        "code issued: signed and written": lambda: signer.sign(header),
        "code read: text found, no signature": lambda: read_text(text),
        "code checked: read and verified": checked,
        "picture laid out for print": lambda: qr_modules(text),
        "live code packed for the phone": lambda: packed_modules(text),
    }


def measure() -> list[Rate]:
    """Measure all acts in one run."""
    rates = {name: per_second(act) for name, act in acts().items()}
    baseline = next(iter(rates.values()))
    return [Rate(name, rate, baseline / rate) for name, rate in rates.items()]


def main() -> None:
    """Print the table, and fail when codes would be felt at a counter."""
    rates = measure()
    for rate in rates:
        print(f"{rate.name:38} {rate.per_s:10,.0f} per s {rate.times_hmac:8.1f} x HMAC")
    found = {rate.name.partition(":")[0]: rate.times_hmac for rate in rates}
    assert found["code issued"] <= ISSUE_TIMES_HMAC_MAX, "issuing codes is too slow"
    assert found["code checked"] <= CHECK_TIMES_HMAC_MAX, "checking codes is too slow"


if __name__ == "__main__":
    main()
