"""JSON of the Bot Framework's schema: dictionaries to models and back, driven by the models' own maps."""
