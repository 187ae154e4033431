// A receiver of Web Scraper Cloud's webhook, in Node's standard library (18 or
// newer).
//
//   POST /  ->  inbox (a file, synced)  ->  200  ->  importer: one job at a time
//
// The handler only stores the notification and answers. The importer asks the
// cloud for the job's state and replaces the job's rows when that state is
// another than the stored one: a resend changes nothing, and a continued job
// is brought up to date.
//
// Environment:
//   PORT                     port on 127.0.0.1 (default 8080)
//   WEBSCRAPER_API_BASE_URI  default https://api.webscraper.io/api/v1/
//   WEBSCRAPER_API_TOKEN     the API's token
//   WEBHOOK_TOKEN            if set, the endpoint's URL must carry ?token=...
//   STATE_DIR                folder of the state (default .)
//   ROWS_FILE                file of the imported rows, one JSON object a line
//                            (default rows.jsonl in STATE_DIR)

import { createHash, timingSafeEqual } from 'node:crypto';
import { mkdir, open, readFile, readdir, rename } from 'node:fs/promises';
import { createServer } from 'node:http';
import { join } from 'node:path';

const BODY_LIMIT = 64 * 1024; // bytes; a notification has a few hundred
const ENDED = new Set(['finished', 'failed', 'stopped', 'shelved']);
const IMPORTED = new Set(['finished', 'stopped', 'shelved']); // a failed job's rows are not whole

// ---- what lasts --------------------------------------------------------

// Journal is a file of JSON lines that only grows. Appends that wait together
// share one sync.
class Journal {
  #file;
  #waiting = [];
  #writing = false;

  static async open(path) {
    const journal = new Journal();
    journal.#file = await open(path, 'a+');
    const bytes = await journal.#file.readFile();
    const whole = bytes.subarray(0, bytes.lastIndexOf(10) + 1);
    await journal.#file.truncate(whole.length); // a kill may have cut the last line
    const entries = whole.toString().split('\n').filter(Boolean).map((line) => JSON.parse(line));
    return [journal, entries];
  }

  append(entry) {
    return new Promise((resolve, reject) => {
      this.#waiting.push({ line: JSON.stringify(entry) + '\n', resolve, reject });
      if (!this.#writing) this.#write();
    });
  }

  async #write() {
    this.#writing = true;
    while (this.#waiting.length > 0) {
      const batch = this.#waiting.splice(0);
      let size;
      try {
        ({ size } = await this.#file.stat());
        await this.#file.appendFile(batch.map((w) => w.line).join(''));
        await this.#file.datasync();
        batch.forEach((w) => w.resolve());
      } catch (error) {
        if (size !== undefined) await this.#file.truncate(size).catch(() => {}); // leave no half line behind
        batch.forEach((w) => w.reject(error));
      }
    }
    this.#writing = false;
  }
}

// replaceFile writes a file so that its readers see the old one or the new,
// also after a crash.
async function replaceFile(path, text) {
  const file = await open(path + '.new', 'w');
  try {
    await file.writeFile(text);
    await file.sync();
  } finally {
    await file.close();
  }
  await rename(path + '.new', path);
}

// Rows keeps a file for each job, the state its rows belong to in the first
// line, and shows them all in one.
class Rows {
  #folder;
  #shown;
  #jobs = new Map(); // id: { state, text }

  static async open(folder, shown) {
    const rows = new Rows();
    rows.#folder = folder;
    rows.#shown = shown;
    await mkdir(folder, { recursive: true });
    for (const name of await readdir(folder)) {
      if (!name.endsWith('.jsonl')) continue;
      const text = await readFile(join(folder, name), 'utf8');
      const end = text.indexOf('\n');
      rows.#jobs.set(name.slice(0, -'.jsonl'.length), { state: text.slice(0, end), text: text.slice(end + 1) });
    }
    await rows.#show();
    return rows;
  }

  state(id) {
    return this.#jobs.get(id)?.state;
  }

