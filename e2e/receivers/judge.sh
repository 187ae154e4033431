#!/bin/bash
# Judges one of these receivers, with the options that it needs, and starts the
# database that it needs for as long. Ends as conform does.
#
#   SCRAPEHOOK=bin/scrapehook e2e/receivers/judge.sh flask-batch --fast
#   e2e/receivers/judge.sh all --fast
#
# What each needs is in its own first lines, and is installed by "make deps"
# where that is small. Exit 77: something of it is not on this machine.
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
SCRAPEHOOK=$(realpath "${SCRAPEHOOK:-$here/../../bin/scrapehook}")
export SCRAPEHOOK
names="batch-minute flask-batch go-files java-lag java-postgres laravel-queue nginx-slow-start node node-bullmq perl-postgres php python python-throttled ruby-csv ruby-one-second"
name=${1:?usage: judge.sh NAME|all [flags of conform]: $names}
shift

if [ "$name" = all ]; then
	wrong=0
	for one in $names; do
		began=$SECONDS rc=0
		"$0" "$one" "$@" >"${REPORTS:-/tmp}/judged-$one.txt" 2>&1 || rc=$?
		printf '%-18s exit %-3s %4s s  %s\n' "$one" "$rc" $((SECONDS - began)) "$(tail -n 1 "${REPORTS:-/tmp}/judged-$one.txt")"
		[ "$rc" = 0 ] || [ "$rc" = 77 ] || wrong=1
	done
	exit $wrong
fi

state=$(mktemp -d)
service=
trap 'rc=$?; [ -z "$service" ] || { kill "$service"; wait "$service" || true; }; rm -rf "$state"; exit $rc' EXIT
export STATE_DIR=$state WEBHOOK_TOKEN=s3cretT0ken
port=$(python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])')
other=$(python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])')

need() {
	for tool in "$@"; do
		command -v "$tool" >/dev/null || { echo "$name needs $tool, which is not here" >&2; exit 77; }
	done
}

# until_ready waits up to 20 s until a command succeeds.
until_ready() {
	for _ in $(seq 200); do
		"$@" >/dev/null 2>&1 && return
		sleep 0.1
	done
	echo "$name: its database does not start" >&2
	exit 3
}

# A server that would run as root runs as a user of its own: "${as[@]}" PROGRAM.
as_user() {
	as=()
	[ "$(id -u)" != 0 ] || as=(setpriv --reuid "$1" --regid "$1" --clear-groups)
}

postgres() {
	programs=$(find /usr/lib/postgresql -name initdb -printf '%h\n' 2>/dev/null | sort -V | tail -n 1)
	[ -n "$programs" ] || { echo "$name needs PostgreSQL" >&2; exit 77; }
	mkdir "$state/pg"
	[ "$(id -u)" != 0 ] || chown postgres "$state" "$state/pg"
	as_user postgres
	"${as[@]}" "$programs/initdb" -D "$state/pg" -A trust -U shop >/dev/null
	"${as[@]}" "$programs/postgres" -D "$state/pg" -p "$other" -k "$state/pg" -h 127.0.0.1 >"$state/pg.log" 2>&1 &
	service=$!
	until_ready psql -h 127.0.0.1 -p "$other" -U shop -c 'SELECT 1' postgres
}

mariadb_server() {
	mkdir "$state/db"
	[ "$(id -u)" != 0 ] || chown mysql "$state" "$state/db"
	as_user mysql
	"${as[@]}" mariadb-install-db --no-defaults --datadir="$state/db" --auth-root-authentication-method=normal >/dev/null
	"${as[@]}" mariadbd --no-defaults --datadir="$state/db" --socket="$state/s" --skip-networking >"$state/db.log" 2>&1 &
	service=$!
	until_ready mariadb -u root -S "$state/s" -e 'CREATE DATABASE IF NOT EXISTS shop'
}

redis() {
	mkdir "$state/redis"
	redis-server --port "$other" --bind 127.0.0.1 --appendonly yes --appendfsync always --save '' --dir "$state/redis" >"$state/redis.log" &
	service=$!
	until_ready redis-cli -p "$other" ping
}

judge() {
	run=$1
	shift
	"$SCRAPEHOOK" conform --run "exec $run" --token "query:token=$WEBHOOK_TOKEN" "$@" "http://127.0.0.1:$port/webhook"
}

