"""A receiver of Web Scraper Cloud's webhook, in Python's standard library.

    POST /  ->  inbox (SQLite, committed)  ->  200  ->  worker: import the rows

The handler only stores the notification and answers; workers import. A job's
rows are replaced whenever the cloud reports another state of it, so a resend
changes nothing and a continued job is brought up to date.

Environment:
    PORT                     port on 127.0.0.1 (default 8080)
    WEBSCRAPER_API_BASE_URI  default https://api.webscraper.io/api/v1/
    WEBSCRAPER_API_TOKEN     the API's token
    WEBHOOK_TOKEN            if set, the endpoint's URL must carry ?token=...
    STATE_DIR                folder of the database (default .)
    ROWS_FILE                file of the imported rows, one JSON object a line
                             (default rows.jsonl in STATE_DIR)
"""

import contextlib
import email.utils
import hmac
import http.client
import http.server
import json
import os
import re
import signal
import sqlite3
import sys
import threading
import time
import urllib.error
import urllib.parse
import urllib.request

FORM = "application/x-www-form-urlencoded"
BODY_LIMIT = 64 * 1024  # bytes; a notification has a few hundred
BODY_SECONDS = 15  # in which a body must have arrived
ENDED = {"finished", "failed", "stopped", "shelved"}
IMPORTED = {"finished", "stopped", "shelved"}  # a failed job's rows are not whole
WORKERS = 4
LONGEST_WAIT = 15 * 60  # seconds, the window of the API's rate limit

SCHEMA = """
-- Every notification that was acknowledged.
CREATE TABLE IF NOT EXISTS inbox (
    id INTEGER PRIMARY KEY,
    received_at REAL NOT NULL,
    job_id INTEGER NOT NULL,
    status TEXT NOT NULL,
    sitemap_id INTEGER NOT NULL,
    sitemap_name TEXT NOT NULL
);
-- One row a job: "wanted" counts its notifications, "done" says how many of
-- them the last import has answered to, "state" is what its rows belong to.
CREATE TABLE IF NOT EXISTS jobs (
    job_id INTEGER PRIMARY KEY,
    wanted INTEGER NOT NULL,
    done INTEGER NOT NULL DEFAULT 0,
    failures INTEGER NOT NULL DEFAULT 0,
    next_try REAL NOT NULL DEFAULT 0,
    state TEXT
);
CREATE TABLE IF NOT EXISTS rows (
    job_id INTEGER NOT NULL,
    position INTEGER NOT NULL,
    record TEXT NOT NULL,
    PRIMARY KEY (job_id, position)
) WITHOUT ROWID;
"""


class Refused(Exception):
    """A request that is no notification, with the status of its answer."""

    def __init__(self, code, reason):
        super().__init__(reason)
        self.code = code


class TryAgain(Exception):
    """An import that may succeed later."""

    def __init__(self, reason, wait=0.0):
        super().__init__(reason)
        self.wait = wait  # seconds that the cloud asked for


def parse_form(body):
    """Returns job id, status, sitemap id and sitemap name of a form."""
    if re.search(rb"%(?![0-9A-Fa-f]{2})", body):
        raise Refused(400, "the form has a malformed escape")
    try:
        form = dict(urllib.parse.parse_qsl(
            body.decode("ascii"), keep_blank_values=True, errors="strict", max_num_fields=100))
    except ValueError as error:  # also no ASCII, no UTF-8, too many fields
        raise Refused(400, f"the form can't be read: {error}") from error
    if not form.get("status"):
        raise Refused(400, "status is missing")
    return (parse_id(form, "scrapingjob_id"), form["status"],
            parse_id(form, "sitemap_id"), form.get("sitemap_name", ""))


def parse_id(form, field):
    value = form.get(field, "")
    if not re.fullmatch(r"[0-9]{1,19}", value) or not 0 < int(value) < 2**63:
        raise Refused(400, f"{field} is not a positive integer")
    return int(value)


