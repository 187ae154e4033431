// csv-parse of npm.
"use strict";
const fs = require("fs");
const { parse } = require("csv-parse/sync");

console.log(JSON.stringify(parse(fs.readFileSync(process.argv[2]), { bom: true })));
