// A test of a webhook handler, by node:test: scrapehook exec -- npm test

import assert from 'node:assert/strict';
import { createServer } from 'node:http';
import { after, before, beforeEach, test } from 'node:test';
import { API_TOKEN, API_URL, Cloud } from './scrapehook-cloud.mjs';

const BROKEN = process.env.BROKEN; // shows what a failure looks like

// The program under test: it imports the rows of each job that has finished.
const imported = new Map();
const handler = createServer(async (request, response) => {
  try {
    let body = '';
    for await (const chunk of request) body += chunk;
    const fields = BROKEN ? JSON.parse(body) : Object.fromEntries(new URLSearchParams(body));
    const job = Number(fields.scrapingjob_id);
    const answer = await fetch(`${API_URL}scraping-job/${job}/json?api_token=${API_TOKEN}`);
    if (!answer.ok) throw new Error(`the API answered ${answer.status}`);
    const lines = (await answer.text()).split('\n').filter(Boolean);
    imported.set(job, lines.map((line) => JSON.parse(line)));
    response.end('ok');
  } catch (error) {
    response.writeHead(500).end(String(error));
  }
});

const cloud = new Cloud();

before(() => new Promise((resolve) => handler.listen(0, '127.0.0.1', resolve)));
after(() => { handler.close(); handler.closeAllConnections(); });
beforeEach(async () => {
  await cloud.reset();
  await cloud.notify(`http://127.0.0.1:${handler.address().port}/webhook`);
});

test('imports every row', async () => {
  const job = await cloud.finish({ rows: 3 });
  await cloud.waitAcknowledged(job);
  assert.equal(imported.get(job.id).length, 3);
});

test('imports at the resend what failed at first', async () => {
  await cloud.fault('server-error', { route: 'GET scraping-job/{id}/json', nth: 1 });
  const job = await cloud.finish({ rows: 3 });
  await cloud.waitAttempts(job);
  assert.ok(!imported.has(job.id));
  await cloud.advance('10m');
  await cloud.waitAcknowledged(job);
  assert.equal(imported.get(job.id).length, 3);
});
