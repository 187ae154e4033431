# Ruby's CSV.
require "csv"
require "json"

puts JSON.generate(CSV.read(ARGV[0], encoding: "bom|utf-8"))
