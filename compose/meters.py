"""What measures the parts, by default nothing."""

from collections.abc import Callable
from dataclasses import dataclass, field

from channel import guarded_request
from channel.guarded_request import Sent
from delivery import meter as delivery_meter
from delivery.meter import Completed, DeliveryMeter, Retired
from web.intake import turn_meter
from web.intake.turn_meter import TurnMeter


def _unmeasured(_outcome: str) -> None:
    """Count nothing."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Meters:
    """The ports through which each room says what it did."""

    turns: TurnMeter = field(default_factory=turn_meter.Unmeasured)
    delivery: DeliveryMeter = field(default_factory=delivery_meter.Unmeasured)
    sent: Sent = guarded_request.unmeasured  #: Requests to channels.
    posted: Callable[[str], None] = _unmeasured  #: Requests to job systems.
    fetched_token: Callable[[str], None] = _unmeasured
    completed: Completed = delivery_meter.unmeasured  #: Rounds of endless tasks.
    retired: Retired = delivery_meter.uncounted
