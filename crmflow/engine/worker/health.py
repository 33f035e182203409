"""How does a worker answer who asks how it fares? GET /health and /ready, as JSON, for a probe to read."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from socket import AF_INET, AF_INET6
from threading import Thread

from crmflow.engine.worker.worker import Worker
from crmflow.errors import SettingsError


@contextmanager
def answering(worker: Worker, host: str, port: int) -> Iterator[int]:
    """Answers at host:port meanwhile; gives the port, which is a free one for 0.

    /health and /ready are 200 or 503, and tell the same in words. Raises SettingsError CRM845: the address
    cannot be had.
    """

    class Server(ThreadingHTTPServer):
        address_family = AF_INET6 if ":" in host else AF_INET

    class Answer(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            told = worker.health()
            fine = {"/health": told["ok"], "/ready": told["ready"]}
            found = self.path in fine
            body = json.dumps(told if found else {"paths": [*fine]}, ensure_ascii=False).encode()
            self.send_response(404 if not found else 200 if fine[self.path] else 503)
            self.send_header("Content-Type", "application/json; charset=utf-8")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: object) -> None:
            """A probe every few seconds is not worth a line."""

    try:
        server = Server((host, port), Answer)
    except (OSError, OverflowError) as error:
        reason = getattr(error, "strerror", None) or error
        raise SettingsError("CRM845", address=f"{host}:{port}", reason=reason) from error
    with server:
        thread = Thread(target=server.serve_forever, name="crmflow-health", daemon=True)
        thread.start()
        try:
            yield server.server_address[1]
        finally:
            server.shutdown()
