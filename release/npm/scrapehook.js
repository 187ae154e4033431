#!/usr/bin/env node
// Runs the binary that npm has installed for this system.
"use strict";

const { spawn } = require("node:child_process");
const { constants } = require("node:os");

const name = `scrapehook-${process.platform}-${process.arch}`;
let binary;
try {
  binary = require.resolve(`${name}/bin/scrapehook${process.platform === "win32" ? ".exe" : ""}`);
} catch {
  console.error(`scrapehook: the package ${name} is not installed: there is no binary for this system, or npm was told to omit optional dependencies`);
  process.exit(2);
}

const child = spawn(binary, process.argv.slice(2), { stdio: "inherit" });
// A terminal's Ctrl-C reaches the binary by itself; what is sent to us alone is
// handed on. The binary decides when to end.
process.on("SIGINT", () => {});
for (const signal of ["SIGTERM", "SIGHUP"]) {
  process.on(signal, () => child.kill(signal));
}
child.on("error", (err) => {
  console.error(`scrapehook: ${err.message}`);
  process.exit(3);
});
child.on("exit", (code, signal) => {
  process.exit(signal ? 128 + constants.signals[signal] : code);
});
