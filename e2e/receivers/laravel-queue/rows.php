<?php
// Prints the rows of a job as conform's cmd: probe takes them.
require __DIR__ . '/database.php';

$rows = database()->prepare('SELECT data FROM scraped_rows WHERE job_id = ? ORDER BY id');
$rows->execute([$argv[1]]);
$records = $rows->fetchAll(PDO::FETCH_COLUMN);
echo '{"rows": ', count($records), ', "records": [', implode(',', $records), "]}\n";