cd "$here"
case $name in
node) need node && judge 'node node/receiver.mjs' --probe "file:$state/rows.jsonl" "$@" ;;
python) need python3 && judge 'python3 python/receiver.py' --probe "file:$state/rows.jsonl" "$@" ;;
php) need php && judge 'php php/receiver.php' --probe "file:$state/rows.jsonl" "$@" ;;
python-throttled)
	# A limit of 200 calls in 15 minutes needs as much patience.
	judge 'python3 python-throttled/receiver.py' --probe "file:$state/rows.jsonl" --effect-timeout 16m --retry-timeout 20m "$@"
	;;
flask-batch | batch-minute)
	/usr/bin/python3 -c 'import flask' 2>/dev/null || { echo "$name needs Flask" >&2; exit 77; }
	[ "$name" = flask-batch ] || { export BATCH_SECONDS=60 && set -- --effect-timeout 100s "$@"; }
	judge '/usr/bin/python3 flask-batch/receiver.py' --probe "sql:$state/shop.db" \
		--probe-query 'SELECT * FROM products WHERE job = {job}' "$@"
	;;
ruby-csv | ruby-one-second)
	need ruby && ruby -e 'require "webrick"' 2>/dev/null || { echo "$name needs WEBrick" >&2; exit 77; }
	[ "$name" = ruby-csv ] || export WORK_SECONDS=1
	judge 'ruby ruby-csv/receiver.rb' --probe 'cmd:ruby ruby-csv/rows.rb {job}' "$@"
	;;
nginx-slow-start)
	PATH=$PATH:/usr/sbin need nginx
	PATH=$PATH:/usr/sbin judge nginx-slow-start/run.sh --probe "file:$state/rows.jsonl" "$@"
	;;
go-files)
	go build -o "$state/go-files" ./go-files
	judge "$state/go-files" --probe "cmd:cat $state/rows/{job} 2>/dev/null || echo 0" "$@"
	;;
perl-postgres)
	perl -MDBD::Pg -MHTTP::Daemon -MLWP::UserAgent -MJSON::XS -e 1 2>/dev/null || { echo "$name needs Perl's modules" >&2; exit 77; }
	postgres
	DSN="dbi:Pg:dbname=postgres;host=127.0.0.1;port=$other" DB_USER=shop judge 'perl perl-postgres/receiver.pl' \
		--probe "sql:postgres://shop@127.0.0.1:$other/postgres" \
		--probe-query 'SELECT row_order AS "web-scraper-order", page, title, price, seen, extra FROM items WHERE job = {job}' "$@"
	;;
java-postgres | java-lag)
	need javac && [ -f /usr/share/java/postgresql.jar ] || { echo "$name needs PostgreSQL's JDBC driver" >&2; exit 77; }
	postgres
	javac -d "$state/classes" java-postgres/Receiver.java
	[ "$name" = java-postgres ] || export LAG_SECONDS=8
	JDBC_URL="jdbc:postgresql://127.0.0.1:$other/postgres?user=shop" \
		judge "java -Dsun.net.httpserver.maxReqTime=5 -cp $state/classes:/usr/share/java/postgresql.jar Receiver" \
		--probe "sql:postgres://shop@127.0.0.1:$other/postgres" --probe-query 'SELECT fields FROM offer WHERE job_id = {job}' "$@"
	;;
laravel-queue)
	need php mariadbd && php -r 'exit(extension_loaded("pdo_mysql") ? 0 : 1);' || { echo "$name needs PHP's MySQL" >&2; exit 77; }
	mariadb_server
	DB_DSN="mysql:unix_socket=$state/s;dbname=shop" DB_USER=root DB_PASSWORD='' judge laravel-queue/run.sh \
		--probe 'cmd:php laravel-queue/rows.php {job}' "$@"
	;;
node-bullmq)
	need node npm redis-server
	(cd node-bullmq && npm ci --no-audit --no-fund --ignore-scripts >/dev/null)
	redis
	REDIS_URL=redis://127.0.0.1:$other judge 'node node-bullmq/receiver.mjs' --probe "http:http://127.0.0.1:$port/rows/{job}" "$@"
	;;
*)
	echo "judge.sh: $name is none of: $names" >&2
	exit 2
	;;
esac
