<?php
// Makes the tables. The first is Laravel's.
require __DIR__ . '/database.php';

foreach ([
    'CREATE TABLE IF NOT EXISTS jobs (
        id BIGINT UNSIGNED AUTO_INCREMENT PRIMARY KEY, queue VARCHAR(255) NOT NULL, payload LONGTEXT NOT NULL,
        attempts INT UNSIGNED NOT NULL, reserved_at INT UNSIGNED NULL, available_at INT UNSIGNED NOT NULL,
        created_at INT UNSIGNED NOT NULL, KEY (queue, reserved_at, available_at))',
    'CREATE TABLE IF NOT EXISTS imports (job_id BIGINT PRIMARY KEY, state VARCHAR(255) NOT NULL)',
    'CREATE TABLE IF NOT EXISTS scraped_rows (
        id BIGINT UNSIGNED AUTO_INCREMENT PRIMARY KEY, job_id BIGINT NOT NULL, data LONGTEXT NOT NULL, KEY (job_id))',
] as $table) {
    database()->exec($table . ' ENGINE=InnoDB DEFAULT CHARSET=utf8mb4');
}
