"""Runs of many requests, drawn by hypothesis, which also finds the smallest one that breaks something."""

import asyncio
from collections import Counter
from pathlib import Path

from hypothesis import HealthCheck, example, given, settings

from tests.fuzz.requests import NOT_JSON, Hostile, hostile
from tests.fuzz.target import Target


def run_campaign(
    installation: Path, directory: Path, *, authentication: bool, requests: int, repeatable: bool
) -> tuple[Counter[int], int]:
    """
    Send *requests*, each followed by a good one; return statuses and how many turns failed.

    With *repeatable* they are the same each time. Raises `AssertionError` with the smallest request found
    after which something did not hold.
    """
    with asyncio.Runner() as runner:
        target = runner.run(Target(installation, directory, authentication=authentication).open())

        @settings(
            max_examples=requests,
            deadline=None,
            database=None,
            derandomize=repeatable,
            suppress_health_check=list(HealthCheck),
        )
        @given(request=hostile)
        @example(request=NOT_JSON)  # What is drawn depends on constants in the whole project's source.
        def attack(request: Hostile) -> None:
            runner.run(target.check(request))
            runner.run(target.check_that_it_serves())

        try:
            attack()
        finally:
            runner.run(target.close())
    return target.statuses, target.failed_turns
