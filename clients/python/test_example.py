"""A test of a webhook handler, by pytest: scrapehook exec -- pytest"""

import json
import os
import threading
import urllib.parse
import urllib.request
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from scrapehook_cloud import API_TOKEN, API_URL, Cloud

BROKEN = os.environ.get("BROKEN")  # shows what a failure looks like


class Handler(BaseHTTPRequestHandler):
    """The program under test: it imports the rows of each job that has finished."""

    def do_POST(self):
        try:
            body = self.rfile.read(int(self.headers["Content-Length"])).decode()
            fields = json.loads(body) if BROKEN else dict(urllib.parse.parse_qsl(body))
            job = int(fields["scrapingjob_id"])
            with urllib.request.urlopen(f"{API_URL}scraping-job/{job}/json?api_token={API_TOKEN}") as rows:
                self.server.imported[job] = [json.loads(line) for line in rows if line.strip()]
            self.answer(200, "ok")
        except Exception as error:
            self.answer(500, f"{type(error).__name__}: {error}")

    def answer(self, status, text):
        self.send_response(status)
        self.end_headers()
        self.wfile.write(text.encode())

    def log_message(self, *_):
        pass


@pytest.fixture
def handler():
    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.imported = {}
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield server
    server.shutdown()
    server.server_close()


@pytest.fixture
def cloud(handler):
    cloud = Cloud()
    cloud.reset()
    cloud.notify(f"http://127.0.0.1:{handler.server_port}/webhook")
    return cloud


def test_imports_every_row(cloud, handler):
    job = cloud.finish(rows=3)
    cloud.wait_acknowledged(job)
    assert len(handler.imported[job["id"]]) == 3


def test_imports_at_the_resend_what_failed_at_first(cloud, handler):
    cloud.fault("server-error", route="GET scraping-job/{id}/json", nth=1)
    job = cloud.finish(rows=3)
    cloud.wait_attempts(job)
    assert job["id"] not in handler.imported
    cloud.advance("10m")
    cloud.wait_acknowledged(job)
    assert len(handler.imported[job["id"]]) == 3
