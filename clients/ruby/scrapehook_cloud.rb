# frozen_string_literal: true

# A simulated Web Scraper Cloud in tests, by its control API.
#
# Copy this file; it needs Ruby 3.0 and nothing else. Run the tests with a cloud
# around them: scrapehook exec -- rspec

require 'json'
require 'net/http'

class ScrapehookCloud
  API_URL = ENV.fetch('WEBSCRAPER_API_BASE_URI', '')
  API_TOKEN = ENV.fetch('WEBSCRAPER_API_TOKEN', '')

  # What the cloud refuses, or what did not happen in it.
  class Error < StandardError; end

  def initialize(control_url = ENV['SCRAPEHOOK_CONTROL_URL'])
    raise Error, "SCRAPEHOOK_CONTROL_URL is not set: run the tests with 'scrapehook exec -- COMMAND'" if control_url.to_s.empty?

    @control_url = control_url
  end

  # Jobs that end from now on are notified to these URLs.
  def notify(*urls) = call('PUT', 'endpoints', endpoints: urls)

  # Makes a job that has ended; job may have sitemap_id, custom_id, start_urls.
  def finish(rows: 100, status: 'finished', **job)
    made = call('POST', 'jobs', takes: '8760h', **job) # not before it is told to
    end_job(made, rows: rows, status: status)
  end

  # Ends a job that runs: one that your program has made over the API, say.
  def end_job(job, rows: 100, status: 'finished', **pages)
    call('POST', "jobs/#{id_of(job)}/end", rows: rows, status: status, **pages)
  end

  # Calls of the API go wrong, such as fault('server-error', route: 'GET scraping-job/{id}/json', nth: 1).
  def fault(kind, **rule) = call('POST', 'faults', kind: kind, **rule)

  # Moves the cloud's clock, by which notifications are resent: advance('10m').
  def advance(duration) = call('POST', 'clock', advance: duration)

  # Forgets jobs, deliveries and faults. Ids go on.
  def reset = call('POST', 'reset')

  # The notifications of a job, each with its attempts.
  def deliveries(job) = page(job)['deliveries']

  # Waits until that many attempts to notify of a job have ended.
  def wait_attempts(job, count = 1, timeout: 10)
    wait(job, timeout, "has had #{count} attempts") { |page| page['deliveries'].sum { |d| d['attempts'].size } >= count }
  end

  # Waits until each notification of a job is acknowledged, and returns them.
  def wait_acknowledged(job, timeout: 10)
    wait(job, timeout, 'was acknowledged') do |page|
      states = page['deliveries'].map { |d| d['state'] }.uniq
      raise Error, "a notification of job #{id_of(job)} was given up#{history(page)}" if states.include?('given-up')

      states == ['acked'] && page['pending_total'].zero?
    end
  end

  # Calls the control API, for what has no method here.
  def call(method, path, body = nil)
    uri = URI(@control_url + path)
    request = Net::HTTP.const_get(method.capitalize).new(uri, 'Content-Type' => 'application/json')
    request.body = JSON.generate(body || {}) unless method == 'GET'
    answer = Net::HTTP.start(uri.host, uri.port, use_ssl: uri.scheme == 'https', read_timeout: 30) { |http| http.request(request) }
    raise Error, "#{method} #{path}: #{answer.body}" unless answer.is_a?(Net::HTTPSuccess)

    JSON.parse(answer.body)
  end

  private

  def page(job) = call('GET', "deliveries?limit=1000&job=#{id_of(job)}")

  def wait(job, timeout, what)
    deadline = now + timeout
    loop do
      found = page(job)
      return found['deliveries'] if yield(found)
      raise Error, "after #{timeout} s, not every notification of job #{id_of(job)} #{what}#{history(found)}" if now > deadline

      sleep 0.02
    end
  end

  def now = Process.clock_gettime(Process::CLOCK_MONOTONIC)

  def history(page)
    return ': none was sent. Are there endpoints? cloud.notify(url)' if page['deliveries'].empty?

    page['deliveries'].reverse.map { |d| call('GET', "deliveries/#{d['delivery']}") }.reduce(':') do |lines, delivery|
      delivery['attempts'].each do |a|
        lines += "\n  attempt #{a['attempt']} to #{a['url']}: #{a['reason']}, #{a['error'] || "answered #{a['http_status']}"}"
        lines += a.dig('answer', 'body').to_s.lines(chomp: true).first(5).map { |line| "\n    #{line}" }.join
      end
      next lines unless delivery['state'] == 'waiting'

      lines + "\n  attempt #{delivery['attempt']} comes when the cloud's clock is #{delivery['due']}: cloud.advance('10m')"
    end
  end

  # The id of a job, or that of an answer.
  def id_of(job) = job.is_a?(Hash) ? job['id'] : job
end
