# Python's csv module, as its documentation has it; utf-8-sig takes the mark off.
import csv, json, sys

with open(sys.argv[1], encoding="utf-8-sig", newline="") as file:
    json.dump(list(csv.reader(file)), sys.stdout)
