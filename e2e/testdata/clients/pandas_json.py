# pandas, a line at a time.
import json, sys
import pandas

frame = pandas.read_json(sys.argv[1], lines=True, dtype=False, convert_dates=False)
frame = frame.astype(object).where(frame.notnull(), "")
json.dump([list(frame.columns)] + frame.values.tolist(), sys.stdout)
