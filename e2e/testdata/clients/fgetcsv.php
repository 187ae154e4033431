<?php
// PHP's fgetcsv as it comes: its escape character is a backslash.
$file = fopen($argv[1], 'r');
if (fread($file, 3) !== "\xEF\xBB\xBF") {
    rewind($file);
}
$table = [];
while (($row = fgetcsv($file)) !== false) {
    $table[] = $row;
}
echo json_encode($table, JSON_THROW_ON_ERROR);
