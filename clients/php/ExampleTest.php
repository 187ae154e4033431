<?php

// A test of a webhook handler, by PHPUnit: scrapehook exec -- phpunit ExampleTest.php

declare(strict_types=1);

require_once __DIR__ . '/ScrapehookCloud.php';

use PHPUnit\Framework\TestCase;

final class ExampleTest extends TestCase
{
    /** @var resource */
    private static $server;
    private static string $url;
    private static string $imported;
    private ScrapehookCloud $cloud;

    public static function setUpBeforeClass(): void
    {
        self::$imported = sys_get_temp_dir() . '/imported-' . getmypid();
        mkdir(self::$imported);
        $free = stream_socket_server('tcp://127.0.0.1:0');
        $address = stream_socket_get_name($free, false);
        fclose($free);
        self::$url = "http://$address/webhook";
        self::$server = proc_open(
            [PHP_BINARY, '-S', $address, __DIR__ . '/webhook.php'],
            [1 => ['file', '/dev/null', 'w'], 2 => ['file', '/dev/null', 'w']],
            $pipes,
            null,
            getenv() + ['IMPORTED' => self::$imported]
        );
        for ($i = 0; $i < 500 && !@fsockopen('tcp://' . $address); $i++) {
            usleep(10_000);
        }
    }

    public static function tearDownAfterClass(): void
    {
        proc_terminate(self::$server);
        array_map('unlink', glob(self::$imported . '/*'));
        rmdir(self::$imported);
    }

    protected function setUp(): void
    {
        $this->cloud = new ScrapehookCloud();
        $this->cloud->reset();
        $this->cloud->notify(self::$url);
    }

    public function testImportsEveryRow(): void
    {
        $job = $this->cloud->finish(rows: 3);
        $this->cloud->waitAcknowledged($job);
        $this->assertCount(3, file(self::$imported . '/' . $job['id']));
    }

    public function testImportsAtTheResendWhatFailedAtFirst(): void
    {
        $this->cloud->fault('server-error', ['route' => 'GET scraping-job/{id}/json', 'nth' => 1]);
        $job = $this->cloud->finish(rows: 3);
        $this->cloud->waitAttempts($job);
        $this->assertFileDoesNotExist(self::$imported . '/' . $job['id']);
        $this->cloud->advance('10m');
        $this->cloud->waitAcknowledged($job);
        $this->assertCount(3, file(self::$imported . '/' . $job['id']));
    }
}
