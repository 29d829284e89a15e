"""JSON of the Bot Framework's schema: dictionaries to models and back, driven by the models' own maps."""

from wire.decoding import from_dict
from wire.encoding import to_dict, to_json

__all__ = ["from_dict", "to_dict", "to_json"]
