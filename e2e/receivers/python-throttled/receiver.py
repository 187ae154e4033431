"""Python's http.server as it comes (one thread, an accept queue of 5), that keeps
to the vendor's 200 calls in 15 minutes by itself.

    STATE_DIR=/tmp/s scrapehook conform --run 'exec python3 receiver.py' --probe file:/tmp/s/rows.jsonl \
        --retry-timeout 20m --effect-timeout 16m http://127.0.0.1:8080/webhook

CALLS and SECONDS change the limit; calls are remembered over restarts.
"""

import hmac
import http.server
import json
import os
import re
import sqlite3
import threading
import time
import urllib.error
import urllib.parse
import urllib.request

FOLDER = os.environ.get("STATE_DIR", ".")
SECRET = os.environ.get("WEBHOOK_TOKEN", "")
API = os.environ["WEBSCRAPER_API_BASE_URI"]
TOKEN = os.environ["WEBSCRAPER_API_TOKEN"]
CALLS, SECONDS = int(os.environ.get("CALLS", "200")), float(os.environ.get("SECONDS", "900"))
ENDED = ("finished", "stopped", "shelved", "failed")

SCHEMA = """
CREATE TABLE IF NOT EXISTS inbox (id INTEGER PRIMARY KEY, job INTEGER NOT NULL, status TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS jobs (job INTEGER PRIMARY KEY, done INTEGER NOT NULL, state TEXT, failures INTEGER NOT NULL, not_before REAL NOT NULL);
CREATE TABLE IF NOT EXISTS rows (job INTEGER NOT NULL, row TEXT NOT NULL);
CREATE INDEX IF NOT EXISTS rows_job ON rows (job);
CREATE TABLE IF NOT EXISTS calls (at REAL NOT NULL);
"""


def database():
    db = sqlite3.connect(os.path.join(FOLDER, "state.db"), timeout=10, isolation_level=None)
    db.execute("PRAGMA journal_mode = WAL")
    db.execute("PRAGMA synchronous = FULL")
    return db


class Handler(http.server.BaseHTTPRequestHandler):
    timeout = 5  # for each read of the one thread

    def do_POST(self):
        url = urllib.parse.urlsplit(self.path)
        given = urllib.parse.parse_qs(url.query).get("token", [""])[0]
        if not hmac.compare_digest(given.encode(), SECRET.encode()):
            return self.answer(403, "the token is missing or wrong")
        if self.headers.get_content_type() != "application/x-www-form-urlencoded":
            return self.answer(415, "a notification is a form")
        try:
            body = self.body()
            form = dict(urllib.parse.parse_qsl(body.decode("ascii"), keep_blank_values=True, max_num_fields=50))
        except ValueError as error:
            return self.answer(400, str(error))
        if body is None or re.search(rb"%(?![0-9A-Fa-f]{2})", body):
            return self.answer(400, "a malformed escape")
        job, status = form.get("scrapingjob_id", ""), form.get("status", "")
        if not re.fullmatch("[1-9][0-9]{0,18}", job) or int(job) >= 2**63 or not status:
            return self.answer(400, "scrapingjob_id or status is missing")
        self.server.db.execute("INSERT INTO inbox (job, status) VALUES (?, ?)", (int(job), status))
        self.answer(200, "stored")

    def body(self):
        if self.headers.get("Transfer-Encoding", "").lower() != "chunked":
            length = int(self.headers.get("Content-Length", "0"))
            if length > 65536:
                raise ValueError("the body is too large")
            return self.rfile.read(length)
        body = b""
        while size := int(self.rfile.readline(20).split(b";")[0], 16):
            if len(body) + size > 65536:
                raise ValueError("the body is too large")
            body += self.rfile.read(size)
            self.rfile.readline(4)
        self.rfile.readline(4)
        return body

    def answer(self, code, text):
        self.send_response(code)
        self.send_header("Content-Length", str(len(text)))
        self.send_header("Connection", "close")
        self.end_headers()
        self.wfile.write(text.encode())

    def log_message(self, *_):
        pass


