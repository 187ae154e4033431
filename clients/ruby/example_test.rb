# frozen_string_literal: true

# A test of a webhook handler, by minitest: scrapehook exec -- ruby example_test.rb

require 'json'
require 'minitest/autorun'
require 'net/http'
require 'socket'
require_relative 'scrapehook_cloud'

# The program under test: it imports the rows of each job that has finished.
class Handler
  attr_reader :imported, :url

  def initialize
    @imported = {}
    @server = TCPServer.new('127.0.0.1', 0)
    @url = "http://127.0.0.1:#{@server.addr[1]}/webhook"
    @thread = Thread.new { loop { serve(@server.accept) } }
  end

  def stop
    @thread.kill.join
    @server.close
  end

  private

  def serve(client)
    length = 0
    while (line = client.gets.to_s.chomp) != ''
      length = line.split(': ')[1].to_i if line.downcase.start_with?('content-length:')
    end
    status, text = answer(client.read(length))
    client.write("HTTP/1.1 #{status}\r\nContent-Length: #{text.bytesize}\r\nConnection: close\r\n\r\n#{text}")
  ensure
    client.close
  end

  def answer(body)
    fields = ENV['BROKEN'] ? JSON.parse(body) : URI.decode_www_form(body).to_h # BROKEN shows what a failure looks like
    job = Integer(fields.fetch('scrapingjob_id'))
    rows = Net::HTTP.get_response(URI("#{ScrapehookCloud::API_URL}scraping-job/#{job}/json?api_token=#{ScrapehookCloud::API_TOKEN}"))
    rows.value # raises unless it is a success
    @imported[job] = rows.body.lines.map { |row| JSON.parse(row) }
    ['200 OK', 'ok']
  rescue StandardError => e
    ['500 Internal Server Error', "#{e.class}: #{e.message}"]
  end
end

class ExampleTest < Minitest::Test
  def setup
    @handler = Handler.new
    @cloud = ScrapehookCloud.new
    @cloud.reset
    @cloud.notify(@handler.url)
  end

  def teardown = @handler.stop

  def test_imports_every_row
    job = @cloud.finish(rows: 3)
    @cloud.wait_acknowledged(job)
    assert_equal 3, @handler.imported[job['id']].size
  end

  def test_imports_at_the_resend_what_failed_at_first
    @cloud.fault('server-error', route: 'GET scraping-job/{id}/json', nth: 1)
    job = @cloud.finish(rows: 3)
    @cloud.wait_attempts(job)
    refute_includes @handler.imported, job['id']
    @cloud.advance('10m')
    @cloud.wait_acknowledged(job)
    assert_equal 3, @handler.imported[job['id']].size
  end
end
