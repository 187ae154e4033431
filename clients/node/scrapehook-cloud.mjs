// A simulated Web Scraper Cloud in tests, by its control API.
//
// Copy this file; it needs Node 18 and nothing else. Run the tests with a cloud
// around them: scrapehook exec -- npm test

export const API_URL = process.env.WEBSCRAPER_API_BASE_URI ?? '';
export const API_TOKEN = process.env.WEBSCRAPER_API_TOKEN ?? '';

// What the cloud refuses, or what did not happen in it.
export class CloudError extends Error {
  name = 'CloudError';
}

export class Cloud {
  constructor(controlUrl = process.env.SCRAPEHOOK_CONTROL_URL) {
    if (!controlUrl) throw new CloudError("SCRAPEHOOK_CONTROL_URL is not set: run the tests with 'scrapehook exec -- COMMAND'");
    this.controlUrl = controlUrl;
  }

  // Jobs that end from now on are notified to these URLs.
  async notify(...urls) {
    await this.call('PUT', 'endpoints', { endpoints: urls });
  }

  // Makes a job that has ended; job may have sitemap_id, custom_id, start_urls.
  async finish({ rows = 100, status = 'finished', ...job } = {}) {
    const made = await this.call('POST', 'jobs', { takes: '8760h', ...job }); // not before it is told to
    return this.end(made, { rows, status });
  }

  // Ends a job that runs: one that your program has made over the API, say.
  async end(job, { rows = 100, status = 'finished', ...pages } = {}) {
    return this.call('POST', `jobs/${idOf(job)}/end`, { rows, status, ...pages });
  }

  // Calls of the API go wrong, such as fault('server-error', { route: 'GET scraping-job/{id}/json', nth: 1 }).
  async fault(kind, rule = {}) {
    await this.call('POST', 'faults', { kind, ...rule });
  }

  // Moves the cloud's clock, by which notifications are resent: advance('10m').
  async advance(duration) {
    await this.call('POST', 'clock', { advance: duration });
  }

  // Forgets jobs, deliveries and faults. Ids go on.
  async reset() {
    await this.call('POST', 'reset');
  }

  // The notifications of a job, each with its attempts.
  async deliveries(job) {
    return (await this.#page(job)).deliveries;
  }

  // Waits until that many attempts to notify of a job have ended.
  async waitAttempts(job, count = 1, { timeout = 10 } = {}) {
    const enough = (page) => page.deliveries.flatMap((d) => d.attempts).length >= count;
    return this.#wait(job, enough, timeout, `has had ${count} attempts`);
  }

  // Waits until each notification of a job is acknowledged, and returns them.
  async waitAcknowledged(job, { timeout = 10 } = {}) {
    const acknowledged = async (page) => {
      const states = page.deliveries.map((d) => d.state);
      if (states.includes('given-up')) {
        throw new CloudError(`a notification of job ${idOf(job)} was given up${await this.#history(page)}`);
      }
      return states.length > 0 && states.every((s) => s === 'acked') && page.pending_total === 0;
    };
    return this.#wait(job, acknowledged, timeout, 'was acknowledged');
  }

  // Calls the control API, for what has no method here.
  async call(method, path, body = {}) {
    const answer = await fetch(this.controlUrl + path, {
      method, headers: { 'Content-Type': 'application/json', Connection: 'close' },
      body: method === 'GET' ? undefined : JSON.stringify(body), signal: AbortSignal.timeout(30_000),
    });
    if (!answer.ok) throw new CloudError(`${method} ${path}: ${await answer.text()}`);
    return answer.json();
  }

  #page(job) {
    return this.call('GET', `deliveries?job=${idOf(job)}&limit=1000`);
  }

  async #wait(job, done, timeout, what) {
    const deadline = Date.now() + timeout * 1000;
    for (;;) {
      const page = await this.#page(job);
      if (await done(page)) return page.deliveries;
      if (Date.now() > deadline) {
        throw new CloudError(`after ${timeout} s, not every notification of job ${idOf(job)} ${what}${await this.#history(page)}`);
      }
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  }

  async #history(page) {
    if (page.deliveries.length === 0) return ': none was sent. Are there endpoints? cloud.notify(URL)';
    let lines = ':';
    for (const listed of [...page.deliveries].reverse()) {
      const delivery = await this.call('GET', `deliveries/${listed.delivery}`);
      for (const a of delivery.attempts) {
        lines += `\n  attempt ${a.attempt} to ${a.url}: ${a.reason}, ${a.error ?? `answered ${a.http_status}`}`;
        for (const line of (a.answer?.body ?? '').split('\n').slice(0, 5).filter(Boolean)) lines += `\n    ${line}`;
      }
      if (delivery.state === 'waiting') {
        lines += `\n  attempt ${delivery.attempt} comes when the cloud's clock is ${delivery.due}: cloud.advance('10m')`;
      }
    }
    return lines;
  }
}

// The id of a job, or that of an answer.
const idOf = (job) => job.id ?? job;
