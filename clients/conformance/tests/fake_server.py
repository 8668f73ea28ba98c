"""A tiny server behind the proxy: answers what it was asked, and remembers it."""

import json
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


class FakeServer:
    """Listens on a port of its own; `/slow` is not answered."""

    def __init__(self):
        self.asked = []
        self.hung_up = threading.Event()
        outer = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self):
                body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
                outer.asked.append((self.command, self.path, body))
                if self.path == "/slow":
                    outer.wait_for_the_end(self.connection)
                    self.close_connection = True
                    return
                text = json.dumps({"path": self.path, "bytes": len(body)}).encode()
                self.send_response(200)
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(text)))
                self.end_headers()
                self.wfile.write(text)

            def do_DELETE(self):
                outer.asked.append((self.command, self.path, b""))
                self.send_response(204)
                self.end_headers()

            def log_message(self, *_):
                """Says nothing."""

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.port = self.server.server_address[1]
        threading.Thread(target=self.server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()

    def wait_for_the_end(self, connection):
        """Up to a second; notices when the other side hangs up meanwhile."""
        connection.settimeout(1)
        end = time.monotonic() + 1
        while time.monotonic() < end:
            try:
                if not connection.recv(1):
                    self.hung_up.set()
                    return
            except TimeoutError:
                return

    def close(self):
        self.server.shutdown()
        self.server.server_close()
