"""A mail server in a thread: it keeps what it gets, and answers as it is told to."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from socketserver import StreamRequestHandler, ThreadingTCPServer
from threading import Thread
from typing import Any, cast


class MailServer(ThreadingTCPServer):
    """`refuses` says with which code a receiver is refused; `after` breaks the line after so many mails."""

    allow_reuse_address = True
    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Session)
        self.mails: list[EmailMessage] = []
        self.to: list[str] = []
        self.refuses: dict[str, int] = {}
        self.after: int | None = None
        self.sessions = 0

    @property
    def settings(self) -> dict[str, str]:
        where = {"host": "127.0.0.1", "port": str(self.server_address[1]), "security": "none"}
        return {**where, "from": "Shop <shop@x.example>", "timeout": "5"}


class _Session(StreamRequestHandler):
    def handle(self) -> None:
        server = cast(Any, self.server)
        server.sessions += 1
        self.say(220, "ready")
        while line := self.rfile.readline().decode().strip():
            word, _, rest = line.partition(" ")
            match word.upper():
                case "RCPT":
                    address = rest.partition("<")[2].partition(">")[0]
                    code = server.refuses.get(address, 250)
                    server.to += [address] if code == 250 else []
                    self.say(code, "receiver")
                case "DATA":
                    if server.after is not None and len(server.mails) >= server.after:
                        return
                    self.say(354, "go on")
                    server.mails.append(message_from_bytes(self.data(), policy=default))
                    self.say(250, "taken")
                case "QUIT":
                    self.say(221, "bye")
                    return
                case "AUTH" | "STARTTLS":
                    self.say(502, "no such command")
                case _:
                    self.say(250, "fine")

    def say(self, code: int, text: str) -> None:
        self.wfile.write(f"{code} {text}\r\n".encode())

    def data(self) -> bytes:
        lines = iter(self.rfile.readline, b".\r\n")
        return b"".join(line.removeprefix(b".") if line.startswith(b"..") else line for line in lines)


@contextmanager
def serving() -> Iterator[MailServer]:
    """It listens until the end."""
    server = MailServer()
    thread = Thread(target=server.serve_forever, args=(0.02,))
    thread.start()
    try:
        yield server
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
