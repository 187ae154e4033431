<?php

// The program under test: it imports the rows of each job that has finished into
// a file.

declare(strict_types=1);

try {
    $body = (string) file_get_contents('php://input');
    if (getenv('BROKEN')) { // shows what a failure looks like
        $fields = json_decode($body, true, 512, JSON_THROW_ON_ERROR);
    } else {
        parse_str($body, $fields);
    }
    $job = (int) $fields['scrapingjob_id'];
    $rows = @file_get_contents(getenv('WEBSCRAPER_API_BASE_URI') . "scraping-job/$job/json?api_token=" . getenv('WEBSCRAPER_API_TOKEN'));
    if ($rows === false) {
        throw new RuntimeException('the API refuses');
    }
    file_put_contents(getenv('IMPORTED') . "/$job", $rows);
    echo 'ok';
} catch (Throwable $error) {
    http_response_code(500);
    echo get_class($error) . ': ' . $error->getMessage();
}
