"""A simulated Web Scraper Cloud in tests, by its control API.

Copy this file; it needs Python 3.8 and nothing else. Run the tests with a cloud
around them: scrapehook exec -- pytest
"""

import json
import os
import time
import urllib.error
import urllib.request

API_URL = os.environ.get("WEBSCRAPER_API_BASE_URI", "")
API_TOKEN = os.environ.get("WEBSCRAPER_API_TOKEN", "")


class CloudError(AssertionError):
    """What the cloud refuses, or what did not happen in it."""


class Cloud:
    def __init__(self, control_url=None):
        self.control_url = control_url or os.environ.get("SCRAPEHOOK_CONTROL_URL")
        if not self.control_url:
            raise CloudError("SCRAPEHOOK_CONTROL_URL is not set: run the tests with 'scrapehook exec -- COMMAND'")

    def notify(self, *urls):
        """Jobs that end from now on are notified to these URLs."""
        self.call("PUT", "endpoints", {"endpoints": list(urls)})

    def finish(self, rows=100, status="finished", **job):
        """Make a job that has ended; job may have sitemap_id, custom_id, start_urls."""
        made = self.call("POST", "jobs", {"takes": "8760h", **job})  # not before it is told to
        return self.end(made["id"], rows=rows, status=status)

    def end(self, job, rows=100, status="finished", **pages):
        """End a job that runs: one that your program has made over the API, say."""
        return self.call("POST", f"jobs/{number(job)}/end", {"rows": rows, "status": status, **pages})

    def fault(self, kind, **rule):
        """Calls of the API go wrong, such as fault("server-error", route="GET scraping-job/{id}/json", nth=1)."""
        self.call("POST", "faults", {"kind": kind, **rule})

    def advance(self, duration):
        """Move the cloud's clock, by which notifications are resent: advance("10m")."""
        self.call("POST", "clock", {"advance": duration})

    def reset(self):
        """Forget jobs, deliveries and faults. Ids go on."""
        self.call("POST", "reset")

    def deliveries(self, job):
        """The notifications of a job, each with its attempts."""
        return self._deliveries(job)["deliveries"]

    def wait_attempts(self, job, count=1, timeout=10):
        """Wait until that many attempts to notify of a job have ended."""
        __tracebackhide__ = True  # pytest shows the test's line, not ours
        def enough(page):
            return sum(len(d["attempts"]) for d in page["deliveries"]) >= count
        return self._wait(job, enough, timeout, f"has had {count} attempts")

    def wait_acknowledged(self, job, timeout=10):
        """Wait until each notification of a job is acknowledged, and return them."""
        __tracebackhide__ = True

        def acknowledged(page):
            __tracebackhide__ = True
            states = {d["state"] for d in page["deliveries"]}
            if "given-up" in states:
                raise CloudError(f"a notification of job {number(job)} was given up" + self._history(page))
            return states == {"acked"} and page["pending_total"] == 0
        return self._wait(job, acknowledged, timeout, "was acknowledged")

    def call(self, method, path, body=None):
        """Call the control API, for what has no method here."""
        request = urllib.request.Request(
            self.control_url + path, method=method, headers={"Content-Type": "application/json"},
            data=None if method == "GET" else json.dumps(body or {}).encode())
        try:
            with urllib.request.urlopen(request, timeout=30) as answer:
                return json.load(answer)
        except urllib.error.HTTPError as refused:
            raise CloudError(f"{method} {path}: {refused.read().decode()}") from None

    def _deliveries(self, job):
        return self.call("GET", f"deliveries?job={number(job)}&limit=1000")

    def _wait(self, job, done, timeout, what):
        __tracebackhide__ = True
        deadline = time.monotonic() + timeout
        while True:
            page = self._deliveries(job)
            if done(page):
                return page["deliveries"]
            if time.monotonic() > deadline:
                raise CloudError(f"after {timeout} s, not every notification of job {number(job)} {what}" + self._history(page))
            time.sleep(0.02)

    def _history(self, page):
        if not page["deliveries"]:
            return ": none was sent. Are there endpoints? cloud.notify(URL)"
        lines = ""
        for listed in reversed(page["deliveries"]):
            delivery = self.call("GET", f"deliveries/{listed['delivery']}")
            for a in delivery["attempts"]:
                lines += f"\n  attempt {a['attempt']} to {a['url']}: {a['reason']}, {a.get('error', 'answered ' + str(a.get('http_status')))}"
                lines += "".join("\n    " + line for line in a.get("answer", {}).get("body", "").splitlines()[:5])
            if delivery["state"] == "waiting":
                lines += f"\n  attempt {delivery['attempt']} comes when the cloud's clock is {delivery['due']}: cloud.advance('10m')"
        return ":" + lines


def number(job):
    """The id of a job, or that of an answer."""
    return job["id"] if isinstance(job, dict) else job
