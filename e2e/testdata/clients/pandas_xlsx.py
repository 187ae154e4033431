# pandas over openpyxl.
import json, sys
import pandas

frame = pandas.read_excel(sys.argv[1], dtype=str, keep_default_na=False)
json.dump([list(frame.columns)] + frame.values.tolist(), sys.stdout)
