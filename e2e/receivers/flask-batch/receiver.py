"""Flask, and a batch every few seconds into a table with types and names of its own.

    STATE_DIR=/tmp BATCH_SECONDS=3 scrapehook conform --run 'exec /usr/bin/python3 receiver.py' \
        --probe sql:/tmp/shop.db --probe-query 'SELECT * FROM products WHERE job = {job}' \
        http://127.0.0.1:8080/webhook

Needs Debian's python3-flask. The batch is what a crontab does: with
BATCH_SECONDS=60, once a minute, give conform --effect-timeout 100s.

The endpoint commits the notification and answers. The batch takes what is
pending, and replaces a job's products in the transaction that marks it as done.
Prices are numbers here, the scraper's columns have other names, and what the
table has no column for is kept as JSON in "more".
"""

import datetime
import hmac
import json
import os
import re
import sqlite3
import threading
import time
import urllib.error
import urllib.parse
import urllib.request

import flask

FILE = os.path.join(os.environ.get("STATE_DIR", "."), "shop.db")
SECRET = os.environ.get("WEBHOOK_TOKEN", "")
API = os.environ.get("WEBSCRAPER_API_BASE_URI", "https://api.webscraper.io/api/v1/")
TOKEN = os.environ["WEBSCRAPER_API_TOKEN"]
EVERY = float(os.environ.get("BATCH_SECONDS", "3"))

SCHEMA = """
CREATE TABLE IF NOT EXISTS notifications (
    id INTEGER PRIMARY KEY, job INTEGER NOT NULL, status TEXT NOT NULL, sitemap TEXT NOT NULL, pending INTEGER NOT NULL,
    not_before REAL NOT NULL DEFAULT 0, failures INTEGER NOT NULL DEFAULT 0
);
CREATE TABLE IF NOT EXISTS imports (job INTEGER PRIMARY KEY, state TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS products (
    job INTEGER NOT NULL, row_key TEXT NOT NULL, start_url TEXT, name TEXT, price REAL, in_stock BOOLEAN, seen_on DATE,
    more TEXT, PRIMARY KEY (job, row_key)
);
"""
STOCK = {"In stock": True, "true": True, "Out of stock": False, "false": False}
NAMES = {"web-scraper-order": "row_key", "web-scraper-start-url": "start_url", "title": "name"}

app = flask.Flask(__name__)
app.config["MAX_CONTENT_LENGTH"] = 64 * 1024


def database():
    db = sqlite3.connect(FILE, timeout=10, isolation_level=None)
    db.execute("PRAGMA journal_mode = WAL")
    db.execute("PRAGMA synchronous = FULL")
    return db


@app.post("/webhook")
def webhook():
    if not hmac.compare_digest(flask.request.args.get("token", "").encode(), SECRET.encode()):
        flask.abort(401)
    form = flask.request.form
    job, status = form.get("scrapingjob_id", ""), form.get("status", "")
    if not re.fullmatch(r"[1-9][0-9]{0,18}", job) or int(job) >= 2**63 or not status:
        flask.abort(400)
    db = database()
    try:
        db.execute("INSERT INTO notifications (job, status, sitemap, pending) VALUES (?, ?, ?, ?)",
                   (int(job), status, form.get("sitemap_name", ""), status in ("finished", "stopped", "shelved", "failed")))
    finally:
        db.close()
    return "", 202


class TryLater(Exception):
    def __init__(self, why, wait=0):
        super().__init__(why)
        self.wait = wait


def get(path):
    """Returns the body, None for 404."""
    url = f"{API}{path}?{urllib.parse.urlencode({'api_token': TOKEN})}"
    try:
        with urllib.request.urlopen(url, timeout=45) as answer:
            return answer.read()
    except urllib.error.HTTPError as error:
        if error.code == 404:
            return None
        wait = error.headers.get("Retry-After", "")
        raise TryLater(f"{path}: {error.code}", min(int(wait), 900) if wait.isdigit() else 0) from None
    except Exception as error:  # cut, refused, reset
        raise TryLater(f"{path}: {error!r}") from None


def product(job, line):
    row = json.loads(line)
    if not isinstance(row, dict):
        raise TryLater("a line is not an object")
    known = {NAMES[name]: row.pop(name) for name in list(row) if name in NAMES}
    price = row.get("price")
    if isinstance(price, str) and re.fullmatch(r"\$?[0-9]{1,3}(,?[0-9]{3}){0,2}(\.[0-9]{1,2})?", price):
        known["price"] = float(row.pop("price").strip("$").replace(",", ""))
    if row.get("in_stock") in STOCK:
        known["in_stock"] = STOCK[row.pop("in_stock")]
    known["seen_on"] = datetime.date.today().isoformat()
    known["more"] = json.dumps(row) if row else None
    return {"job": job, "row_key": "", "start_url": None, "name": None, "price": None, "in_stock": None, **known}


def bring_in(db, job):
    answer = get(f"scraping-job/{job}")
    if answer is None:
        return
    about = json.loads(answer)["data"]
    if about["status"] not in ("finished", "stopped", "shelved"):
        return
    state = json.dumps([about[key] for key in ("status", "stored_record_count", "scraping_duration", "jobs_executed",
                                               "jobs_failed", "jobs_empty", "jobs_no_value")])
    if db.execute("SELECT 1 FROM imports WHERE job = ? AND state = ?", (job, state)).fetchone():
        return
    data = get(f"scraping-job/{job}/json")
    products = [product(job, line) for line in (data or b"").split(b"\n") if line.strip()]
    if len(products) != about["stored_record_count"]:
        raise TryLater(f"{len(products)} rows of {about['stored_record_count']}")
    db.execute("BEGIN IMMEDIATE")
    try:
        db.execute("DELETE FROM products WHERE job = ?", (job,))
        db.executemany("INSERT INTO products VALUES (:job, :row_key, :start_url, :name, :price, :in_stock, :seen_on, :more)", products)
        db.execute("INSERT OR REPLACE INTO imports VALUES (?, ?)", (job, state))
        db.execute("COMMIT")
    except BaseException:
        db.execute("ROLLBACK")
        raise


def batch(db):
    due = db.execute("SELECT job, max(id), max(failures) FROM notifications WHERE pending AND not_before <= ? GROUP BY job", (time.time(),))
    for job, last, failures in due.fetchall():
        try:
            bring_in(db, job)
            db.execute("UPDATE notifications SET pending = 0 WHERE job = ? AND id <= ?", (job, last))
        except Exception as error:  # another job may do better
            app.logger.warning("job %d: %s", job, error)
            wait = max(getattr(error, "wait", 0), min(2**failures, 300))
            db.execute("UPDATE notifications SET failures = failures + 1, not_before = ? WHERE job = ? AND pending", (time.time() + wait, job))


def cron():
    db = database()
    while True:
        time.sleep(EVERY - time.time() % EVERY)
        try:
            batch(db)
        except sqlite3.Error as error:
            app.logger.error("batch: %s", error)


if __name__ == "__main__":
    database().executescript(SCHEMA)
    threading.Thread(target=cron, daemon=True).start()
    app.run(port=int(os.environ.get("PORT", "8080")), threaded=True)
