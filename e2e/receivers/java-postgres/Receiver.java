import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.net.InetSocketAddress;
import java.net.URI;
import java.net.URLDecoder;
import java.net.URLEncoder;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Executors;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Java and PostgreSQL, without a framework: com.sun.net.httpserver, JDBC
 * (Debian's libpostgresql-jdbc-java), and upserts by the row's own key.
 *
 * <pre>
 * javac Receiver.java
 * JDBC_URL='jdbc:postgresql://127.0.0.1/shop?user=shop' scrapehook conform \
 *     --run 'exec java -cp .:/usr/share/java/postgresql.jar Receiver' \
 *     --probe 'sql:postgres://shop@127.0.0.1/shop' \
 *     --probe-query "SELECT row_key AS \"web-scraper-order\", url AS \"web-scraper-start-url\", fields FROM offer WHERE job_id = {job}" \
 *     http://127.0.0.1:8080/webhook
 * </pre>
 *
 * The queue is a table; two workers take jobs with FOR UPDATE SKIP LOCKED and
 * keep that transaction open for the import, so that a killed one gives its job
 * back. LAG_SECONDS puts each import off.
 */
public final class Receiver {
    private static final Pattern ESCAPE = Pattern.compile("%(?![0-9A-Fa-f]{2})");
    private static final String API = System.getenv("WEBSCRAPER_API_BASE_URI");
    private static final String TOKEN = System.getenv("WEBSCRAPER_API_TOKEN");
    private static final String SECRET = System.getenv().getOrDefault("WEBHOOK_TOKEN", "");
    private static final double LAG = Double.parseDouble(System.getenv().getOrDefault("LAG_SECONDS", "0"));
    private static final HttpClient HTTP = HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).connectTimeout(Duration.ofSeconds(10)).build();

    private static final class Refused extends Exception {
        final int code;

        Refused(int code, String why) {
            super(why);
            this.code = code;
        }
    }

    private static final class Later extends Exception {
        final long seconds;

        Later(String why, long seconds) {
            super(why);
            this.seconds = seconds;
        }
    }

    private static Connection connect() throws SQLException {
        return DriverManager.getConnection(System.getenv("JDBC_URL"));
    }

    public static void main(String[] args) throws Exception {
        try (Connection db = connect(); var statement = db.createStatement()) {
            statement.execute("CREATE TABLE IF NOT EXISTS import (job_id BIGINT PRIMARY KEY, wanted INT NOT NULL, done INT NOT NULL DEFAULT 0,"
                    + " state TEXT, failures INT NOT NULL DEFAULT 0, not_before TIMESTAMPTZ NOT NULL DEFAULT now())");
            statement.execute("CREATE TABLE IF NOT EXISTS offer (job_id BIGINT NOT NULL, row_key TEXT NOT NULL, url TEXT, fields JSON NOT NULL,"
                    + " generation INT NOT NULL, PRIMARY KEY (job_id, row_key))");
        }
        HttpServer server = HttpServer.create(new InetSocketAddress("127.0.0.1", Integer.parseInt(System.getenv().getOrDefault("PORT", "8080"))), 200);
        server.setExecutor(Executors.newFixedThreadPool(16));
        server.createContext("/webhook", Receiver::answer);
        for (int i = 0; i < 2; i++) {
            Thread worker = new Thread(Receiver::work, "importer-" + i);
            worker.setDaemon(true);
            worker.start();
        }
        server.start();
    }

    // ---- the endpoint ----

    private static final ThreadLocal<Connection> ENDPOINT = new ThreadLocal<>();

    private static void answer(HttpExchange exchange) throws IOException {
        int code = 200;
        String text = "stored\n";
        try {
            long job = notification(exchange);
            Connection db = ENDPOINT.get();
            if (db == null || !db.isValid(1)) {
                ENDPOINT.set(db = connect());
            }
            try (PreparedStatement insert = db.prepareStatement("INSERT INTO import (job_id, wanted, not_before) VALUES (?, 1, now() + ? * interval '1 second')"
                    + " ON CONFLICT (job_id) DO UPDATE SET wanted = import.wanted + 1")) {
                insert.setLong(1, job);
                insert.setDouble(2, LAG);
                insert.executeUpdate();
            }
        } catch (Refused refused) {
            code = refused.code;
            text = refused.getMessage() + "\n";
        } catch (SQLException error) {
            System.err.println(error);
            code = 503;
            text = "try again later\n";
        }
        byte[] body = text.getBytes(StandardCharsets.UTF_8);
        exchange.sendResponseHeaders(code, body.length);
        try (var out = exchange.getResponseBody()) {
            out.write(body);
        }
    }

    private static long notification(HttpExchange exchange) throws Refused, IOException {
        String given = form(exchange.getRequestURI().getRawQuery()).getOrDefault("token", "");
        if (!MessageDigest.isEqual(given.getBytes(StandardCharsets.UTF_8), SECRET.getBytes(StandardCharsets.UTF_8))) {
            throw new Refused(403, "the token is missing or wrong");
        }
        if (!exchange.getRequestMethod().equals("POST")) {
            throw new Refused(405, "notifications are POSTed");
        }
        String type = exchange.getRequestHeaders().getFirst("Content-Type");
        if (type == null || !type.split(";")[0].trim().equalsIgnoreCase("application/x-www-form-urlencoded")) {
            throw new Refused(415, "a notification is a form");
        }
        byte[] body = exchange.getRequestBody().readNBytes(65_537);
        if (body.length > 65_536) {
            throw new Refused(413, "the body is too large");
        }
        Map<String, String> fields = form(new String(body, StandardCharsets.US_ASCII));
        String status = fields.getOrDefault("status", "");
        try {
            long job = Long.parseLong(fields.getOrDefault("scrapingjob_id", ""));
            if (job > 0 && !status.isEmpty()) {
                return job;
            }
        } catch (NumberFormatException error) {
            // refused below
        }
        throw new Refused(400, "scrapingjob_id or status is missing");
    }

    private static Map<String, String> form(String text) throws Refused {
        Map<String, String> fields = new HashMap<>();
        if (text == null) {
            return fields;
        }
        if (ESCAPE.matcher(text).find()) {
            throw new Refused(400, "a malformed escape");
        }
        for (String pair : text.split("&")) {
            String[] parts = pair.split("=", 2);
            fields.put(URLDecoder.decode(parts[0], StandardCharsets.UTF_8), parts.length < 2 ? "" : URLDecoder.decode(parts[1], StandardCharsets.UTF_8));
        }
        return fields;
    }

    // ---- the importer ----

    private static void work() {
        while (true) {
            boolean worked = false;
            try (Connection db = connect()) {
                db.setAutoCommit(false);
                while (worked = next(db)) {
                    // until nothing is due
                }
            } catch (SQLException | RuntimeException error) {
                System.err.println(error);
            }
            try {
                Thread.sleep(200);
            } catch (InterruptedException error) {
                return;
            }
        }
    }

    private static boolean next(Connection db) throws SQLException {
        long job;
        int wanted;
        int failures;
        String state;
        try (ResultSet due = db.createStatement().executeQuery("SELECT job_id, wanted, state, failures FROM import WHERE done < wanted AND not_before <= now()"
                + " ORDER BY not_before LIMIT 1 FOR NO KEY UPDATE SKIP LOCKED")) {
            if (!due.next()) {
                db.rollback();
                return false;
            }
            job = due.getLong(1);
            wanted = due.getInt(2);
            state = due.getString(3);
            failures = due.getInt(4);
        }
        // The row is not kept locked: the endpoint must be able to count another
        // notification meanwhile. An advisory lock keeps other workers off.
        db.rollback();
        try (ResultSet lock = db.createStatement().executeQuery("SELECT pg_try_advisory_lock(" + job + ")")) {
            lock.next();
            if (!lock.getBoolean(1)) {
                db.rollback();
                return false;
            }
        }
        db.commit();
        try {
            String now = bring(db, job, wanted, state);
            try (PreparedStatement done = db.prepareStatement("UPDATE import SET done = greatest(done, ?), state = ?, failures = 0 WHERE job_id = ?")) {
                done.setInt(1, wanted);
                done.setString(2, now);
                done.setLong(3, job);
                done.executeUpdate();
            }
            db.commit();
        } catch (Later | IOException | InterruptedException | RuntimeException error) {
            db.rollback();
            System.err.println("job " + job + ": " + error);
            long wait = Math.max(error instanceof Later later ? later.seconds : 0, Math.min(1L << Math.min(failures, 6), 60));
            try (PreparedStatement later = db.prepareStatement("UPDATE import SET failures = failures + 1, not_before = now() + ? * interval '1 second' WHERE job_id = ?")) {
                later.setLong(1, wait);
                later.setLong(2, job);
                later.executeUpdate();
            }
            db.commit();
        } finally {
            db.createStatement().execute("SELECT pg_advisory_unlock(" + job + ")");
            db.commit();
        }
        return true;
    }

    /** Makes the job's offers what the cloud has, and returns its state. */
    private static String bring(Connection db, long job, int generation, String state) throws SQLException, Later, IOException, InterruptedException {
        // Another worker may have finished it since the look above.
        try (ResultSet row = db.createStatement().executeQuery("SELECT state FROM import WHERE job_id = " + job)) {
            row.next();
            state = row.getString(1);
        }
        db.commit();
        String about;
        try (InputStream body = get("scraping-job/" + job)) {
            if (body == null) {
                return state;
            }
            about = new String(body.readAllBytes(), StandardCharsets.UTF_8);
        }
        if (!List.of("finished", "stopped", "shelved").contains(field(about, "status"))) {
            return state;
        }
        long count = Long.parseLong(field(about, "stored_record_count"));
        String now = field(about, "status") + "/" + count + "/" + field(about, "scraping_duration") + "/" + field(about, "jobs_executed")
                + "/" + field(about, "jobs_failed") + "/" + field(about, "jobs_empty") + "/" + field(about, "jobs_no_value");
        if (now.equals(state)) {
            return state;
        }
        List<String> lines = new ArrayList<>();
        try (InputStream body = get("scraping-job/" + job + "/json")) {
            if (body == null) {
                throw new Later("no data", 0);
            }
            BufferedReader reader = new BufferedReader(new InputStreamReader(body, StandardCharsets.UTF_8));
            StringBuilder line = new StringBuilder();
            for (int c; (c = reader.read()) >= 0;) { // readLine would end a line at a lone CR as well
                if (c != '\n') {
                    line.append((char) c);
                } else if (!line.isEmpty()) {
                    lines.add(line.toString());
                    line.setLength(0);
                }
            }
            if (!line.isEmpty()) {
                lines.add(line.toString());
            }
        }
        if (lines.size() != count) {
            throw new Later(lines.size() + " rows of " + count, 0);
        }
        try (PreparedStatement upsert = db.prepareStatement("INSERT INTO offer (job_id, row_key, url, fields, generation) VALUES (?, ?, ?, ?::json, ?)"
                + " ON CONFLICT (job_id, row_key) DO UPDATE SET url = excluded.url, fields = excluded.fields, generation = excluded.generation")) {
            int number = 0;
            for (String line : lines) {
                String key = field(line, "web-scraper-order");
                upsert.setLong(1, job);
                upsert.setString(2, key != null ? key : String.valueOf(++number));
                upsert.setString(3, field(line, "web-scraper-start-url"));
                upsert.setString(4, line);
                upsert.setInt(5, generation);
                upsert.executeUpdate();
            }
        }
        try (PreparedStatement rest = db.prepareStatement("DELETE FROM offer WHERE job_id = ? AND generation <> ?")) {
            rest.setLong(1, job);
            rest.setInt(2, generation);
            rest.executeUpdate();
        }
        return now;
    }

    /** A member of a flat JSON object whose value is a simple text or a number. */
    private static String field(String object, String name) {
        Matcher match = Pattern.compile("\"" + name + "\"\\s*:\\s*(?:\"((?:[^\"\\\\]|\\\\/)*)\"|(-?[0-9.]+))").matcher(object);
        if (!match.find()) {
            return null;
        }
        return match.group(1) != null ? match.group(1).replace("\\/", "/") : match.group(2);
    }

    private static InputStream get(String path) throws IOException, InterruptedException, Later {
        HttpRequest request = HttpRequest.newBuilder(URI.create(API + path + "?api_token=" + URLEncoder.encode(TOKEN, StandardCharsets.UTF_8)))
                .timeout(Duration.ofSeconds(60)).build();
        HttpResponse<InputStream> response = HTTP.send(request, HttpResponse.BodyHandlers.ofInputStream());
        if (response.statusCode() == 200) {
            return response.body();
        }
        response.body().close();
        if (response.statusCode() == 404) {
            return null;
        }
        long wait = response.headers().firstValue("Retry-After").filter(value -> value.matches("[0-9]{1,5}")).map(Long::parseLong).orElse(0L);
        throw new Later(path + ": answered " + response.statusCode(), Math.min(wait, 900));
    }
}
