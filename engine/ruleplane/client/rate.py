"""How fast we may ask: a token bucket, as client-go's. Pure; the connection waits as long as it is told."""

from __future__ import annotations

from ruleplane.clock import SECOND


class Bucket:
    """``rate`` requests a second in the long run, ``burst`` at once.

    >>> bucket = Bucket(rate=2, burst=1)
    >>> bucket.take(0), bucket.take(0) / SECOND, bucket.take(0) / SECOND
    (0, 0.5, 1.0)
    """

    def __init__(self, rate: float, burst: int) -> None:
        self._rate, self._burst = rate, float(burst)
        self._tokens, self._at = float(burst), 0

    def take(self, now: int) -> int:
        """Take one token, in debt if need be; how long (ns) to wait before using it."""
        self._tokens = min(self._burst, self._tokens + max(now - self._at, 0) / SECOND * self._rate)
        self._at = max(now, self._at)
        self._tokens -= 1
        return 0 if self._tokens >= 0 else int(-self._tokens / self._rate * SECOND)
