#!/usr/bin/perl
# Perl and PostgreSQL (Debian's libdbd-pg-perl, libhttp-daemon-perl,
# libwww-perl, libjson-xs-perl): four processes that answer, one that imports.
#
#   DSN='dbi:Pg:dbname=shop;host=127.0.0.1' scrapehook conform --run 'exec perl receiver.pl' \
#       --probe 'sql:postgres://127.0.0.1/shop' \
#       --probe-query 'SELECT row_order AS "web-scraper-order", page, title, price, seen, extra FROM items WHERE job = {job}' \
#       http://127.0.0.1:8080/webhook
#
# It believes the cloud: the form only says which job to ask for, whatever its
# status. Prices are NUMERIC, dates DATE, texts TEXT.
use v5.30;
use warnings;
use utf8;
use DBI;
use HTTP::Daemon;
use HTTP::Status;
use JSON::XS;
use LWP::UserAgent;
use List::Util qw(max min);
use POSIX ();
use URI::Escape qw(uri_unescape);
use sigtrap handler => sub { exit 0 }, qw(TERM INT);

my $json = JSON::XS->new->utf8->allow_nonref;
my $secret = $ENV{WEBHOOK_TOKEN} // '';

sub database {
    my $db = DBI->connect($ENV{DSN}, $ENV{DB_USER} // '', $ENV{DB_PASSWORD} // '', { RaiseError => 1, PrintError => 0, AutoCommit => 1, pg_enable_utf8 => 1 });
    $db->do('SET client_min_messages = warning');
    return $db;
}

my $db = database();
$db->do('CREATE TABLE IF NOT EXISTS notified (id BIGSERIAL PRIMARY KEY, job BIGINT NOT NULL, status TEXT NOT NULL, at TIMESTAMPTZ NOT NULL DEFAULT now())');
$db->do('CREATE TABLE IF NOT EXISTS jobs (job BIGINT PRIMARY KEY, seen BIGINT NOT NULL DEFAULT 0, state TEXT, failures INT NOT NULL DEFAULT 0, next_try TIMESTAMPTZ NOT NULL DEFAULT now())');
$db->do('CREATE TABLE IF NOT EXISTS items (job BIGINT NOT NULL, row_order TEXT NOT NULL, page TEXT, title TEXT, price NUMERIC, seen DATE, extra JSONB, PRIMARY KEY (job, row_order))');
$db->do('CREATE INDEX IF NOT EXISTS notified_job ON notified (job, id)');
$db->disconnect;

my $daemon = HTTP::Daemon->new(LocalAddr => '127.0.0.1', LocalPort => $ENV{PORT} // 8080, ReuseAddr => 1, Listen => 128) or die "listen: $!";
my @children;
for my $role (('answer') x 4, 'import') {
    my $pid = fork() // die "fork: $!";
    if (!$pid) {
        $role eq 'answer' ? answer() : import_all();
        exit 0;
    }
    push @children, $pid;
}
$SIG{TERM} = $SIG{INT} = sub { kill TERM => @children };
1 while wait() > 0;

# ---- the endpoint ----

sub answer {
    local $SIG{PIPE} = 'IGNORE';
    my $db;
    while (my $connection = $daemon->accept) {
        $connection->timeout(5);
        while (my $request = $connection->get_request) {
            my ($code, $text) = eval { $db //= database(); notification($request, $db) };
            if (!$code) {
                warn $@;
                undef $db;
                ($code, $text) = (503, 'try again later');
            }
            $connection->send_response(HTTP::Response->new($code, status_message($code), ['Content-Type' => 'text/plain', 'Connection' => 'close'], "$text\n"));
            last;
        }
        $connection->close;
    }
}

sub form {
    my ($body) = @_;
    my %form;
    for my $pair (split /&/, $body) {
        my ($name, $value) = split /=/, $pair, 2;
        for ($name, $value) {
            $_ //= '';
            tr/+/ /;
            return if /%(?![0-9A-Fa-f]{2})/;
            $_ = uri_unescape($_);
        }
        $form{$name} = $value;
    }
    return \%form;
}

sub notification {
    my ($request, $db) = @_;
    my $query = form($request->uri->query // '') // {};
    return (401, 'the token is missing or wrong') if ($query->{token} // '') ne $secret;
    return (404, 'there is nothing here') if $request->uri->path ne '/webhook';
    return (405, 'notifications are POSTed') if $request->method ne 'POST';
    return (415, 'a notification is a form') if ($request->content_type // '') ne 'application/x-www-form-urlencoded';
    return (413, 'the body is too large') if length($request->content) > 65536;
    my $form = form($request->content) or return (400, 'the form has a malformed escape');
    my $id = $form->{scrapingjob_id} // '';
    return (400, 'scrapingjob_id or status is missing')
        if $id !~ /\A[1-9][0-9]{0,18}\z/ || (length $id == 19 && $id gt '9223372036854775807') || ($form->{status} // '') !~ /\A[\w-]+\z/;
    $db->do('INSERT INTO notified (job, status) VALUES (?, ?)', undef, $id, $form->{status});
    return (200, 'stored');
}

# ---- the importer ----

my $agent;

# Returns the body, or undef for 404; dies with { wait => seconds }.
sub get {
    my ($path) = @_;
    $agent //= LWP::UserAgent->new(timeout => 60, max_redirect => 0);
    my $answer = $agent->get("$ENV{WEBSCRAPER_API_BASE_URI}$path?api_token=$ENV{WEBSCRAPER_API_TOKEN}");
    return undef if $answer->code == 404;
    my $after = $answer->header('Retry-After') // '';
    die { why => "$path: " . $answer->status_line, wait => $after =~ /^\d+$/ ? min($after, 900) : 0 }
        if $answer->code != 200 || $answer->header('Client-Aborted') || $answer->header('X-Died');
    my $length = $answer->header('Content-Length');
    die { why => "$path: the answer was cut", wait => 0 } if defined $length && length($answer->content) != $length;
    return $answer->content;
}

sub import_all {
    my $db;
    while (1) {
        my $did = eval { $db //= database(); import_next($db) };
        if ($@) {
            warn ref $@ ? $@->{why} : $@;
            undef $db;
        }
        select undef, undef, undef, $did ? 0 : 0.3;
    }
}

sub import_next {
    my ($db) = @_;
    my ($job, $count, $state, $failures) = $db->selectrow_array(
        'SELECT n.job, count(*), j.state, coalesce(j.failures, 0) FROM notified n LEFT JOIN jobs j USING (job)
         WHERE coalesce(j.next_try, now()) <= now() GROUP BY n.job, j.seen, j.state, j.failures
         HAVING count(*) > coalesce(j.seen, 0) ORDER BY max(n.id) LIMIT 1');
    return 0 if !$job;
    eval { import_job($db, $job, $count, $state // ''); 1 } and return 1;
    my $error = $@;
    eval { $db->rollback } if !$db->{AutoCommit};
    warn "job $job: ", ref $error ? $error->{why} : $error;
    my $wait = max(ref $error ? $error->{wait} : 0, min(2**$failures, 60));
    $db->do('INSERT INTO jobs (job, failures, next_try) VALUES (?, 1, now() + ? * interval \'1 second\')
             ON CONFLICT (job) DO UPDATE SET failures = jobs.failures + 1, next_try = excluded.next_try', undef, $job, $wait);
    return 1;
}

sub import_job {
    my ($db, $job, $count, $state) = @_;
    my $settle = sub {
        $db->do('INSERT INTO jobs (job, seen, state) VALUES (?, ?, ?) ON CONFLICT (job) DO UPDATE
                 SET seen = excluded.seen, state = excluded.state, failures = 0, next_try = now()', undef, $job, $count, $state);
    };
    my $body = get("scraping-job/$job") // return $settle->();
    my $about = $json->decode($body)->{data};
    return $settle->() if $about->{status} !~ /^(finished|stopped|shelved)$/;
    my $now = join ' ', map { $about->{$_} // '' } qw(status stored_record_count scraping_duration jobs_executed jobs_failed jobs_empty jobs_no_value);
    return $settle->() if $now eq $state;
    my $data = get("scraping-job/$job/json") // die { why => 'no data', wait => 0 };
    my @rows = map { $json->decode($_) } grep { /\S/ } split /\n/, $data;
    die { why => scalar(@rows) . " rows of $about->{stored_record_count}", wait => 0 } if @rows != $about->{stored_record_count};
    $db->begin_work;
    $db->do('DELETE FROM items WHERE job = ?', undef, $job);
    my $insert = $db->prepare('INSERT INTO items (job, row_order, page, title, price, seen, extra) VALUES (?, ?, ?, ?, ?, ?, ?)');
    my $number = 0;
    for my $row (@rows) {
        my %row = %$row;
        my $order = delete $row{'web-scraper-order'} // ++$number;
        my ($page, $title) = map { delete $row{$_} } 'web-scraper-start-url', 'title';
        my ($price, $seen);
        $price = delete $row{price} if ($row{price} // '') =~ /\A\$?[0-9]{1,3}(,?[0-9]{3}){0,2}(\.[0-9]{1,4})?\z/;
        $price =~ tr/$,//d if defined $price;
        if (($row{date} // '') =~ /\A([0-9]{4})-([0-9]{2})-([0-9]{2})\z/) {
            my $same = POSIX::strftime('%Y-%m-%d', 0, 0, 12, $3, $2 - 1, $1 - 1900);
            $seen = delete $row{date} if $same eq $row{date}; # 30 February is not a DATE
        }
        # JSONB can't hold U+0000; nothing else is changed.
        my $extra = %row ? JSON::XS->new->encode(\%row) : undef;
        $insert->execute($job, $order, $page, $title, $price, $seen, $extra);
    }
    $state = $now;
    $settle->();
    $db->commit;
}
