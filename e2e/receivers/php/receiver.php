<?php
// A receiver of Web Scraper Cloud's webhook, in PHP (8.1 or newer) without
// packages.
//
//   POST /  ->  inbox (SQLite, committed)  ->  200      php -S, one request at a time
//   inbox   ->  the cloud's state and rows ->  rows     one worker, one job at a time
//
// `php receiver.php` is the worker, and starts PHP's own web server with this
// same file as its script. The server only stores notifications and answers.
// The worker asks the cloud for each job and replaces its rows when the cloud's
// state of it is another than the stored one: a resend changes nothing, and a
// continued job is brought up to date. What fails is tried again after 20 s.
//
// Environment:
//   PORT                     port on 127.0.0.1 (default 8080)
//   WEBSCRAPER_API_BASE_URI  default https://api.webscraper.io/api/v1/
//   WEBSCRAPER_API_TOKEN     the API's token
//   WEBHOOK_TOKEN            if set, the endpoint's URL must carry ?token=...
//   STATE_DIR                folder of the database (default .)
//   ROWS_FILE                file of the imported rows, one JSON object a line
//                            (default rows.jsonl in STATE_DIR)

declare(strict_types=1);

const BODY_LIMIT = 64 * 1024; // bytes; a notification has a few hundred
const ENDED = ['finished', 'failed', 'stopped', 'shelved'];
const IMPORTED = ['finished', 'stopped', 'shelved']; // a failed job's rows are not whole
const RETRY_AFTER = 20; // seconds
const LONGEST_WAIT = 15 * 60; // seconds, the window of the API's rate limit

function setting(string $name, string $default): string
{
    $value = getenv($name);
    return $value === false || $value === '' ? $default : $value;
}

function database(): PDO
{
    $db = new PDO('sqlite:' . setting('STATE_DIR', '.') . '/receiver.db');
    $db->exec('PRAGMA busy_timeout = 10000'); // wait for the other process, don't fail
    $db->exec('PRAGMA synchronous = FULL'); // a commit is on the disk
    return $db;
}

// ---- the endpoint --------------------------------------------------------

final class Refused extends Exception
{
}

/** Takes one request of the web server. */
function endpoint(): void
{
    header('Content-Type: text/plain; charset=utf-8');
    try {
        $notification = notification();
    } catch (Refused $refused) {
        http_response_code($refused->getCode());
        echo $refused->getMessage(), "\n";
        return;
    }
    try {
        store($notification);
        echo "stored\n";
    } catch (PDOException $error) { // not stored: let the cloud send it again
        error_log('storing a notification failed: ' . $error->getMessage());
        http_response_code(503);
        header('Retry-After: 1');
        echo "try again later\n";
    }
}

/** @return array{job: int, status: string, sitemap: int, name: string} */
function notification(): array
{
    $secret = setting('WEBHOOK_TOKEN', '');
    $given = $_GET['token'] ?? '';
    if ($secret !== '' && !(is_string($given) && hash_equals($secret, $given))) {
        throw new Refused('the token is missing or wrong', 401);
    }
    if ($_SERVER['REQUEST_METHOD'] !== 'POST') {
        header('Allow: POST');
        throw new Refused('notifications are POSTed', 405);
    }
    $type = strtolower(trim(explode(';', $_SERVER['CONTENT_TYPE'] ?? '')[0]));
    if ($type !== 'application/x-www-form-urlencoded') {
        throw new Refused('a notification is a form', 415);
    }
    if (($_SERVER['CONTENT_LENGTH'] ?? 0) > BODY_LIMIT) {
        throw new Refused('the body is too large', 413);
    }
    $status = field('status');
    if ($status === '') {
        throw new Refused('status is missing', 400);
    }
    return ['job' => id('scrapingjob_id'), 'status' => $status, 'sitemap' => id('sitemap_id'), 'name' => field('sitemap_name')];
}

/** A field of the form as text; PHP makes arrays of names with brackets. */
function field(string $name): string
{
    $value = $_POST[$name] ?? '';
    return is_string($value) ? $value : '';
}

function id(string $name): int
{
    $value = field($name);
    // What has another text as an integer is larger than an integer holds.
    if (!preg_match('/^[1-9][0-9]*$/D', $value) || (string) (int) $value !== $value) {
        throw new Refused("$name is not a positive integer", 400);
    }
    return (int) $value;
}

