"""The composition root: the only place that builds the parts of the bot."""

from compose.bot import BotParts, open_bot
from compose.delivery import DeliveryParts, open_delivery
from compose.meters import Meters
from compose.surroundings import Surroundings

__all__ = ["BotParts", "DeliveryParts", "Meters", "Surroundings", "open_bot", "open_delivery"]
