"""``python -m examples.dialogs`` starts the example, with the settings of `.env` like the bot itself."""

from app import main
from examples.dialogs.bot import IN_PROCESS

main(IN_PROCESS)
