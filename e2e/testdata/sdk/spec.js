// Calls every method of the vendor's SDK, and fails at the first surprise.
"use strict";
const assert = require("assert");
const fs = require("fs");
const path = require("path");
const { Client } = require("@webscraperio/api-client-nodejs");
const { JsonReader } = require("@webscraperio/api-client-nodejs/dist/cjs/reader/JsonReader");

const called = new Set();
const client = new Proxy(new Client({ token: process.env.TOKEN }), {
  get(target, name) {
    called.add(name);
    return target[name].bind(target);
  },
});
const sleep = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

const sitemap = (name) =>
  JSON.stringify({
    _id: name,
    startUrl: ["https://shop.example/good", "https://shop.example/bad"],
    selectors: [{ id: "title", type: "SelectorText", parentSelectors: ["_root"], selector: "h1 > a/b" }],
  });

async function sitemaps() {
  const made = await client.createSitemap(sitemap("sdk-sitemap"));
  const got = await client.getSitemap(made.id);
  assert.deepStrictEqual(got, { id: made.id, name: "sdk-sitemap", sitemap: sitemap("sdk-sitemap") });
  assert.strictEqual(await client.updateSitemap(made.id, sitemap("sdk-renamed")), "ok");
  assert.strictEqual((await client.getSitemap(made.id)).name, "sdk-renamed");
  const all = await client.getSitemaps().getAllRecords();
  assert.ok(all.some((s) => s.id === made.id && s.name === "sdk-renamed"));
  return made.id;
}

async function scheduler(id) {
  const config = {
    cron_minute: "*/10", cron_hour: "*", cron_day: "*", cron_month: "*", cron_weekday: "*",
    request_interval: 2000, page_load_delay: 2000, cron_timezone: "Europe/Riga", driver: "fast", proxy: 0,
  };
  assert.strictEqual(await client.enableSitemapScheduler(id, config), "ok");
  assert.deepStrictEqual(await client.getSitemapScheduler(id), { scheduler_enabled: true, ...config });
  assert.strictEqual(await client.disableSitemapScheduler(id), "ok");
  assert.deepStrictEqual(await client.getSitemapScheduler(id), { scheduler_enabled: false, ...config });
}

async function job(id) {
  const made = await client.createScrapingJob({
    sitemap_id: id, driver: "fulljs", page_load_delay: 2000, request_interval: 2000, custom_id: "mine",
  });
  assert.strictEqual(made.custom_id, "mine");
  const fresh = await client.getScrapingJob(made.id);
  assert.deepStrictEqual(
    [fresh.status, fresh.stored_record_count, fresh.custom_id, fresh.jobs_executed],
    ["waiting-to-be-scheduled", 0, "mine", 0],
  );
  await assert.rejects(client.getScrapingJobDataQuality(made.id), /Data quality check not available yet, scraping job not finished/);

  const early = path.join(process.env.DIR, "early.json");
  await client.downloadScrapingJobJSON(made.id, early);
  assert.strictEqual(fs.readFileSync(early, "utf8"), "");

  let ended = fresh;
  for (const until = Date.now() + 60_000; ended.status !== "shelved" && Date.now() < until; await sleep(50)) {
    ended = await client.getScrapingJob(made.id);
  }
  assert.deepStrictEqual([ended.status, ended.stored_record_count, ended.jobs_failed, ended.jobs_executed], ["shelved", 50, 1, 2]);
  return made.id;
}

async function data(id) {
  const json = path.join(process.env.DIR, "rows.json");
  await client.downloadScrapingJobJSON(id, json);
  const rows = await new JsonReader(json).toArray();
  assert.strictEqual(rows.length, 50);
  assert.ok(rows.every((r) => r["web-scraper-start-url"] === "https://shop.example/good" && r.title));

  const csv = path.join(process.env.DIR, "rows.csv");
  await client.downloadScrapingJobCSV(id, csv);
  const lines = fs.readFileSync(csv, "utf8").split("\r\n");
  assert.strictEqual(lines[0], "\ufeffweb-scraper-order,web-scraper-start-url,title");
  assert.strictEqual(lines.length, 52);

  assert.deepStrictEqual(await client.getProblematicUrls(id).getAllRecords(), [{ url: "https://shop.example/bad", type: "failed" }]);
  const quality = await client.getScrapingJobDataQuality(id);
  assert.deepStrictEqual(quality.max_failed_pages_percent, { got: 50, expected: 5, success: false });
  assert.strictEqual(quality.min_record_count.success, true);
  assert.strictEqual(quality.overall_data_quality_success, false);
}

async function main() {
  const account = await client.getAccountInfo(); // after a 429, which asks for a second
  assert.deepStrictEqual(Object.keys(account), ["email", "firstname", "lastname", "page_credits"]);

  // Page by page: past the first page, the generator of version 1.1.0 repeats
  // what it has instead of asking, so getAllRecords tells the number only.
  const pages = client.getScrapingJobs({ sitemap_id: Number(process.env.SEEDED) });
  const seeded = new Set();
  for (let page = 1; page <= pages.getLastPage(); page++) {
    (await pages.getPageData(page)).forEach((j) => seeded.add(j.id));
  }
  assert.deepStrictEqual([seeded.size, pages.getLastPage()], [250, 3]);
  const all = await client.getScrapingJobs({ sitemap_id: Number(process.env.SEEDED) }).getAllRecords();
  assert.strictEqual(all.length, 250);

  const id = await sitemaps();
  await scheduler(id);
  const made = await job(id);
  await data(made);

  assert.strictEqual(await client.deleteScrapingJob(made), "ok");
  await assert.rejects(client.getScrapingJob(made), /Web Scraper API Exception: .*Not Found/);
  await assert.rejects(client.downloadScrapingJobJSON(made, path.join(process.env.DIR, "gone")), /Not Found/);
  assert.ok(!fs.existsSync(path.join(process.env.DIR, "gone")));
  assert.strictEqual(await client.deleteSitemap(id), "ok");
  await assert.rejects(client.createSitemap("{}"), /validationErrors.*_id/);
  await assert.rejects(new Client({ token: "wrong", useBackoffSleep: false }).getAccountInfo(), /Unauthorized/);

  const missed = Object.getOwnPropertyNames(Client.prototype).filter((m) => m !== "constructor" && !called.has(m));
  assert.deepStrictEqual(missed, [], "every method must be called");
}

main().catch((e) => {
  console.error(e);
  process.exit(1);
});
