"""A courier that records claims and delivers nothing."""

from itertools import count

from jobs.lane import Heard
from jobs.notice import Claim


class NotingCourier:
    def __init__(self) -> None:
        self.taken: list[Claim] = []
        self.heard: list[Heard] = []
        self.looks = 0
        self.hands_full = False
        self._numbers = count(1)

    def new_token(self) -> str | None:
        return None if self.hands_full else f"token {next(self._numbers)}"

    def take(self, claim: Claim) -> None:
        self.taken.append(claim)

    def look(self) -> None:
        self.looks += 1

    def hear(self, heard: Heard) -> None:
        self.heard.append(heard)

    @property
    def lanes(self) -> list[str]:
        return [claim.lane for claim in self.taken]
