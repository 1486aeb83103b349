"""Web servers on the loopback interface, for what downloads."""

from __future__ import annotations

import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


class Server:
    """A web server on the loopback interface that can misbehave.

    Attributes:
        files: content by path.
        cut: how many bytes to send of an answer before hanging up, one number per request.
        ranges: whether it knows the Range header.
        pace: seconds of sleep after each 1,000 bytes.
        type: the media type it claims.
        tells_length: whether it says how long the answer will be.
        requests: (path, Range header) of what was asked.
        heads: the paths of which only the head was asked.
    """

    def __init__(self):
        self.files, self.cut, self.ranges, self.pace = {}, [], True, 0.0
        self.type, self.tells_length = "application/octet-stream", True
        self.requests, self.heads = [], []
        owner = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self):
                owner.answer(self)

            def do_HEAD(self):
                owner.answer_head(self)

            def log_message(self, *_):
                pass

        self.http = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.http.daemon_threads = True
        self.url = f"http://127.0.0.1:{self.http.server_port}"
        self.host = self.url.removeprefix("http://")
        threading.Thread(target=self.http.serve_forever, args=(0.01,), daemon=True).start()

    def answer(self, request) -> None:
        wanted = request.headers["Range"]
        self.requests.append((request.path, wanted))
        content = self.files.get(request.path)
        if content is None:
            return request.send_error(404)
        start = int(wanted[len("bytes=") : -1]) if wanted and self.ranges else 0
        if start >= len(content):
            return request.send_error(416)
        request.send_response(206 if start else 200)
        if start:
            request.send_header("Content-Range", f"bytes {start}-{len(content) - 1}/{len(content)}")
        if self.tells_length:
            request.send_header("Content-Length", str(len(content) - start))
        request.send_header("Content-Type", self.type)
        request.end_headers()
        body = content[start:][: self.cut.pop(0) if self.cut else None]
        step = 1000 if self.pace else len(body)
        try:
            for i in range(0, len(body), step):
                request.wfile.write(body[i : i + step])
                time.sleep(self.pace)
        except OSError:
            pass  # the client has had enough

    def answer_head(self, request) -> None:
        self.heads.append(request.path)
        if request.path not in self.files:
            return request.send_error(404)
        request.send_response(200)
        request.end_headers()

    def close(self) -> None:
        self.http.shutdown()
        self.http.server_close()
