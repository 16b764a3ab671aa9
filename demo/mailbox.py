"""The mails of the demo shop, which writes each into a file instead of sending it."""

from __future__ import annotations

import email.policy
import time
from email.message import EmailMessage
from email.parser import BytesParser
from pathlib import Path
from typing import List, Set, Tuple

_PATIENCE = 20  # seconds; with a worker of its own the shop answers before the mail is written


class Mailbox:
    """What has arrived since the last look."""

    def __init__(self, folder: Path):
        self.folder = folder
        self.count = 0
        self._seen: Set[Tuple[str, int]] = set()

    def take(self, at_least: int = 1) -> List[EmailMessage]:
        """The new mails, oldest first; waits until there are `at_least` so many, or for some seconds."""
        end, found = time.monotonic() + _PATIENCE, self._new()
        while len(found) < at_least and time.monotonic() < end:
            time.sleep(0.2)
            found += self._new()
        self.count += len(found)
        return found

    def _new(self) -> List[EmailMessage]:
        found = []
        for file in sorted(self.folder.glob("*.log"), key=lambda file: file.stat().st_mtime_ns):
            for number, message in enumerate(_messages(file.read_bytes())):
                if (file.name, number) not in self._seen:
                    self._seen.add((file.name, number))
                    found.append(message)
        return found


def text_of(message: EmailMessage) -> str:
    """The plain text of a mail."""
    body = message.get_body(("plain",))
    return body.get_content().replace("\r\n", "\n").strip() if body else ""


def _messages(content: bytes) -> List[EmailMessage]:
    """Django ends each with a line of hyphens; a last part without it is still being written."""
    parser = BytesParser(_class=EmailMessage, policy=email.policy.default)
    parts = content.split(b"\n" + b"-" * 79 + b"\n")[:-1]
    return [parser.parsebytes(part.lstrip(b"\n")) for part in parts]
