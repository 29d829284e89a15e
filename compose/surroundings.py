"""What the parts take from outside the process, and which bot it is."""

import random
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import partial

from opentelemetry.trace import Tracer

from bot.proactive_bot import ProactiveBot
from compose.meters import Meters
from delivery.worker import WorkerSettings
from instants import utc_now
from observe.tracing.configuring import tracer
from version import VERSION


@dataclass(frozen=True, kw_only=True, slots=True)
class Surroundings:
    """What the parts take from outside the process, and how the worker keeps time; tests set these."""

    clock: Callable[[], datetime] | None = None  #: Of the store, and of all that compares its instants.
    wall_clock: Callable[[], datetime] = utc_now  #: What time it is for people.
    monotonic: Callable[[], float] = time.monotonic  #: In seconds.
    spread: Callable[[], float] = random.random  #: Uniform in [0, 1).
    overdue_every: timedelta = timedelta(seconds=5)  #: How often deadlines of jobs are looked at.
    watchers_every: timedelta = timedelta(seconds=1)  #: How often ended jobs that are watched are looked for.
    letters_every: timedelta = timedelta(seconds=1)  #: How often acts over many dead letters go on.
    retention_every: timedelta = timedelta(minutes=10)  #: How often what is old is looked for.
    worker: WorkerSettings | None = None  #: By default as the configuration says.
    make_bot: Callable[..., ProactiveBot] = ProactiveBot  #: A class that is built on it, with its parameters.
    state_classes: Sequence[type] = ()  #: Classes of what that bot keeps in its state, beside plain values.
    meters: Meters | None = None  #: By default as the configuration says.
    tracer: Tracer | None = field(default_factory=partial(tracer, VERSION))  #: Makes spans, if there is one.
