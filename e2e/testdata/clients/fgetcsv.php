<?php
// PHP's fgetcsv, as it comes or with a second argument: the escape character. As it
// comes, that is a backslash, which CSV does not have.
$file = fopen($argv[1], 'r');
if (fread($file, 3) !== "\xEF\xBB\xBF") {
    rewind($file);
}
$table = [];
while (($row = fgetcsv($file, null, ',', '"', $argv[2] ?? '\\')) !== false) {
    $table[] = $row;
}
echo json_encode($table, JSON_THROW_ON_ERROR);