class Store:
    """The inbox, the queue and the rows. Safe for use by many threads."""

    def __init__(self, path, rows_file):
        self.rows_file = rows_file
        self.lock = threading.Lock()  # guards db and busy
        self.changed = threading.Condition(self.lock)
        self.busy = set()  # jobs that a worker has
        self.publishing = threading.Lock()
        self.db = sqlite3.connect(path, check_same_thread=False, isolation_level=None)
        self.db.execute("PRAGMA journal_mode = WAL")
        self.db.execute("PRAGMA synchronous = FULL")  # a commit is on the disk
        self.db.executescript(SCHEMA)
        self.publish()  # a kill may have come between a commit and this

    @contextlib.contextmanager
    def transaction(self):
        with self.lock:
            self.db.execute("BEGIN IMMEDIATE")
            try:
                yield self.db
            except BaseException:
                self.db.execute("ROLLBACK")
                raise
            self.db.execute("COMMIT")

    def add(self, job_id, status, sitemap_id, sitemap_name):
        """Stores a notification and makes the job's import due."""
        with self.transaction() as db:
            db.execute(
                "INSERT INTO inbox (received_at, job_id, status, sitemap_id, sitemap_name) VALUES (?, ?, ?, ?, ?)",
                (time.time(), job_id, status, sitemap_id, sitemap_name))
            if status in ENDED:  # another one is acknowledged, and no more
                db.execute(
                    "INSERT INTO jobs (job_id, wanted) VALUES (?, 1)"
                    " ON CONFLICT (job_id) DO UPDATE SET wanted = wanted + 1", (job_id,))
            self.changed.notify()

    def take(self):
        """Waits for a job that is due, and returns its id, wanted and state."""
        with self.lock:
            while True:
                now, soonest = time.time(), None
                for job_id, wanted, state, next_try in self.db.execute(
                        "SELECT job_id, wanted, state, next_try FROM jobs WHERE done < wanted ORDER BY next_try"):
                    if job_id in self.busy:
                        continue
                    if next_try <= now:
                        self.busy.add(job_id)
                        return job_id, wanted, state
                    soonest = next_try - now
                    break
                self.changed.wait(soonest)

    def give_back(self, job_id):
        with self.lock:
            self.busy.discard(job_id)
            self.changed.notify()

    def settle(self, job_id, wanted):
        """Notes that there is nothing to import, or not again."""
        with self.transaction() as db:
            db.execute("UPDATE jobs SET done = ?, failures = 0 WHERE job_id = ?", (wanted, job_id))

    def replace(self, job_id, wanted, state, records):
        """Stores a job's rows with the state they belong to, all or nothing."""
        with self.transaction() as db:
            db.execute("DELETE FROM rows WHERE job_id = ?", (job_id,))
            db.executemany("INSERT INTO rows VALUES (?, ?, ?)",
                           ((job_id, i, record) for i, record in enumerate(records)))
            db.execute("UPDATE jobs SET done = ?, failures = 0, state = ? WHERE job_id = ?", (wanted, state, job_id))
        self.publish()

    def postpone(self, job_id, wait):
        """Puts a job off after a failure; returns for how many seconds."""
        with self.transaction() as db:
            failures, = db.execute("SELECT failures FROM jobs WHERE job_id = ?", (job_id,)).fetchone()
            wait = max(wait, min(0.5 * 2 ** min(failures, 10), 60))
            db.execute("UPDATE jobs SET failures = failures + 1, next_try = ? WHERE job_id = ?",
                       (time.time() + wait, job_id))
        return wait

    def publish(self):
        """Writes the file of rows. Who reads it sees the old one or the new."""
        with self.publishing:
            with self.lock:
                rows = self.db.execute("SELECT record FROM rows ORDER BY job_id, position").fetchall()
            temporary = self.rows_file + ".new"
            with open(temporary, "w", encoding="utf-8", newline="\n") as file:
                file.writelines(record + "\n" for record, in rows)
                file.flush()
                os.fsync(file.fileno())
            os.replace(temporary, self.rows_file)


