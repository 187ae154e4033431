<?php

declare(strict_types=1);

function database(): PDO
{
    return new PDO(getenv('DB_DSN') . ';charset=utf8mb4', getenv('DB_USER') ?: '', getenv('DB_PASSWORD') ?: '', [
        PDO::ATTR_ERRMODE => PDO::ERRMODE_EXCEPTION,
        PDO::ATTR_EMULATE_PREPARES => false,
    ]);
}
