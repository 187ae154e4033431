<?php
// queue:work --sleep=3 --backoff=10: takes a job, runs it, deletes it; a job
// that fails is released. What a killed worker had reserved is free after 90 s.
declare(strict_types=1);
require __DIR__ . '/database.php';

const RETRY_AFTER = 90; // seconds; longer than any import takes (TIMEOUT)
const TIMEOUT = 80;
const SLEEP = 3;
const BACKOFF = 10;

final class Release extends Exception
{
    public function __construct(string $why, public readonly int $delay = BACKOFF)
    {
        parent::__construct($why);
    }
}

/** @return array{string, int} the body, and 200 or 404 */
function get(string $path): array
{
    $retryAfter = 0;
    $curl = fopen(getenv('WEBSCRAPER_API_BASE_URI') . $path . '?api_token=' . urlencode((string) getenv('WEBSCRAPER_API_TOKEN')), 'rb', false,
        stream_context_create(['http' => ['ignore_errors' => true, 'timeout' => 30, 'follow_location' => 0, 'protocol_version' => 1.1, 'header' => 'Connection: close']]));
    if ($curl === false) {
        throw new Release("$path: no answer");
    }
    $meta = stream_get_meta_data($curl)['wrapper_data'];
    $code = (int) explode(' ', $meta[0])[1];
    $length = null;
    foreach ($meta as $header) {
        if (stripos($header, 'retry-after:') === 0) {
            $retryAfter = (int) trim(substr($header, 12));
        }
        if (stripos($header, 'content-length:') === 0) {
            $length = (int) trim(substr($header, 15));
        }
    }
    $until = time() + TIMEOUT - 10;
    $body = '';
    while (!feof($curl)) {
        $piece = fread($curl, 1 << 16);
        if ($piece === false || time() > $until || stream_get_meta_data($curl)['timed_out']) {
            throw new Release("$path: the download takes too long");
        }
        $body .= $piece;
    }
    if ($code !== 200 && $code !== 404) {
        throw new Release("$path: answered $code", max(BACKOFF, min($retryAfter, 900)));
    }
    if ($length !== null && strlen($body) !== $length) {
        throw new Release("$path: the answer was cut");
    }
    return [$body, $code];
}

function import(PDO $db, int $id): void
{
    [$body, $code] = get("scraping-job/$id");
    if ($code === 404) {
        return; // deleted
    }
    $job = json_decode($body, true)['data'] ?? throw new Release('the answer is not a job');
    if (!in_array($job['status'], ['finished', 'stopped', 'shelved'], true)) {
        return; // failed, or running again: another notification follows
    }
    $state = implode('/', [$job['status'], $job['stored_record_count'], $job['scraping_duration'], $job['jobs_executed'], $job['jobs_failed'], $job['jobs_empty'], $job['jobs_no_value']]);
    $known = $db->prepare('SELECT state FROM imports WHERE job_id = ?');
    $known->execute([$id]);
    if ($known->fetchColumn() === $state) {
        return;
    }
    [$body, $code] = get("scraping-job/$id/json");
    $lines = array_values(array_filter(explode("\n", $code === 200 ? $body : ''), fn ($line) => trim($line) !== ''));
    foreach ($lines as $line) {
        if (!is_object(json_decode($line))) {
            throw new Release('a line is not an object');
        }
    }
    if (count($lines) !== $job['stored_record_count']) {
        throw new Release(count($lines) . " rows of {$job['stored_record_count']}");
    }
    $db->beginTransaction();
    $db->prepare('INSERT INTO imports VALUES (?, ?) ON DUPLICATE KEY UPDATE state = VALUES(state)')->execute([$id, $state]);
    $db->prepare('DELETE FROM scraped_rows WHERE job_id = ?')->execute([$id]);
    $insert = $db->prepare('INSERT INTO scraped_rows (job_id, data) VALUES (?, ?)');
    foreach ($lines as $line) {
        $insert->execute([$id, $line]);
    }
    $db->commit();
}

function reserve(PDO $db): ?array
{
    $db->beginTransaction();
    $job = $db->query('SELECT id, payload, attempts FROM jobs WHERE queue = \'default\' AND ((reserved_at IS NULL AND available_at <= UNIX_TIMESTAMP())
        OR reserved_at <= UNIX_TIMESTAMP() - ' . RETRY_AFTER . ') ORDER BY id LIMIT 1 FOR UPDATE')->fetch(PDO::FETCH_ASSOC);
    if ($job) {
        $db->prepare('UPDATE jobs SET reserved_at = UNIX_TIMESTAMP(), attempts = attempts + 1 WHERE id = ?')->execute([$job['id']]);
    }
    $db->commit();
    return $job ?: null;
}

$stop = false;
pcntl_async_signals(true);
pcntl_signal(SIGTERM, function () use (&$stop) { $stop = true; });
$db = database();
while (!$stop) {
    $job = reserve($db);
    if ($job === null) {
        sleep(SLEEP);
        continue;
    }
    try {
        import($db, json_decode($job['payload'], true)['scrapingjob_id']);
        $db->prepare('DELETE FROM jobs WHERE id = ?')->execute([$job['id']]);
    } catch (Throwable $error) {
        if ($db->inTransaction()) {
            $db->rollBack();
        }
        error_log("job {$job['id']}: {$error->getMessage()}");
        $delay = $error instanceof Release ? $error->delay : BACKOFF;
        $db->prepare('UPDATE jobs SET reserved_at = NULL, available_at = UNIX_TIMESTAMP() + ? WHERE id = ?')->execute([$delay, $job['id']]);
    }
}
