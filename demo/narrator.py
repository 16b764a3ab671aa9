"""Tells the story: numbered steps, short sentences, mails in a frame; and checks everything it says."""

from __future__ import annotations

import re
import sys
import time
from email.message import EmailMessage
from typing import Any, Callable, List

from demo.mailbox import Mailbox, text_of
from demo.shop import Refused

KEY = re.compile(r"\b(?:[BCDFGHJKMNPQRTVWXY2346789]{5}-){4}[BCDFGHJKMNPQRTVWXY2346789]{5}\b")


class NotAsTold(Exception):
    """The shop did something else than the story says."""


class Narrator:
    """One telling. `step` begins a step; `told` and the others say a sentence that must be true."""

    def __init__(self, mailbox: Mailbox):
        self.mailbox = mailbox
        self.steps, self.title = 0, "the beginning"
        self._started = time.monotonic()
        self._colored = sys.stdout.isatty()

    def step(self, title: str) -> None:
        """The next step begins."""
        self.steps, self.title = self.steps + 1, title
        print(f"\n{self._paint('1', f'{self.steps}. {title}')}", flush=True)

    def say(self, sentence: str) -> None:
        """A sentence that needs no proof."""
        print(f"   {sentence}", flush=True)

    def told(self, sentence: str, found: Any, expected: Any) -> None:
        """A sentence with its proof: what was found is what was expected."""
        if found != expected:
            raise NotAsTold(f"{sentence}\n   expected {expected!r}\n   found    {found!r}")
        print(f"   {self._paint('32', '✓')} {sentence}", flush=True)

    def refused(self, sentence: str, code: str, request: Callable[[], Any]) -> Refused:
        """A sentence about a request that the shop refuses with `code`."""
        try:
            request()
        except Refused as refusal:
            self.told(f"{sentence} → {code}", refusal.codes, [code])
            return refusal
        raise NotAsTold(f"{sentence}: expected the refusal {code}, but it was done")

    def mails(self, *recipients: str) -> List[EmailMessage]:
        """The mails that came since the last look: one to each of `recipients`, in any order, and no other."""
        found = self.mailbox.take(at_least=len(recipients))
        if sorted(str(mail["To"]) for mail in found) != sorted(recipients):
            came = "".join(f"\n   {mail['To']}: {mail['Subject']}" for mail in found)
            raise NotAsTold(
                f"expected mails to {', '.join(recipients) or 'nobody'}; found:{came or ' none'}"
            )
        for mail in found:
            print(f"   ✉ to {mail['To']}: {self._paint('1', str(mail['Subject']))}", flush=True)
        return sorted(found, key=lambda mail: recipients.index(str(mail["To"])))

    def show(self, mail: EmailMessage) -> None:
        """The whole text of a mail, in a frame."""
        lines = [
            f"From:    {mail['From']}",
            f"To:      {mail['To']}",
            f"Subject: {mail['Subject']}",
            "",
        ]
        print("   ┌" + "─" * 76)
        for line in lines + text_of(mail).split("\n"):
            print(f"   │ {line}".rstrip())
        print("   └" + "─" * 76, flush=True)

    def end(self) -> None:
        """The last lines of a story that went well."""
        seconds = time.monotonic() - self._started
        done = f"All {self.steps} steps went as told, with {self.mailbox.count} mails, in {seconds:.1f} s."
        print(f"\n{self._paint('1;32', done)}")

    def break_off(self, error: Exception) -> None:
        """The last lines of one that did not."""
        where = self._paint("1;31", f"Step {self.steps} failed: {self.title}")
        print(f"\n{where}\n   {type(error).__name__}: {error}", file=sys.stderr)

    def _paint(self, color: str, text: str) -> str:
        return f"\033[{color}m{text}\033[0m" if self._colored else text


def keys_in(mail: EmailMessage) -> List[str]:
    """The clear keys in the text of a mail."""
    return KEY.findall(text_of(mail))


def link_in(mail: EmailMessage, part: str) -> str:
    """The address in the text of a mail that has `part` in its path."""
    found = re.search(rf"https?://\S*{re.escape(part)}\S*", text_of(mail))
    if found is None:
        raise NotAsTold(f'the mail "{mail["Subject"]}" has no link to {part}')
    return found.group()


def token_of(link: str) -> str:
    """What stands behind the last `=` of a link."""
    return link.rpartition("=")[2]
