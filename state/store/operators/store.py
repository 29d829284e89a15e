"""All that operators ask of one store."""

from collections.abc import Callable
from datetime import datetime

from state.store.operators.audit import Audit
from state.store.operators.histories import Histories
from state.store.operators.letter_runs import LetterRuns
from state.store.operators.minutes import Minutes
from state.store.operators.overview import Overviews
from state.store.statements import Statements


class OperatorStore:
    """What is beside the port of the store, since neither turns nor deliveries use it."""

    def __init__(self, statements: Statements, clock: Callable[[], datetime]) -> None:
        self.overviews = Overviews(statements, clock)
        self.audit = Audit(statements, clock)
        self.histories = Histories(statements, self.audit, clock)
        self.letter_runs = LetterRuns(statements, clock)
        self.minutes = Minutes(statements, clock)