/** Stores a notification and makes the job's import due, both or neither. */
function store(array $notification): void
{
    $db = database();
    $db->exec('BEGIN IMMEDIATE');
    $db->prepare('INSERT INTO inbox (received_at, job_id, status, sitemap_id, sitemap_name) VALUES (unixepoch(), ?, ?, ?, ?)')
        ->execute(array_values($notification));
    if (in_array($notification['status'], ENDED, true)) { // another one is acknowledged, and no more
        $db->prepare('INSERT INTO jobs (job_id, wanted) VALUES (?, 1) ON CONFLICT (job_id) DO UPDATE SET wanted = wanted + 1')
            ->execute([$notification['job']]);
    }
    $db->exec('COMMIT');
}

// ---- the cloud's API -----------------------------------------------------

/** A failure of an import, which is tried again after that many seconds. */
final class TryAgain extends Exception
{
    public function __construct(string $reason, public readonly int $wait = RETRY_AFTER)
    {
        parent::__construct($reason);
    }
}

/** What the cloud says of a job; null if it has no such job. */
function cloudJob(int $id): ?array
{
    $answer = request("scraping-job/$id", 10);
    if ($answer === null) {
        return null;
    }
    $job = json_decode((string) stream_get_contents($answer), true)['data'] ?? null;
    if (!is_array($job) || !isset($job['status'], $job['stored_record_count'])) {
        throw new TryAgain("job $id: the answer is no job");
    }
    return $job;
}

/**
 * Downloads a job's rows, each a line of JSON with the job's id added. A
 * download that is cut looks complete to PHP, so the rows are counted.
 *
 * @return string[]
 */
function cloudRows(int $id, int $count): array
{
    $answer = request("scraping-job/$id/json", 60) ?? throw new TryAgain("job $id has no data");
    $rows = [];
    while (($line = fgets($answer)) !== false) {
        $line = trim($line);
        if ($line === '') {
            continue;
        }
        if (!json_decode($line) instanceof stdClass) {
            throw new TryAgain("job $id: a row is no JSON object");
        }
        // The text of the row stays as it is, for numbers that PHP would round.
        $inside = trim(substr($line, 1, -1));
        $rows[] = '{' . $inside . ($inside === '' ? '' : ',') . "\"scrapingjob_id\":$id}";
    }
    if (count($rows) !== $count) {
        throw new TryAgain("job $id has $count rows, but " . count($rows) . ' arrived');
    }
    return $rows;
}

/**
 * Opens an answer for reading; null is 404.
 *
 * @param int $silence seconds without a byte after which it is given up
 * @return resource|null
 */
function request(string $path, int $silence)
{
    $base = rtrim(setting('WEBSCRAPER_API_BASE_URI', 'https://api.webscraper.io/api/v1'), '/');
    $url = "$base/$path?" . http_build_query(['api_token' => setting('WEBSCRAPER_API_TOKEN', '')]);
    $context = stream_context_create(['http' => ['timeout' => $silence, 'ignore_errors' => true, 'follow_location' => 0]]);
    $answer = @fopen($url, 'r', false, $context); // the warning would show the token
    if ($answer === false) {
        throw new TryAgain("$path: no answer");
    }
    $head = stream_get_meta_data($answer)['wrapper_data'];
    $status = (int) (explode(' ', $head[0])[1] ?? 0);
    if ($status === 404) {
        return null;
    }
    if ($status !== 200) {
        throw new TryAgain("$path: answered $status", max(RETRY_AFTER, retryAfter($head)));
    }
    return $answer;
}

/** Seconds that the cloud asks to wait for, as a number or a date; 0 is none. */
function retryAfter(array $head): int
{
    foreach ($head as $line) {
        [$name, $value] = explode(':', $line, 2) + [1 => ''];
        if (strcasecmp($name, 'Retry-After') === 0) {
            $value = trim($value);
            $wait = ctype_digit($value) ? (int) $value : (int) strtotime($value) - time();
            return min(max($wait, 0), LONGEST_WAIT);
        }
    }
    return 0;
}

// ---- the worker ----------------------------------------------------------

