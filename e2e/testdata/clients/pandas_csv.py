# pandas, with empty cells as what they are.
import json, sys
import pandas

frame = pandas.read_csv(sys.argv[1], dtype=str, keep_default_na=False)
json.dump([list(frame.columns)] + frame.values.tolist(), sys.stdout)
