# Prints a job's rows as conform's cmd: probe takes them.
require "csv"
require "json"

path = File.join(ENV.fetch("STATE_DIR", "."), "rows", "#{ARGV[0]}.csv")
rows = File.exist?(path) ? CSV.read(path, headers: true).map(&:to_h) : []
puts JSON.generate(rows: rows.size, records: rows)
