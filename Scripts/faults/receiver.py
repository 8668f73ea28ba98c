"""A receiver of webhooks that remembers all it gets, and answers as it is told."""

import http.server
import json
import threading


class Receiver:
    """Listens on a port of this machine until it is closed."""

    def __init__(self):
        self.deliveries, self.lock, self.answers = [], threading.Lock(), []
        handler = type("Handler", (_Handler,), {"receiver": self})
        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler)
        self.thread = threading.Thread(target=self.server.serve_forever, daemon=True)
        self.thread.start()
        self.url = f"http://127.0.0.1:{self.server.server_address[1]}"

    def answer(self, *statuses):
        """Answers the next deliveries with these, and then 204."""
        with self.lock:
            self.answers = list(statuses)

    def take(self, path, headers, body):
        with self.lock:
            status = self.answers.pop(0) if self.answers else 204
            self.deliveries.append({"path": path, "headers": headers, "body": body, "status": status})
            return status

    def taken(self, path):
        """What came to a path and was accepted."""
        with self.lock:
            return [each for each in self.deliveries if each["path"] == path and each["status"] == 204]

    def job_ids(self, path):
        return [json.loads(each["body"])["data"]["id"] for each in self.taken(path)]

    def close(self):
        self.server.shutdown()
        self.server.server_close()
        self.thread.join()


class _Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"])).decode()
        headers = {name.lower(): value for name, value in self.headers.items()}
        self.send_response(self.receiver.take(self.path, headers, body))
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *_):
        pass
