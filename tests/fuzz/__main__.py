"""`python -m tests.fuzz --requests 20000`: half without authentication, half with it."""

import argparse
from pathlib import Path
from tempfile import TemporaryDirectory

from tests.fakes.bot_process import install
from tests.fuzz.campaign import run_campaign


def main() -> None:
    """Print the number of responses by status; raise if a check failed."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--requests", type=int, default=20_000)
    requests = parser.parse_args().requests
    with TemporaryDirectory() as directory:
        installation = Path(directory, "installation")
        installation.mkdir()
        install(installation)
        for authentication in (False, True):
            statuses, failed = run_campaign(
                installation,
                Path(directory),
                authentication=authentication,
                requests=requests // 2,
                repeatable=False,
            )
            print(f"Authentication {'on' if authentication else 'off'}: {statuses.total():,} requests")
            for status, count in sorted(statuses.items()):
                print(f"  {status or 'hung up':>8} {count:>8,}")
            print(f"  turns that ended in an apology: {failed}")


if __name__ == "__main__":
    main()
