"""The parts that serve operators: who they are, what they may do, and the board."""

from dataclasses import dataclass
from datetime import timedelta
from time import monotonic, time

from yarl import URL

from compose.bot import BotParts
from config import Config
from delivery.operating.acts import OperatorActs
from delivery.operating.dead_letters import DeadLetterActs
from identity.easy_auth import EasyAuth
from identity.operators import OperatorSecrets, SignInLimit
from version import VERSION
from web.board.access import Access
from web.board.feed import BoardFeed, Rows
from web.board.first_pages import FirstPages
from web.board.pages import Pages
from web.board.serving import BoardParts
from web.intake.admission import Admission


@dataclass(frozen=True, kw_only=True, slots=True)
class Operators:
    """Who operators are, and what they do; the board and the API share these."""

    secrets: OperatorSecrets
    limit: SignInLimit
    letters: DeadLetterActs
    acts: OperatorActs
    rests: "HostRests"


def open_operators(config: Config, bot: BotParts) -> Operators:
    """Return what the board and the API of operators share."""
    return Operators(
        secrets=OperatorSecrets(
            operators=[each.get_secret_value() for each in config.operator_secrets],
            viewers=[each.get_secret_value() for each in config.viewer_secrets],
            now=time,
        ),
        limit=SignInLimit(monotonic=monotonic),
        letters=DeadLetterActs(bot.store),
        acts=OperatorActs(bot.store.operators, bot.jobs, look=bot.delivery.worker.look),
        rests=HostRests(bot),
    )


def open_board(config: Config, bot: BotParts, operators: Operators, admission: Admission) -> BoardParts:
    """Return the parts of the board."""
    access = Access(
        operators.secrets,
        EasyAuth(operators=config.easy_auth_operators, viewers=config.easy_auth_viewers),
        operators.limit,
        admission,
        open_on_this_machine=not config.authentication and not config.allow_anonymous,
        public_origin=str(URL(config.public_address).origin()) if config.public_url else None,
    )
    shows_texts = access.is_open if config.board_shows_texts is None else config.board_shows_texts
    pages = Pages(shows_texts=shows_texts, version=VERSION)
    first = FirstPages(bot.store.operators, bot.store, bot.jobs, operators.letters, pages)

    async def newest() -> Rows:
        return {str(report.job.id): feed.row(report) for report in await first.newest()}

    feed = BoardFeed(
        counts=first.counts,
        looks={"jobs": newest, "waiting": first.waiting, "parked": first.parked, "dead": first.dead},
        reports=bot.store.operators.overviews.reports,
        make_row=first.make_job,
    )
    return BoardParts(
        access=access,
        pages=pages,
        store=bot.store.operators,
        parked=bot.store,
        jobs=bot.jobs,
        letters=operators.letters,
        acts=operators.acts,
        feed=feed,
        job_systems=config.all_job_webhooks,
        rests=operators.rests,
    )


class HostRests:
    """How long this process sends nothing to a host that failed again and again."""

    def __init__(self, bot: BotParts) -> None:
        self._hosts = bot.delivery.hosts

    def __call__(self, service_url: str | None) -> timedelta:
        """Return that time for the host that *service_url* names; zero if it is fine, or not known."""
        return timedelta(seconds=self._hosts.at(service_url).wait)