class TryLater(Exception):
    def __init__(self, why, wait=0):
        super().__init__(why)
        self.wait = wait


def throttle(db):
    """Waits until another call is allowed, and notes it."""
    while True:
        now = time.time()
        db.execute("DELETE FROM calls WHERE at <= ?", (now - SECONDS,))
        made, oldest = db.execute("SELECT count(*), min(at) FROM calls").fetchone()
        if made < CALLS:
            db.execute("INSERT INTO calls VALUES (?)", (now,))
            return
        time.sleep(max(0.05, min(oldest + SECONDS - now, 30)))


def get(db, path):
    throttle(db)
    try:
        with urllib.request.urlopen(f"{API}{path}?{urllib.parse.urlencode({'api_token': TOKEN})}", timeout=60) as answer:
            return answer.read()
    except urllib.error.HTTPError as error:
        if error.code == 404:
            return None
        after = error.headers.get("Retry-After", "")
        raise TryLater(f"{path}: {error.code}", min(int(after), 900) if after.isdigit() else 0) from None
    except Exception as error:
        raise TryLater(f"{path}: {error!r}") from None


def import_job(db, job, count, state):
    about = get(db, f"scraping-job/{job}")
    rows = None
    if about is not None:
        about = json.loads(about)["data"]
        now = json.dumps([about[k] for k in ("status", "stored_record_count", "scraping_duration", "jobs_executed", "jobs_failed", "jobs_empty")])
        if about["status"] in ("finished", "stopped", "shelved") and now != state:
            rows = [json.loads(line) for line in (get(db, f"scraping-job/{job}/json") or b"").split(b"\n") if line.strip()]
            if len(rows) != about["stored_record_count"] or not all(isinstance(row, dict) for row in rows):
                raise TryLater(f"{len(rows)} rows of {about['stored_record_count']}")
            state = now
    db.execute("BEGIN IMMEDIATE")
    if rows is not None:
        db.execute("DELETE FROM rows WHERE job = ?", (job,))
        db.executemany("INSERT INTO rows VALUES (?, ?)", [(job, json.dumps({**row, "scrapingjob_id": job})) for row in rows])
    db.execute("INSERT OR REPLACE INTO jobs VALUES (?, ?, ?, 0, 0)", (job, count, state))
    db.execute("COMMIT")
    if rows is not None:
        publish(db)


def publish(db):
    """Writes the file that others read."""
    path = os.path.join(FOLDER, "rows.jsonl")
    with open(path + ".new", "w", encoding="utf-8") as file:
        file.writelines(row + "\n" for row, in db.execute("SELECT row FROM rows ORDER BY rowid"))
        file.flush()
        os.fsync(file.fileno())
    os.replace(path + ".new", path)


def work():
    db = database()
    publish(db)
    while True:
        due = db.execute(
            "SELECT inbox.job, count(*), state, coalesce(failures, 0) FROM inbox LEFT JOIN jobs USING (job)"
            f" WHERE status IN {ENDED} AND coalesce(not_before, 0) <= ? GROUP BY inbox.job HAVING count(*) > coalesce(done, 0)"
            " ORDER BY coalesce(not_before, 0), max(inbox.id) LIMIT 1", (time.time(),)).fetchone()
        if not due:
            time.sleep(0.1)
            continue
        job, count, state, failures = due
        try:
            import_job(db, job, count, state)
        except Exception as error:
            if db.in_transaction:
                db.execute("ROLLBACK")
            print(f"job {job}: {error}", flush=True)
            wait = max(getattr(error, "wait", 0), min(2**failures, 60))
            db.execute("INSERT INTO jobs VALUES (?, 0, NULL, 1, ?) ON CONFLICT (job) DO UPDATE SET failures = failures + 1, not_before = excluded.not_before",
                       (job, time.time() + wait))


if __name__ == "__main__":
    server = http.server.HTTPServer(("127.0.0.1", int(os.environ.get("PORT", "8080"))), Handler)
    server.db = database()
    server.db.executescript(SCHEMA)
    threading.Thread(target=work, daemon=True).start()
    server.serve_forever()
