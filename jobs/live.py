"""A message that shows how one job stands, and is updated as that changes."""

from datetime import timedelta
from typing import NamedTuple

from jobs.job import Job

#: Between two updates of one message: more often nobody reads them, and channels limit them.
UPDATED_EVERY = timedelta(seconds=3)


class LiveMessage(NamedTuple):
    """A message that shows something else than how its job stands now."""

    job: Job
    message_id: str  #: The channel's.
    reference: str  #: JSON of the stored conversation reference.
    service_url: str  #: The conversation's service URL, in the stored form.
    attempts: int = 0  #: Failed ones since the last update.
