<?php
// The calls of the vendor's PHP SDK, by the HTTP library that it uses and with
// the options that it gives (sink is the present name of save_to). Ends with an exception at the first surprise.
require '/usr/share/php/GuzzleHttp/autoload.php';

[, $base, $token, $dir] = $argv;
$client = new GuzzleHttp\Client([
    'base_uri' => $base,
    'timeout' => 5.0,
    'headers' => ['Accept' => 'application/json, text/javascript, */*', 'User-Agent' => 'WebScraper.io PHP SDK v1.2.0'],
]);
$raw = function (string $method, string $uri, array $options = []) use ($client, $token) {
    $options['query']['api_token'] = $token;
    $response = $client->request($method, $uri, $options);
    same(200, $response->getStatusCode(), "$method $uri");
    return $response;
};
$call = function (string $method, string $uri, array $options = []) use ($raw) {
    $body = json_decode($raw($method, $uri, $options)->getBody()->getContents(), true, 512, JSON_THROW_ON_ERROR);
    same(true, $body['success'], "$method $uri");
    return $body['data'];
};
function same($want, $got, string $what): void
{
    if ($want !== $got) {
        throw new Exception("$what is " . var_export($got, true) . ', want ' . var_export($want, true));
    }
}
// refused is the status and the JSON of a call that fails.
$refused = function (string $method, string $uri, array $options = []) use ($call): array {
    try {
        $call($method, $uri, $options);
    } catch (GuzzleHttp\Exception\ClientException $e) {
        return [$e->getCode(), json_decode($e->getResponse()->getBody()->getContents(), true, 512, JSON_THROW_ON_ERROR)];
    }
    throw new Exception("$method $uri succeeded");
};

same(['email', 'firstname', 'lastname', 'page_credits'], array_keys($call('GET', 'account')), 'the account');

// Guzzle's json option escapes slashes; what is stored has none escaped.
$sitemap = ['_id' => 'php-sitemap', 'startUrl' => ['https://shop.example/a/[1-3]'], 'selectors' => [
    ['id' => 'link', 'type' => 'SelectorLink', 'selector' => 'a > b/c', 'parentSelectors' => ['_root'], 'multiple' => true],
    ['id' => 'préis', 'type' => 'SelectorText', 'selector' => '', 'parentSelectors' => ['link'], 'regex' => ''],
]];
$id = $call('POST', 'sitemap', ['json' => $sitemap])['id'];
$got = $call('GET', "sitemap/$id");
same(['id', 'name', 'sitemap'], array_keys($got), 'a sitemap');
same($id, $got['id'], 'its id');
same('php-sitemap', $got['name'], 'its name');
same($sitemap, json_decode($got['sitemap'], true), 'its content');
same(false, strpos($got['sitemap'], '\\/'), 'a slash that is escaped');
$sitemap['_id'] = 'php-renamed';
same('ok', $call('PUT', "sitemap/$id", ['json' => $sitemap]), 'an update');
same([['id' => $id, 'name' => 'php-renamed']], $call('GET', 'sitemaps', ['query' => ['page' => 1]]), 'the sitemaps');

$plan = [
    'cron_minute' => '*/10', 'cron_hour' => '*', 'cron_day' => '*', 'cron_month' => '*', 'cron_weekday' => '7',
    'cron_timezone' => 'Europe/Riga', 'request_interval' => 2000, 'page_load_delay' => 2000, 'driver' => 'fast', 'proxy' => 0,
];
same('ok', $call('POST', "sitemap/$id/enable-scheduler", ['json' => $plan]), 'a scheduler');
same(['scheduler_enabled' => true] + $plan, $call('GET', "sitemap/$id/scheduler"), 'its configuration');
same('ok', $call('POST', "sitemap/$id/disable-scheduler"), 'a scheduler that is disabled');

$job = $call('POST', 'scraping-job', ['json' => ['sitemap_id' => $id, 'driver' => 'fast', 'page_load_delay' => 2000, 'request_interval' => 2000]]);
same(['id', 'custom_id'], array_keys($job), 'a new job');
$keys = [
    'id', 'custom_id', 'sitemap_name', 'status', 'sitemap_id', 'test_run', 'jobs_scheduled', 'jobs_executed', 'jobs_failed', 'jobs_empty',
    'jobs_no_value', 'stored_record_count', 'request_interval', 'page_load_delay', 'driver', 'scheduled', 'time_created', 'scraping_duration',
];
for ($until = microtime(true) + 60; ; usleep(50000)) {
    $now = $call('GET', "scraping-job/{$job['id']}");
    same($keys, array_keys($now), 'a job');
    if ($now['status'] === 'finished') {
        break;
    }
    if (microtime(true) > $until) {
        throw new Exception("the job is {$now['status']} after a minute");
    }
}
same([$now], $call('GET', 'scraping-jobs', ['query' => ['sitemap_id' => $id, 'page' => 1]]), 'the jobs');

foreach (['json', 'csv'] as $form) {
    $raw('GET', "scraping-job/{$job['id']}/$form", [
        'headers' => ['Accept-Encoding' => 'gzip'], 'timeout' => 600.0, 'sink' => "$dir/rows.$form",
    ]);
}
$lines = file("$dir/rows.json");
same($now['stored_record_count'], count($lines), 'the number of rows');
foreach ($lines as $line) {
    $row = json_decode($line, true, 512, JSON_THROW_ON_ERROR);
    same(['web-scraper-order', 'web-scraper-start-url', 'link', 'link-href', 'préis'], array_keys($row), 'a row');
    same($line, json_encode($row) . "\n", 'a row as PHP writes it');
}
same("\xEF\xBB\xBFweb-scraper-order,web-scraper-start-url,link,link-href,préis\r\n", fgets(fopen("$dir/rows.csv", 'r')), 'the header');
same([], $call('GET', "scraping-job/{$job['id']}/problematic-urls", ['query' => ['page' => 1]]), 'the problematic URLs');
same(true, $call('GET', "scraping-job/{$job['id']}/data-quality")['min_record_count']['success'], 'the data quality');

same('ok', $call('DELETE', "scraping-job/{$job['id']}"), 'a deletion');
same([404, ['success' => false, 'error' => 'Not Found']], $refused('GET', "scraping-job/{$job['id']}"), 'a job that is gone');
same('ok', $call('DELETE', "sitemap/$id"), 'a deletion');
[$status, $error] = $refused('POST', 'sitemap', ['json' => ['_id' => 'x y']]);
same(422, $status, 'the status of a bad sitemap');
same(['success', 'validationErrors'], array_keys($error), 'its error');
