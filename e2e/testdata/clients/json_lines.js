// A download split at line feeds.
"use strict";
const fs = require("fs");

const rows = fs.readFileSync(process.argv[2], "utf8").split("\n").filter(Boolean).map((line) => JSON.parse(line));
console.log(JSON.stringify([Object.keys(rows[0]), ...rows.map((row) => Object.values(row).map((value) => value ?? ""))]));
