#!/bin/sh
# A web server and a queue worker, as Laravel's database queue has them, in PHP
# and MariaDB. Both end together; the database is a service of its own.
#
#   DB_DSN='mysql:unix_socket=/run/mysqld/mysqld.sock;dbname=shop' DB_USER=shop DB_PASSWORD=… \
#   scrapehook conform --run ./run.sh --probe 'cmd:php rows.php {job}' http://127.0.0.1:8080/webhook
#
# Needs Debian's php-cli, php-mysql and mariadb-server.
#
# A reserved job is free again after 90 s (retry_after), so a killed worker's
# import begins that late: keep conform's --retry-timeout well above it.
cd "$(dirname "$0")" || exit 1
php schema.php || exit 1
trap 'trap - TERM; kill 0' TERM INT
php worker.php &
PHP_CLI_SERVER_WORKERS=8 php -S "127.0.0.1:$PORT" webhook.php &
wait