class Cloud:
    """The two calls to the cloud's API that an import takes."""

    def __init__(self, base, token):
        self.base = base.rstrip("/") + "/"
        self.query = urllib.parse.urlencode({"api_token": token})

    def job(self, job_id):
        """Returns what the cloud says of a job, None if there is no such job."""
        with self.get(f"scraping-job/{job_id}", timeout=10) as answer:
            if answer is None:
                return None
            return json.loads(answer.read(1 << 20))["data"]

    def records(self, job_id):
        """Downloads a job's rows, each a line of JSON with the job's id in it."""
        records = []
        with self.get(f"scraping-job/{job_id}/json", timeout=60) as answer:
            if answer is None:
                raise TryAgain("the job has no data")
            for line in answer:  # bytes up to a newline, however they arrive
                record = json.loads(line)
                if not isinstance(record, dict):
                    raise TryAgain("a row is no JSON object")
                record["scrapingjob_id"] = job_id
                records.append(json.dumps(record))
            if answer.length:  # http.client ends quietly where a body is cut
                raise TryAgain("the download was cut")
        return records

    @contextlib.contextmanager
    def get(self, path, timeout):
        """Yields the answer, None for 404. The timeout is for each silence."""
        try:
            with urllib.request.urlopen(f"{self.base}{path}?{self.query}", timeout=timeout) as answer:
                yield answer
        except urllib.error.HTTPError as error:
            with error:
                if error.code != 404:
                    raise TryAgain(f"{path}: answered {error.code}", retry_after(error.headers)) from None
            yield None
        except (OSError, http.client.HTTPException, ValueError, KeyError, TypeError) as error:
            raise TryAgain(f"{path}: {error!r}") from error


def retry_after(headers):
    """Reads both forms of Retry-After, seconds and a date; 0 is none."""
    value = headers.get("Retry-After", "")
    try:
        wait = float(value) if value.isdigit() else email.utils.parsedate_to_datetime(value).timestamp() - time.time()
    except (TypeError, ValueError):
        return 0.0
    return min(max(wait, 0.0), LONGEST_WAIT)


def import_job(cloud, store, job_id, wanted, known_state):
    """Brings the stored rows of a job to what the cloud has of it."""
    job = cloud.job(job_id)
    if job is None or job["status"] not in IMPORTED:
        store.settle(job_id, wanted)
        return
    state = json.dumps([job.get(key) for key in (
        "status", "stored_record_count", "scraping_duration",
        "jobs_executed", "jobs_failed", "jobs_empty", "jobs_no_value")])
    if state == known_state:  # a resend
        store.settle(job_id, wanted)
        return
    records = cloud.records(job_id)
    if len(records) != job["stored_record_count"]:
        raise TryAgain(f"{len(records)} rows arrived, the job has {job['stored_record_count']}")
    store.replace(job_id, wanted, state, records)


def work(cloud, store):
    """Imports what is due, for ever."""
    while True:
        job_id, wanted, state = store.take()
        try:
            import_job(cloud, store, job_id, wanted, state)
        except Exception as error:  # pylint: disable=broad-except; whatever it is, the job stays due
            wait = store.postpone(job_id, getattr(error, "wait", 0.0))
            log(f"importing job {job_id} failed, next try in {wait:.1f} s: {error!r}")
        finally:
            store.give_back(job_id)


