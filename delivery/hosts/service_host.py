"""One service host, with the circuit breaker that all requests to it share."""

from collections.abc import Callable
from datetime import timedelta

from delivery.appointments import Appointments
from delivery.errors import CircuitOpen
from delivery.hosts.adaptive_limit import AdaptiveLimit
from delivery.hosts.circuit_breaker import CircuitBreaker
from delivery.hosts.lane_stock import LaneStock
from delivery.hosts.send_queue import SendQueue

#: Lanes of a backlog that wait in the process for a place at one host: what it answers in so many seconds,
#: which is longer than it takes to claim more on a busy disk; at least, and at most.
_LASTS = 0.5
QUEUE, _LONGEST_QUEUE = 32, 192

#: Seconds for which a lane is left alone when the host has no room for it: at least, and at most; more where
#: nothing is answered. Both bound what a wrong guess of the host's rate costs.
_SOONEST, _LATEST, _LATEST_IF_SLOW = 0.25, 5.0, 30.0


class ServiceHost:
    """
    Decides whether, and how many at a time, requests go to a host; learns from its answers.

    `request` is entered for each HTTP request, of turns and of notices. `place` is for notices, which wait.
    """

    def __init__(self, name: str, *, stock: LaneStock, time: Callable[[], float]) -> None:
        """Hold lanes out of *stock*; count seconds by *time*."""
        self.name = name
        self._stock = stock
        self._time = time
        self._breaker = CircuitBreaker()
        self._limit = AdaptiveLimit()
        self._queue = SendQueue(self._places)
        self._appointments = Appointments()
        self._requests = 0
        self._progress_at = 0.0  #: When a send was last answered, or the first of several began.
        self._took_at: float | None = None  #: When it last took a notice.

    @property
    def in_use(self) -> bool:
        """Whether a request is under way, or a lane waits."""
        return bool(self._requests or self._queue.sending or self._queue.waiting)

    @property
    def is_left_alone(self) -> bool:
        """Whether its circuit is open."""
        return not self._breaker.closed

    @property
    def wait(self) -> float:
        """Seconds until a request may go: 0 if it may go now."""
        return self._breaker.wait(self._time())

    @property
    def room(self) -> int:
        """How many more lanes of a backlog it would take now."""
        if not self._breaker.closed:
            return 0
        places = self._limit.window + self._most_waiting() - self._queue.sending - self._queue.waiting
        return max(0, min(places, self._stock.room(self)))

    def took_a_notice_within(self, time: timedelta) -> bool:
        """Return whether this process knows that the host took a notice in the last *time*."""
        return self._took_at is not None and self._time() - self._took_at < time.total_seconds()

    @property
    def is_slow(self) -> bool:
        """Whether those that have to wait are put off for seconds: nothing was answered for that long."""
        return not self._breaker.closed or self._delay() > 1

    async def place(self, *, fresh: bool, spread: float) -> "Place | timedelta":
        """
        Wait for a place to send, or return how long to leave the lane alone; *spread* is uniform in [0, 1).

        A *fresh* notice goes before a backlog.
        """
        if self.wait:
            return self.pause(spread)
        full = not fresh and self._queue.backlog >= self._most_waiting()
        if full or not self._stock.take(self, fresh=fresh):
            return self._appointment(spread)
        if not self._queue.sending:
            self._progress_at = self._time()
        entered = False
        try:
            entered = await self._queue.take(fresh=fresh)
        finally:
            if not entered:
                self._stock.give_back(self, fresh=fresh)
        return Place(self, fresh=fresh, began=self._time()) if entered else self.pause(spread)

    def pause(self, spread: float) -> timedelta:
        """
        Return how long to leave a lane alone while the host is.

        The waiting lanes return spread over one to two periods; the first one is the probe.
        """
        return timedelta(seconds=self.wait + spread * self._breaker.period)

    def request(self) -> "Exchange":
        """
        Return a context for one request; set its `status` to the status of the response.

        Entering raises `CircuitOpen` while the circuit is open. No response, 5xx and cancellation (by a
        deadline) are failures.
        """
        return Exchange(self)

    def is_alive(self) -> None:
        """Note a sign that the host answers: a circuit that is open closes."""
        self._breaker.answered()

    def _begin(self) -> int:
        begun = self._breaker.begin(self._time())
        if begun is None:
            raise CircuitOpen(f"{self.name} is left alone, as it failed again and again", self.pause(0.0))
        self._requests += 1
        return begun

    def _end(self, begun: int, status: int | None) -> None:
        self._requests -= 1
        if status is not None and status < 500:
            self._breaker.answered()
            return
        self._breaker.failed(begun, self._time())
        if not self._breaker.closed:
            self._queue.send_away()

    def _leave(self, place: "Place") -> None:
        now = self._time()
        if place.taken is not None:
            self._progress_at = now
        if place.taken:
            self._took_at = now
            self._limit.answered(began=place.began, now=now, sending=self._queue.sending)
        elif place.taken is False:
            self._limit.overloaded(began=place.began, now=now)
        self._stock.give_back(self, fresh=place.fresh)
        self._queue.give_back()

    def _places(self) -> int:
        return self._limit.window if self._breaker.closed else 1

    def _delay(self) -> float:
        """Return the seconds that a send takes, as far as that can be known."""
        silent = self._time() - self._progress_at if self._queue.sending else 0.0
        return max(self._limit.delay or 0.0, silent, 0.001)

    def _rate(self) -> float:
        """Return how many sends a second it answers, if all its places are taken."""
        return self._limit.window / self._delay()

    def _most_waiting(self) -> int:
        if self._limit.delay is None:
            return QUEUE
        return int(min(_LONGEST_QUEUE, max(QUEUE, _LASTS * self._rate())))

    def _appointment(self, spread: float) -> timedelta:
        """Return when a lane finds room, by the rate at which the host answers."""
        wait = self._appointments.make(self._time(), earliest=_SOONEST, rate=self._rate())
        latest = _LATEST_IF_SLOW if self.is_slow else _LATEST
        if wait > latest:  # Not all come back at that moment.
            wait = latest * (1 + spread) / 2
        return timedelta(seconds=wait)


class Place:
    """A place to send one notice; set `taken` to whether the host took it, or was overloaded."""

    __slots__ = ("_host", "began", "fresh", "taken")

    def __init__(self, host: ServiceHost, *, fresh: bool, began: float) -> None:
        self._host = host
        self.fresh = fresh
        self.began = began
        self.taken: bool | None = None  #: None: it was not asked.

    def give_back(self) -> None:
        """Leave without a send."""
        self._host._leave(self)

    def __enter__(self) -> "Place":
        return self

    def __exit__(self, *_raised: object) -> None:
        self.give_back()


class Exchange:
    """One request and its answer; no generator, since every send passes here."""

    __slots__ = ("_begun", "_host", "status")

    def __init__(self, host: ServiceHost) -> None:
        self._host = host
        self.status: int | None = None  #: Of the answer, once there is one.

    def __enter__(self) -> "Exchange":
        self._begun = self._host._begin()
        return self

    def __exit__(self, *_raised: object) -> None:
        self._host._end(self._begun, self.status)
