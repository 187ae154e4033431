<?php
// The vendor's PHP SDK reads a download line by line.
$table = [];
$file = fopen($argv[1], 'r');
while (($line = fgets($file)) !== false) {
    $row = json_decode($line, true, 512, JSON_THROW_ON_ERROR);
    if ($table === []) {
        $table[] = array_keys($row);
    }
    $table[] = array_map(fn ($value) => $value ?? '', array_values($row));
}
echo json_encode($table, JSON_THROW_ON_ERROR);
