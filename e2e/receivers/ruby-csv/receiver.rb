# Ruby and WEBrick (Debian's ruby-webrick): a CSV file for each job.
#
#   STATE_DIR=/tmp/s scrapehook conform --run 'exec ruby receiver.rb' --probe 'cmd:ruby rows.rb {job}' \
#       http://127.0.0.1:8080/webhook
#
# The endpoint appends the notification to a journal and syncs it. One worker
# imports a job at a time (WORK_SECONDS: how long each takes beside), from the
# cloud's CSV, and writes rows/ID.csv by a rename. What is done is in a second
# journal; after a start, the difference is due.
require "csv"
require "fileutils"
require "json"
require "net/http"
require "webrick"

FOLDER = ENV.fetch("STATE_DIR", ".")
ROWS = File.join(FOLDER, "rows")
FileUtils.mkdir_p(ROWS)
WORK = ENV.fetch("WORK_SECONDS", "0").to_f
Thread.abort_on_exception = true

# A file of JSON lines, each synced.
class Journal
  def initialize(path)
    @lock = Mutex.new
    @file = File.open(path, File::RDWR | File::CREAT, 0o644)
    whole = @file.read.b
    end_ = (whole.rindex("\n") || -1) + 1
    @file.truncate(end_) # a kill may have cut the last line
    @file.seek(end_)
    @entries = whole[0, end_].lines.map { |line| JSON.parse(line) }
  end
  attr_reader :entries

  def add(entry)
    @lock.synchronize do
      @file.write(JSON.generate(entry) + "\n")
      @file.flush
      @file.fsync
    end
  end
end

INBOX = Journal.new(File.join(FOLDER, "inbox.jsonl"))
DONE = Journal.new(File.join(FOLDER, "done.jsonl"))

# Jobs that are due, each with the number of its notifications so far.
class Due
  def initialize
    @lock, @changed = Mutex.new, ConditionVariable.new
    @wanted, @done, @states, @failures, @at = Hash.new(0), Hash.new(0), {}, Hash.new(0), Hash.new(0.0)
    INBOX.entries.each { |e| @wanted[e["job"]] += 1 }
    DONE.entries.each { |e| @done[e["job"]] = e["wanted"]; @states[e["job"]] = e["state"] }
  end

  # The journal and the count change together, so that done counts what is in it.
  def add(job, status)
    @lock.synchronize do
      INBOX.add("job" => job, "status" => status)
      @wanted[job] += 1
      @changed.signal
    end
  end

  def take
    @lock.synchronize do
      loop do
        due = @wanted.keys.select { |job| @done[job] < @wanted[job] }
        job = due.min_by { |j| @at[j] }
        wait = job ? @at[job] - Time.now.to_f : nil
        return [job, @wanted[job], @states[job]] if wait && wait <= 0
        @changed.wait(@lock, wait)
      end
    end
  end

  def done(job, wanted, state)
    @lock.synchronize do
      DONE.add("job" => job, "wanted" => wanted, "state" => state)
      @done[job], @states[job] = wanted, state
      @failures.delete(job)
      @at.delete(job)
    end
  end

  def later(job, seconds)
    @lock.synchronize do
      wait = [seconds, [0.5 * 2**[@failures[job], 8].min, 60].min].max
      @failures[job] += 1
      @at[job] = Time.now.to_f + wait
    end
  end
end

class TryAgain < StandardError
  attr_reader :wait

  def initialize(why, wait = 0)
    super(why)
    @wait = wait
  end
end

# Returns the body, or nil for 404.
def get(path)
  uri = URI(ENV.fetch("WEBSCRAPER_API_BASE_URI") + path + "?" + URI.encode_www_form(api_token: ENV.fetch("WEBSCRAPER_API_TOKEN")))
  answer = Net::HTTP.start(uri.host, uri.port, use_ssl: uri.scheme == "https", read_timeout: 45, open_timeout: 10, max_retries: 0) { |http| http.get(uri) }
  return nil if answer.code == "404"
  raise TryAgain.new("#{path}: #{answer.code}", answer["Retry-After"].to_i) unless answer.code == "200"
  answer.body.force_encoding("UTF-8")
end

def import(job, state)
  body = get("scraping-job/#{job}") or return state
  about = JSON.parse(body)["data"]
  return state unless %w[finished stopped shelved].include?(about["status"])
  now = about.values_at("status", "stored_record_count", "scraping_duration", "jobs_executed", "jobs_failed", "jobs_empty").join(" ")
  return state if now == state
  data = get("scraping-job/#{job}/csv") or raise TryAgain, "no data"
  table = CSV.parse(data.delete_prefix("\uFEFF"), headers: true, row_sep: "\r\n")
  raise TryAgain, "#{table.size} rows of #{about["stored_record_count"]}" if table.size != about["stored_record_count"]
  sleep WORK
  path = File.join(ROWS, "#{job}.csv")
  File.open(path + ".new", "w") do |file|
    file.write(table.to_csv)
    file.flush
    file.fsync
  end
  File.rename(path + ".new", path)
  File.open(ROWS) { |folder| folder.fsync }
  now
end

due = Due.new
Thread.new do
  loop do
    job, wanted, state = due.take
    begin
      due.done(job, wanted, import(job, state))
    rescue TryAgain, IOError, SystemCallError, SocketError, Timeout::Error, JSON::ParserError, CSV::MalformedCSVError,
           Net::HTTPBadResponse, Net::ProtocolError => e
      warn "job #{job}: #{e.class} #{e.message}"
      due.later(job, e.is_a?(TryAgain) ? e.wait : 0)
    end
  end
end

server = WEBrick::HTTPServer.new(BindAddress: "127.0.0.1", Port: ENV.fetch("PORT", "8080").to_i, AccessLog: [], MaxClients: 300)
server.mount_proc("/webhook") do |request, response|
  refuse = lambda { |code, why| response.status = code; response.body = why + "\n" }
  secret = ENV.fetch("WEBHOOK_TOKEN", "")
  given = WEBrick::HTTPUtils.parse_query(request.query_string)["token"].to_s
  next refuse.(403, "wrong token") unless given == secret
  next refuse.(405, "POST only") unless request.request_method == "POST"
  next refuse.(415, "a form is needed") unless request.content_type.to_s.split(";")[0].to_s.strip.downcase == "application/x-www-form-urlencoded"
  next refuse.(413, "too large") if request["Content-Length"].to_i > 65_536
  begin
    form = URI.decode_www_form(request.body.to_s).to_h
  rescue ArgumentError => e
    next refuse.(400, e.message)
  end
  id = form["scrapingjob_id"].to_s
  next refuse.(400, "scrapingjob_id or status is missing") unless id.match?(/\A[1-9][0-9]{0,18}\z/) && id.to_i < 2**63 && !form["status"].to_s.empty?
  due.add(id.to_i, form["status"])
  response.status = 204
end
%w[INT TERM].each { |signal| trap(signal) { server.shutdown } }
server.start
