// As programs do that know of no quotes within values: every value is quoted, so
// a line is cut at ",".
"use strict";
const fs = require("fs");

const [header, ...lines] = fs.readFileSync(process.argv[2], "utf8").replace(/^\ufeff/, "").trimEnd().split("\r\n");
console.log(JSON.stringify([header.split(","), ...lines.map((line) => line.slice(1, -1).split('","'))]));