function prepare(PDO $db): void
{
    $db->exec('PRAGMA journal_mode = WAL'); // lasts: the endpoint writes while the worker reads
    $db->exec(<<<'SQL'
        -- Every notification that was acknowledged.
        CREATE TABLE IF NOT EXISTS inbox (
            id INTEGER PRIMARY KEY,
            received_at INTEGER NOT NULL,
            job_id INTEGER NOT NULL,
            status TEXT NOT NULL,
            sitemap_id INTEGER NOT NULL,
            sitemap_name TEXT NOT NULL
        );
        -- One row a job: "wanted" counts its notifications, "done" says how many
        -- of them the last import answered to, "state" is what its rows belong to.
        CREATE TABLE IF NOT EXISTS jobs (
            job_id INTEGER PRIMARY KEY,
            wanted INTEGER NOT NULL,
            done INTEGER NOT NULL DEFAULT 0,
            next_try INTEGER NOT NULL DEFAULT 0,
            state TEXT,
            rows TEXT NOT NULL DEFAULT ''
        );
        CREATE INDEX IF NOT EXISTS due ON jobs (next_try) WHERE done < wanted;
        SQL);
}

/** Imports the job that is due for the longest time; false if there is none. */
function work(PDO $db): bool
{
    $due = $db->query('SELECT job_id, wanted, state FROM jobs WHERE done < wanted AND next_try <= unixepoch() ORDER BY next_try LIMIT 1')
        ->fetch(PDO::FETCH_ASSOC);
    if ($due === false) {
        return false;
    }
    try {
        import($db, $due['job_id'], $due['wanted'], $due['state']);
    } catch (TryAgain $failure) {
        error_log("{$failure->getMessage()}; next try in {$failure->wait} s");
        $db->prepare('UPDATE jobs SET next_try = unixepoch() + ? WHERE job_id = ?')->execute([$failure->wait, $due['job_id']]);
    }
    return true;
}

/** Brings the stored rows of a job to what the cloud has of it. */
function import(PDO $db, int $id, int $wanted, ?string $known): void
{
    $job = cloudJob($id);
    $state = json_encode(array_intersect_key($job ?? [], array_flip([
        'status', 'stored_record_count', 'scraping_duration', 'jobs_executed', 'jobs_failed', 'jobs_empty', 'jobs_no_value',
    ])));
    if ($job === null || !in_array($job['status'], IMPORTED, true) || $state === $known) {
        $db->prepare('UPDATE jobs SET done = ?, next_try = 0 WHERE job_id = ?')->execute([$wanted, $id]);
        return;
    }
    $rows = implode("\n", cloudRows($id, $job['stored_record_count']));
    $db->prepare('UPDATE jobs SET done = ?, next_try = 0, state = ?, rows = ? WHERE job_id = ?')->execute([$wanted, $state, $rows, $id]);
    publish($db);
}

/** Writes the file of rows. Who reads it sees the old one or the new. */
function publish(PDO $db): void
{
    $path = setting('ROWS_FILE', setting('STATE_DIR', '.') . '/rows.jsonl');
    $file = fopen("$path.new", 'w') ?: throw new RuntimeException("$path can't be written");
    foreach ($db->query("SELECT rows FROM jobs WHERE rows <> '' ORDER BY job_id") as [$rows]) {
        fwrite($file, "$rows\n");
    }
    if (!fflush($file) || !fsync($file) || !fclose($file) || !rename("$path.new", $path)) {
        throw new RuntimeException("$path can't be written");
    }
}

function main(): void
{
    $folder = setting('STATE_DIR', '.');
    if (!is_dir($folder)) {
        mkdir($folder, recursive: true);
    }
    $db = database();
    prepare($db);
    publish($db); // a kill may have come between a commit and this
    $server = proc_open([
        PHP_BINARY, '-q', '-d', 'display_errors=stderr', '-d', 'post_max_size=' . BODY_LIMIT,
        '-S', '127.0.0.1:' . setting('PORT', '8080'), __FILE__,
    ], [], $pipes);
    register_shutdown_function(proc_terminate(...), $server); // an endpoint alone would only collect
    if (function_exists('pcntl_async_signals')) { // whatever is under way is in the inbox
        pcntl_async_signals(true);
        pcntl_signal(SIGTERM, fn () => exit(0));
        pcntl_signal(SIGINT, fn () => exit(0));
    }
    while (proc_get_status($server)['running']) {
        if (!work($db)) {
            usleep(50_000);
        }
    }
    exit(1); // without its endpoint there is nothing to wait for
}

PHP_SAPI === 'cli-server' ? endpoint() : main();
