// Express and BullMQ on Redis: a queue library with its usual options.
//
//   npm ci
//   redis-server --appendonly yes --appendfsync always &
//   scrapehook conform --run 'exec node receiver.mjs' --probe 'http:http://127.0.0.1:8080/rows/{job}' \
//       http://127.0.0.1:8080/webhook
//
// Each notification is a job of the queue, without an id of ours: BullMQ would
// swallow a continued job's second notification. A job that a killed worker had
// is "stalled" and comes back after 30 s, as often as that happens
// (maxStalledCount; its default of 1 loses the job at the second kill).

import { timingSafeEqual } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { Queue, Worker } from 'bullmq';
import express from 'express';
import Redis from 'ioredis';

const API = process.env.WEBSCRAPER_API_BASE_URI;
const SECRET = Buffer.from(process.env.WEBHOOK_TOKEN ?? '');
const address = process.env.REDIS_URL ?? 'redis://127.0.0.1:6379';
const redis = new Redis(address, { maxRetriesPerRequest: null });
const queue = new Queue('notifications', { connection: redis });

// ---- the endpoint ----

const app = express();
app.disable('x-powered-by');
app.use('/webhook', (request, response, next) => {
  const given = Buffer.from(typeof request.query.token === 'string' ? request.query.token : '');
  if (given.length !== SECRET.length || !timingSafeEqual(given, SECRET)) return response.status(401).send('the token is missing or wrong\n');
  next();
});
app.post('/webhook', express.urlencoded({ extended: false, limit: '64kb' }), async (request, response) => {
  const { scrapingjob_id: id, status } = request.body ?? {};
  if (typeof id !== 'string' || !/^[1-9][0-9]{0,18}$/.test(id) || typeof status !== 'string' || status === '') {
    return response.status(400).send('scrapingjob_id or status is missing\n');
  }
  await queue.add('import', { id, status }, {
    attempts: 1_000_000, backoff: { type: 'capped' }, removeOnComplete: 1000,
  });
  response.status(202).end();
});
app.all('/webhook', (request, response) => response.set('Allow', 'POST').status(405).end());
app.get('/rows/:id', async (request, response) => {
  const text = await redis.hget(`rows:${request.params.id}`, 'records');
  const records = text ? text.split('\n').filter(Boolean) : [];
  response.type('json').send(`{"rows":${records.length},"records":[${records.join(',')}]}`);
});
app.use((error, request, response, next) => {
  const status = error.status ?? 503;
  if (status >= 500) console.error(error.message);
  response.status(status).send(`${error.type ?? 'try again later'}\n`);
});
const server = app.listen(Number(process.env.PORT ?? 8080), '127.0.0.1');
server.headersTimeout = 10_000;
server.requestTimeout = 20_000;

// ---- the importer ----

class Refused extends Error {
  constructor(path, answer) {
    super(`${path}: answered ${answer.status}`);
    this.status = answer.status;
    this.wait = Math.min(Number(answer.headers.get('retry-after')) || 0, 900) * 1000;
  }
}

async function get(path) {
  const patience = new AbortController();
  const timer = setTimeout(() => patience.abort(new Error(`${path}: silence`)), 60_000);
  try {
    const answer = await fetch(`${API}${path}?api_token=${encodeURIComponent(process.env.WEBSCRAPER_API_TOKEN)}`, { signal: patience.signal, redirect: 'error' });
    if (answer.status !== 200) {
      await answer.body?.cancel();
      throw new Refused(path, answer);
    }
    const pieces = [];
    for await (const piece of answer.body) {
      pieces.push(piece);
      timer.refresh();
    }
    return Buffer.concat(pieces).toString();
  } finally {
    clearTimeout(timer);
  }
}

async function bring(id) {
  let about;
  try {
    about = JSON.parse(await get(`scraping-job/${id}`)).data;
  } catch (error) {
    if (error.status === 404) return; // deleted
    throw error;
  }
  if (!['finished', 'stopped', 'shelved'].includes(about.status)) return;
  const state = JSON.stringify([about.status, about.stored_record_count, about.scraping_duration, about.jobs_executed, about.jobs_failed, about.jobs_empty, about.jobs_no_value]);
  if (await redis.hget(`rows:${id}`, 'state') === state) return;
  const lines = (await get(`scraping-job/${id}/json`)).split('\n').filter((line) => line.trim());
  for (const line of lines) {
    const row = JSON.parse(line);
    if (row === null || typeof row !== 'object' || Array.isArray(row)) throw new Error('a line is not an object');
  }
  if (lines.length !== about.stored_record_count) throw new Error(`${lines.length} rows of ${about.stored_record_count}`);
  await redis.hset(`rows:${id}`, { state, records: lines.join('\n') }); // one command: all or nothing
}

// Imports of one job follow one another.
const turns = new Map();
function inTurn(id, work) {
  const turn = (turns.get(id) ?? Promise.resolve()).then(work, work);
  turns.set(id, turn);
  const clear = () => turns.get(id) === turn && turns.delete(id);
  turn.then(clear, clear);
  return turn;
}

const worker = new Worker('notifications', ({ data }) => inTurn(data.id, () => bring(data.id)), {
  connection: redis.duplicate(),
  concurrency: 4,
  maxStalledCount: 1_000_000,
  settings: { backoffStrategy: (attempt, type, error) => Math.max(error?.wait ?? 0, Math.min(1000 * 2 ** Math.min(attempt - 1, 6), 60_000)) },
});
worker.on('failed', (job, error) => console.error(`job ${job?.data.id}: ${error.message}`));
worker.on('error', (error) => console.error(error.message));

for (const signal of ['SIGTERM', 'SIGINT']) {
  process.once(signal, async () => {
    server.close();
    await Promise.race([worker.close(), sleep(5000)]);
    process.exit(0);
  });
}
