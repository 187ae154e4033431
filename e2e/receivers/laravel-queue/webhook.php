<?php
// The endpoint: pushes a job for the worker, and answers.
declare(strict_types=1);
require __DIR__ . '/database.php';

function refuse(int $code, string $reason): never
{
    http_response_code($code);
    exit("$reason\n");
}

function field(string $name): string
{
    return is_string($_POST[$name] ?? null) ? $_POST[$name] : '';
}

header('Content-Type: text/plain; charset=utf-8');
$secret = (string) getenv('WEBHOOK_TOKEN');
$given = $_GET['token'] ?? '';
if ($secret !== '' && !(is_string($given) && hash_equals($secret, $given))) {
    refuse(403, 'the token is missing or wrong');
}
if (parse_url($_SERVER['REQUEST_URI'], PHP_URL_PATH) !== '/webhook') {
    refuse(404, 'there is nothing here');
}
if ($_SERVER['REQUEST_METHOD'] !== 'POST') {
    header('Allow: POST');
    refuse(405, 'notifications are POSTed');
}
if ((int) ($_SERVER['CONTENT_LENGTH'] ?? 0) > 65536) {
    refuse(413, 'the body is too large');
}
$id = field('scrapingjob_id');
if (!preg_match('/^[1-9][0-9]{0,18}$/D', $id) || (string) (int) $id !== $id || field('status') === '') {
    refuse(422, 'scrapingjob_id or status is missing');
}
try {
    database()->prepare('INSERT INTO jobs (queue, payload, attempts, available_at, created_at) VALUES (?, ?, 0, UNIX_TIMESTAMP(), UNIX_TIMESTAMP())')
        ->execute(['default', json_encode(['scrapingjob_id' => (int) $id, 'status' => field('status'), 'sitemap_id' => field('sitemap_id'), 'sitemap_name' => bin2hex(field('sitemap_name'))])]);
} catch (PDOException $error) {
    error_log($error->getMessage());
    refuse(503, 'try again later');
}
http_response_code(200);
echo "queued\n";
