"""Everything that a worker asked and was answered, which checks look at while it grows."""

import threading
import time

from wire.exchange import Exchange


class Recording:
    """Exchanges in the order in which they began; wakes those who wait for one."""

    def __init__(self):
        self.exchanges = []
        self.changed = threading.Condition()

    def begin(self, request, has_left):
        with self.changed:
            exchange = Exchange(len(self.exchanges), request, has_left)
            self.exchanges.append(exchange)
            self.changed.notify_all()
        return exchange

    def finish(self, exchange, fate):
        with self.changed:
            exchange.finish(fate)
            self.changed.notify_all()

    def all(self, call=None, job=None, fence=None):
        with self.changed:
            exchanges = list(self.exchanges)
        return [
            exchange for exchange in exchanges
            if call in (None, exchange.call) and job in (None, exchange.job) and fence in (None, exchange.fence)
        ]

    def wait(self, seconds, call=None, job=None, count=1, where=lambda exchange: exchange.ended):
        """The `count`th exchange that is like this, once there is one; None when it did not come in time."""
        end = time.monotonic() + seconds
        while True:
            with self.changed:
                known = len(self.exchanges), sum(exchange.ended is not None for exchange in self.exchanges)
            found = [exchange for exchange in self.all(call, job) if where(exchange)]
            if len(found) >= count:
                return found[count - 1]
            with self.changed:
                now = len(self.exchanges), sum(exchange.ended is not None for exchange in self.exchanges)
                left = end - time.monotonic()
                if left <= 0:
                    return None
                if now == known:
                    self.changed.wait(left)
