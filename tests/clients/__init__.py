"""
The pages that people chat in, driven by a browser: `make e2e`.

Nothing here runs unless it is asked for: it needs the packages of `package.json`, Playwright, and Chromium.
"""