  async replace(id, state, text) {
    await replaceFile(join(this.#folder, `${id}.jsonl`), `${state}\n${text}`);
    this.#jobs.set(id, { state, text });
    await this.#show();
  }

  async #show() {
    await replaceFile(this.#shown, [...this.#jobs.values()].map((job) => job.text).join(''));
  }
}

// ---- the cloud's API ---------------------------------------------------

class ApiError extends Error {
  constructor(path, response) {
    super(`${path}: answered ${response.status}`);
    this.status = response.status;
    this.wait = retryAfter(response.headers.get('retry-after'));
  }
}

// retryAfter reads both forms of the header, seconds and a date, into
// milliseconds, 15 minutes at the most.
function retryAfter(value) {
  const wait = /^\d+$/.test(value ?? '') ? Number(value) * 1000 : Date.parse(value ?? '') - Date.now();
  return Math.min(Math.max(wait || 0, 0), 15 * 60_000);
}

// get returns an answer's text. It gives up when nothing arrives for that
// long, so a large download may take its time.
async function get(path, silence) {
  const url = new URL(path, API);
  url.searchParams.set('api_token', TOKEN);
  const patience = new AbortController();
  const timer = setTimeout(() => patience.abort(new Error(`${path}: no answer`)), silence);
  try {
    const response = await fetch(url, { signal: patience.signal, redirect: 'error' });
    if (response.status !== 200) {
      await response.body?.cancel();
      throw new ApiError(path, response);
    }
    const chunks = [];
    for await (const chunk of response.body ?? []) {
      chunks.push(chunk);
      timer.refresh();
    }
    return Buffer.concat(chunks).toString(); // decoded as a whole: a chunk may end within a character
  } finally {
    clearTimeout(timer);
  }
}

async function getJob(id) {
  return JSON.parse(await get(`scraping-job/${id}`, 10_000)).data;
}

// getRows downloads a job's rows and adds the job's id to each. The text of a
// row stays as it is, for numbers that JavaScript would round.
async function getRows(id) {
  const lines = (await get(`scraping-job/${id}/json`, 60_000)).split('\n').filter((line) => line.trim());
  return lines.map((line) => {
    const row = JSON.parse(line);
    if (row === null || typeof row !== 'object' || Array.isArray(row)) throw new Error('a row is no JSON object');
    const body = line.trim().slice(1, -1).trim();
    return `{${body}${body && ','}"scrapingjob_id":${id}}\n`;
  });
}

// ---- the importer ------------------------------------------------------

// Importer imports the jobs that are due, one after the other.
class Importer {
  #journal;
  #rows;
  #due = new Map(); // id: { wanted, failures, at }
  #wake = () => {};

  constructor(journal, rows, entries) {
    this.#journal = journal;
    this.#rows = rows;
    const wanted = new Map();
    const done = new Map();
    for (const e of entries) {
      if (e.notified) wanted.set(e.notified.job, (wanted.get(e.notified.job) ?? 0) + 1);
      if (e.settled) done.set(e.settled.job, (done.get(e.settled.job) ?? 0) + e.settled.notifications);
    }
    for (const [id, count] of wanted) {
      const left = count - (done.get(id) ?? 0);
      if (left > 0) this.#due.set(id, { wanted: left, failures: 0, at: 0 });
    }
  }

  add(id) {
    const due = this.#due.get(id) ?? { wanted: 0, failures: 0, at: 0 };
    due.wanted++;
    this.#due.set(id, due);
    this.#wake();
  }

  async run() {
    for (;;) {
      const next = [...this.#due].sort(([, a], [, b]) => a.at - b.at)[0];
      const wait = next ? next[1].at - Date.now() : 2 ** 30;
      if (wait > 0) {
        await new Promise((resolve) => {
          const timer = setTimeout(resolve, wait);
          this.#wake = () => {
            clearTimeout(timer);
            resolve();
          };
        });
        continue;
      }
      const [id, due] = next;
      try {
        await this.#import(id, due);
      } catch (error) {
        const delay = Math.max(error.wait ?? 0, Math.min(500 * 2 ** due.failures++, 60_000));
        due.at = Date.now() + delay;
        log(`importing job ${id} failed, next try in ${delay} ms: ${error.message}`);
      }
    }
  }

  async #import(id, due) {
    const { wanted } = due; // what arrives from here on is looked at again
    const job = await getJob(id).catch((error) => {
      if (error.status === 404) return null; // deleted
      throw error;
    });
    if (job && IMPORTED.has(job.status)) {
      const state = JSON.stringify([
        job.status, job.stored_record_count, job.scraping_duration,
        job.jobs_executed, job.jobs_failed, job.jobs_empty, job.jobs_no_value,
      ]);
      if (state !== this.#rows.state(id)) {
        const rows = await getRows(id);
        if (rows.length !== job.stored_record_count) {
          throw new Error(`${rows.length} rows arrived, the job has ${job.stored_record_count}`);
        }
        await this.#rows.replace(id, state, rows.join(''));
      }
    }
    await this.#journal.append({ settled: { job: id, notifications: wanted } });
    due.wanted -= wanted;
    due.failures = 0;
    due.at = 0;
    if (due.wanted === 0) this.#due.delete(id);
  }
}

// ---- the endpoint ------------------------------------------------------

class Refused extends Error {
  constructor(code, reason) {
    super(reason);
    this.code = code;
  }
}

async function readBody(request) {
  const chunks = [];
  let size = 0;
  // Who is refused gets an answer before the connection is closed.
  for await (const chunk of request.iterator({ destroyOnReturn: false })) {
    size += chunk.length;
    if (size > BODY_LIMIT) throw new Refused(413, 'the body is too large');
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString();
}

// parseForm reads a notification. Ids stay text: they may be larger than what
// a number holds exactly.
function parseForm(body) {
  try {
    decodeURIComponent(body); // throws where URLSearchParams guesses
  } catch {
    throw new Refused(400, 'the form has a malformed escape');
  }
  const form = new URLSearchParams(body);
  const id = (field) => {
    const value = form.get(field) ?? '';
    if (!/^\d{1,19}$/.test(value) || BigInt(value) <= 0n || BigInt(value) >= 2n ** 63n) {
      throw new Refused(400, `${field} is not a positive integer`);
    }
    return BigInt(value).toString();
  };
  const status = form.get('status');
  if (!status) throw new Refused(400, 'status is missing');
  return { job: id('scrapingjob_id'), status, sitemap: id('sitemap_id'), name: form.get('sitemap_name') ?? '' };
}

async function readNotification(request) {
  if (request.method !== 'POST') throw new Refused(405, 'notifications are POSTed');
  if (SECRET) {
    const given = new URL(request.url, 'http://localhost').searchParams.get('token') ?? '';
    const hash = (text) => createHash('sha256').update(text).digest();
    if (!timingSafeEqual(hash(given), hash(SECRET))) throw new Refused(401, 'the token is missing or wrong');
  }
  const type = (request.headers['content-type'] ?? '').split(';')[0].trim().toLowerCase();
  if (type !== 'application/x-www-form-urlencoded') throw new Refused(415, `a notification is no ${type || 'untyped body'}`);
  return parseForm(await readBody(request));
}

function answer(response, code, text) {
  const headers = { 'Content-Type': 'text/plain; charset=utf-8' };
  if (code === 405) headers.Allow = 'POST';
  if (code === 503) headers['Retry-After'] = '1';
  if (code >= 400) headers.Connection = 'close'; // the body may not have been read
  response.writeHead(code, headers).end(text + '\n');
}

function endpoint(journal, importer) {
  return async (request, response) => {
    let notification;
    try {
      notification = await readNotification(request);
    } catch (error) {
      if (error instanceof Refused) answer(response, error.code, error.message);
      else if (!response.destroyed) answer(response, 400, 'the request could not be read');
      return;
    }
    try {
      if (ENDED.has(notification.status)) { // another one is acknowledged, and no more
        await journal.append({ notified: notification });
        importer.add(notification.job);
      }
      answer(response, 200, 'stored');
    } catch (error) { // not stored: let the cloud send it again
      log(`storing a notification failed: ${error.message}`);
      answer(response, 503, 'try again later');
    }
  };
}

function log(text) {
  console.error(new Date().toISOString(), text);
}

const API = (process.env.WEBSCRAPER_API_BASE_URI ?? 'https://api.webscraper.io/api/v1').replace(/\/*$/, '/');
const TOKEN = process.env.WEBSCRAPER_API_TOKEN ?? '';
const SECRET = process.env.WEBHOOK_TOKEN ?? '';
const STATE = process.env.STATE_DIR ?? '.';

await mkdir(STATE, { recursive: true });
const [journal, entries] = await Journal.open(join(STATE, 'inbox.jsonl'));
const rows = await Rows.open(join(STATE, 'jobs'), process.env.ROWS_FILE ?? join(STATE, 'rows.jsonl'));
const importer = new Importer(journal, rows, entries);
const server = createServer({ requestTimeout: 15_000, headersTimeout: 10_000 }, endpoint(journal, importer));
server.listen({ port: Number(process.env.PORT ?? 8080), host: '127.0.0.1', backlog: 512 }, () => {
  log(`listening on http://127.0.0.1:${server.address().port}/`);
});
// Whatever is under way is in the journal, so stopping is nothing special.
for (const signal of ['SIGTERM', 'SIGINT']) process.on(signal, () => process.exit(0));
await importer.run();
