"""
The baseline: the proactive bot as the SDK's documents teach it, put into Python line for line.

Stock adapter, stock storage, one `BotState` document for the whole job log, and the route of the samples.
"""