class Handler(http.server.BaseHTTPRequestHandler):
    """Takes notifications: store, then answer."""

    protocol_version = "HTTP/1.1"
    timeout = 10  # seconds of silence
    store = None
    secret = ""

    def do_POST(self):
        try:
            self.authenticate()
            if self.headers.get_content_type() != FORM:
                raise Refused(415, f"a notification is {FORM}")
            notification = parse_form(self.read_body())
        except Refused as refused:
            self.close_connection = True  # the body may not have been read
            self.answer(refused.code, str(refused))
            return
        try:
            self.store.add(*notification)
        except sqlite3.Error as error:  # not stored: let the cloud send it again
            log(f"storing a notification failed: {error!r}")
            self.answer(503, "try again later")
            return
        self.answer(200, "stored")

    def refuse_method(self):
        self.close_connection = True
        self.answer(405, "notifications are POSTed", Allow="POST")

    do_GET = do_HEAD = do_PUT = do_PATCH = do_DELETE = do_OPTIONS = refuse_method

    def authenticate(self):
        query = urllib.parse.urlsplit(self.path).query
        given = urllib.parse.parse_qs(query).get("token", [""])[0]
        if self.secret and not hmac.compare_digest(given.encode(), self.secret.encode()):
            raise Refused(401, "the token is missing or wrong")

    def read_body(self):
        deadline = time.monotonic() + BODY_SECONDS
        if self.headers.get("Transfer-Encoding", "").lower() == "chunked":
            body = b""
            while size := self.read_chunk_size():
                body += self.read_exactly(size, BODY_LIMIT - len(body), deadline)
                self.rfile.readline(3)
            while self.rfile.readline(1024).strip():  # trailers
                pass
            return body
        length = self.headers.get("Content-Length", "")
        if not re.fullmatch(r"[0-9]{1,18}", length):
            raise Refused(411, "the body has no length")
        return self.read_exactly(int(length), BODY_LIMIT, deadline)

    def read_chunk_size(self):
        size = self.rfile.readline(100).split(b";")[0].strip()
        if not re.fullmatch(rb"[0-9A-Fa-f]{1,8}", size):
            raise Refused(400, "a chunk has no size")
        return int(size, 16)

    def read_exactly(self, size, limit, deadline):
        if size > limit:
            raise Refused(413, "the body is too large")
        body = b""
        while len(body) < size:
            piece = self.rfile.read1(size - len(body))
            if not piece or time.monotonic() > deadline:
                raise Refused(400, "the body ended early or came too slowly")
            body += piece
        return body

    def answer(self, code, text, **headers):
        body = (text + "\n").encode()
        self.send_response(code)
        self.send_header("Content-Type", "text/plain; charset=utf-8")
        self.send_header("Content-Length", str(len(body)))
        for name, value in headers.items():
            self.send_header(name, value)
        if self.close_connection:
            self.send_header("Connection", "close")
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    def log_request(self, code="-", size="-"):
        pass  # the URL may carry the token


class Server(http.server.ThreadingHTTPServer):
    request_queue_size = 512  # connections that wait during a burst; the default is 5
    daemon_threads = True

    def handle_error(self, request, client_address):
        if not isinstance(sys.exc_info()[1], OSError):  # who hangs up is no error of ours
            super().handle_error(request, client_address)


def log(text):
    print(time.strftime("%H:%M:%S"), text, file=sys.stderr, flush=True)


def main():
    state_dir = os.environ.get("STATE_DIR", ".")
    os.makedirs(state_dir, exist_ok=True)
    rows_file = os.environ.get("ROWS_FILE") or os.path.join(state_dir, "rows.jsonl")
    store = Store(os.path.join(state_dir, "receiver.db"), rows_file)
    cloud = Cloud(os.environ.get("WEBSCRAPER_API_BASE_URI", "https://api.webscraper.io/api/v1/"),
                  os.environ.get("WEBSCRAPER_API_TOKEN", ""))
    for _ in range(WORKERS):
        threading.Thread(target=work, args=(cloud, store), daemon=True).start()
    Handler.store, Handler.secret = store, os.environ.get("WEBHOOK_TOKEN", "")
    server = Server(("127.0.0.1", int(os.environ.get("PORT", "8080"))), Handler)
    # Whatever is under way is in the database, so stopping is nothing special.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    log(f"listening on http://127.0.0.1:{server.server_port}/")
    with contextlib.suppress(KeyboardInterrupt):
        server.serve_forever()


if __name__ == "__main__":
    main()
