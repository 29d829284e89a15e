"""Load figures for a reader who doubts them: our bot, a stock one and bare aiohttp, in one run."""
