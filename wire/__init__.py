"""Convert between JSON and the Bot Framework's models, using the models' attribute maps."""

from wire.decoding import from_dict
from wire.encoding import to_dict, to_json

__all__ = ["from_dict", "to_dict", "to_json"]
