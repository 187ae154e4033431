#!/bin/sh
# nginx in front of a program that needs seconds to start: until then, nginx
# answers 502. The program is the receiver in ../python.
#
#   STATE_DIR=/tmp/s scrapehook conform --run ./run.sh --probe file:/tmp/s/rows.jsonl http://127.0.0.1:8080/webhook
#
# Needs Debian's nginx-light. START_SECONDS is how long the program takes (6).
set -eu
here=$(cd "$(dirname "$0")" && pwd)
folder=${STATE_DIR:-.}/nginx
behind=$((10000 + PORT % 20000)) # below the ports that systems give out
mkdir -p "$folder"
cat >"$folder/nginx.conf" <<EOF
daemon off;
worker_processes 1;
pid $folder/nginx.pid;
error_log $folder/error.log;
events { worker_connections 1024; }
http {
	access_log off;
	client_body_temp_path $folder/body;
	proxy_temp_path $folder/proxy;
	fastcgi_temp_path $folder/fastcgi;
	uwsgi_temp_path $folder/uwsgi;
	scgi_temp_path $folder/scgi;
	client_max_body_size 64k;
	server {
		listen 127.0.0.1:$PORT;
		location = /webhook {
			proxy_pass http://127.0.0.1:$behind/;
			proxy_connect_timeout 2s;
		}
	}
}
EOF
trap 'kill $nginx $program; wait' TERM INT
nginx -e "$folder/error.log" -c "$folder/nginx.conf" &
nginx=$!
(sleep "${START_SECONDS:-6}"; PORT=$behind exec python3 "$here/../python/receiver.py") &
program=$!
wait
