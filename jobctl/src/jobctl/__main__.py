"""The command line. `run` goes its own way: what the other commands import would hold up its command."""

import sys


def main() -> None:
    """Run the command line."""
    if sys.argv[1:2] == ["run"]:
        from jobctl.run_options import run_command

        sys.exit(run_command(sys.argv[2:]))
    from jobctl.commands import app

    app(prog_name="jobctl")


if __name__ == "__main__":
    main()
