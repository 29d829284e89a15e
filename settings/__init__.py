"""Value types of settings, and warnings about probable mistakes; used by `config.py`."""
