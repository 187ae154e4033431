<?php

/**
 * A simulated Web Scraper Cloud in tests, by its control API.
 *
 * Copy this file; it needs PHP 8.0 and nothing else. Run the tests with a cloud
 * around them: scrapehook exec -- phpunit tests
 */

declare(strict_types=1);

/** What the cloud refuses, or what did not happen in it. */
final class CloudError extends RuntimeException
{
}

final class ScrapehookCloud
{
    private string $controlUrl;

    public function __construct(?string $controlUrl = null)
    {
        $this->controlUrl = $controlUrl ?? (string) getenv('SCRAPEHOOK_CONTROL_URL');
        if ($this->controlUrl === '') {
            throw new CloudError("SCRAPEHOOK_CONTROL_URL is not set: run the tests with 'scrapehook exec -- COMMAND'");
        }
    }

    /** Jobs that end from now on are notified to these URLs. */
    public function notify(string ...$urls): void
    {
        $this->call('PUT', 'endpoints', ['endpoints' => $urls]);
    }

    /** Makes a job that has ended; $job may have sitemap_id, custom_id, start_urls. */
    public function finish(int $rows = 100, string $status = 'finished', array $job = []): array
    {
        $made = $this->call('POST', 'jobs', ['takes' => '8760h'] + $job); // not before it is told to
        return $this->end($made, $rows, $status);
    }

    /** Ends a job that runs: one that your program has made over the API, say. */
    public function end(array|int $job, int $rows = 100, string $status = 'finished', array $pages = []): array
    {
        return $this->call('POST', 'jobs/' . self::id($job) . '/end', ['rows' => $rows, 'status' => $status] + $pages);
    }

    /** Calls of the API go wrong, such as fault('server-error', ['route' => 'GET scraping-job/{id}/json', 'nth' => 1]). */
    public function fault(string $kind, array $rule = []): void
    {
        $this->call('POST', 'faults', ['kind' => $kind] + $rule);
    }

    /** Moves the cloud's clock, by which notifications are resent: advance('10m'). */
    public function advance(string $duration): void
    {
        $this->call('POST', 'clock', ['advance' => $duration]);
    }

    /** Forgets jobs, deliveries and faults. Ids go on. */
    public function reset(): void
    {
        $this->call('POST', 'reset');
    }

    /** The notifications of a job, each with its attempts. */
    public function deliveries(array|int $job): array
    {
        return $this->page($job)['deliveries'];
    }

    /** Waits until that many attempts to notify of a job have ended. */
    public function waitAttempts(array|int $job, int $count = 1, float $timeout = 10): array
    {
        $enough = fn (array $page) => count(array_merge(...array_column($page['deliveries'], 'attempts'))) >= $count;
        return $this->wait($job, $enough, $timeout, "has had $count attempts");
    }

    /** Waits until each notification of a job is acknowledged, and returns them. */
    public function waitAcknowledged(array|int $job, float $timeout = 10): array
    {
        return $this->wait($job, function (array $page) use ($job) {
            $states = array_unique(array_column($page['deliveries'], 'state'));
            if (in_array('given-up', $states, true)) {
                throw new CloudError('a notification of job ' . self::id($job) . ' was given up' . $this->history($page));
            }
            return $states === ['acked'] && $page['pending_total'] === 0;
        }, $timeout, 'was acknowledged');
    }

    /** Calls the control API, for what has no method here. */
    public function call(string $method, string $path, array $body = []): array
    {
        $answer = file_get_contents($this->controlUrl . $path, false, stream_context_create(['http' => [
            'method' => $method, 'header' => "Content-Type: application/json\r\nConnection: close",
            'content' => $method === 'GET' ? '' : json_encode((object) $body), 'ignore_errors' => true, 'timeout' => 30,
        ]]));
        if ($answer === false) {
            throw new CloudError("$method $path: no answer from $this->controlUrl");
        }
        $decoded = json_decode($answer, true, 512, JSON_THROW_ON_ERROR);
        if (isset($decoded['error'])) {
            throw new CloudError("$method $path: " . $decoded['error']);
        }
        return $decoded;
    }

    private function page(array|int $job): array
    {
        return $this->call('GET', 'deliveries?limit=1000&job=' . self::id($job));
    }

    private function wait(array|int $job, callable $done, float $timeout, string $what): array
    {
        for ($deadline = microtime(true) + $timeout; ; usleep(20_000)) {
            $page = $this->page($job);
            if ($done($page)) {
                return $page['deliveries'];
            }
            if (microtime(true) > $deadline) {
                throw new CloudError("after $timeout s, not every notification of job " . self::id($job) . " $what" . $this->history($page));
            }
        }
    }

    private function history(array $page): string
    {
        if ($page['deliveries'] === []) {
            return ': none was sent. Are there endpoints? $cloud->notify($url)';
        }
        $lines = ':';
        foreach (array_reverse($page['deliveries']) as $listed) {
            $delivery = $this->call('GET', 'deliveries/' . $listed['delivery']);
            foreach ($delivery['attempts'] as $a) {
                $how = $a['error'] ?? 'answered ' . ($a['http_status'] ?? 'nothing');
                $lines .= "\n  attempt {$a['attempt']} to {$a['url']}: {$a['reason']}, $how";
                foreach (array_slice(array_filter(explode("\n", $a['answer']['body'] ?? '')), 0, 5) as $line) {
                    $lines .= "\n    $line";
                }
            }
            if ($delivery['state'] === 'waiting') {
                $lines .= "\n  attempt {$delivery['attempt']} comes when the cloud's clock is {$delivery['due']}: \$cloud->advance('10m')";
            }
        }
        return $lines;
    }

    /** The id of a job, or that of an answer. */
    private static function id(array|int $job): int
    {
        return is_array($job) ? $job['id'] : $job;
    }
}
