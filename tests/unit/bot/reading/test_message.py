"""What channels and clients put around a message is taken out; what a person wrote stays."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.reading.mail import first_lines, is_automatic
from bot.reading.message import read_message
from tests.unit.bot.reading.messages import message


def read(text, **fields):
    return " ".join(read_message(message(text, **fields)).text.split())


@pytest.mark.parametrize(
    "text, said",
    [
        ('<quoted messageId="1772050244572"/> done 5', "done 5"),
        ('<quoted messageId="1"/>\r\nrun weekly', "run weekly"),
        ('run backup <quoted messageId="1"/>', "run backup"),
        ("<blockquote>Job 5\nis running</blockquote>run it", "run it"),
        ('<quote author="a"><legacyquote>x</legacyquote>was said</quote>show', "show"),
        ("R&amp;D &lt;3 &#39;x&#x27; &nbsp;&nbsp;", "R&D <3 'x'"),
        ("https://a.example/?a=1&copy=2", "https://a.example/?a=1&copy=2"),
        ("run <https://a.example/x|a.example/x>", "run https://a.example/x"),
        ("run <https://a.example/x>", "run https://a.example/x"),
        ("run <https://a.example/x|the report>", "run the report (https://a.example/x)"),
        ("done <tel:1795293999931001|1795293999931001>", "done 1795293999931001"),
        ("run for <mailto:sam@a.example|sam@a.example>", "run for sam@a.example"),
        ("run for <#C12|general> <!here> <!date^1^x|today>", "run for #general @here today"),
        ("run a < b > c", "run a < b > c"),
        ("run &unknown; & &;", "run &unknown; & &;"),
    ],
)
def test_markup_is_taken_out(text, said):
    assert read(text) == said


@given(st.text(alphabet="<>&;@|/#quotedat \"'=abc\n", max_size=200))
def test_any_text_can_be_read_and_one_without_markup_is_kept(text):
    said = read_message(message(text)).text
    if not set(text) & set("<&@"):
        assert said == text


@pytest.mark.parametrize(
    "mail, said",
    [
        ("show\r\n\r\n\r\nThanks and regards,\r\n\r\nSam", "show"),
        ("run weekly report\r\n\r\n--\r\nSam Doe | Example Ltd", "run weekly report"),
        ("run weekly report\n-- \nSam", "run weekly report"),
        ("show\nOn Mon, 23 Nov 2026 at 10:00, Jobs Bot <bot@example.org> wrote:\n> Job 5", "show"),
        ("show\nAm 23.11.2026 um 10:00 schrieb Jobs Bot:\n> Job 5", "show"),
        ("done 5\n-----Original Message-----\nFrom: Bot", "done 5"),
        ("done 5\n________________________________\nFrom: Bot", "done 5"),
        ("\r\n\r\nshow\r\n", "show"),
        ("run a\nlong title\n\nSam", "run a long title"),
        ("> quoted\nshow", ""),
    ],
)
def test_a_mail_is_read_to_its_signature_or_thread(mail, said):
    assert " ".join(first_lines(mail).split()) == said
    assert read(mail, channelId="email") == said


@pytest.mark.parametrize(
    "subject, text, automatic",
    [
        ("Automatic reply: Job 5", "I am away.", True),
        ("Out of Office", "", True),
        ("Automatische Antwort: x", "", True),
        (None, "Automatic reply: I am out of the office.", True),
        ("Job 5", "show", False),
        ("Automatic tests", "run tests", False),
        (5, None, False),
    ],
)
def test_an_automatic_mail_is_known_by_its_subject_or_first_words(subject, text, automatic):
    said = message(text, channelId="email", channelData={"subject": subject})
    assert is_automatic(said) is automatic
    assert not is_automatic(message(text, channelData={"subject": subject}))  # Not a mail.
