// Loaded before the SDK, which is not changed: the vendor's host is this
// machine, and its port the simulator's, as a line in /etc/hosts and a listener
// on port 443 would have it.
"use strict";
const dns = require("dns");
const net = require("net");

const host = "api.webscraper.io";
const lookup = dns.lookup;
dns.lookup = (name, options, callback) =>
  name === host ? lookup("127.0.0.1", options, callback) : lookup(name, options, callback);

const connect = net.Socket.prototype.connect;
net.Socket.prototype.connect = function (...args) {
  const options = Array.isArray(args[0]) ? args[0][0] : args[0];
  if (options && options.host === host && Number(options.port) === 443) {
    options.port = Number(process.env.SIMULATOR_PORT);
  }
  return connect.apply(this, args);
};
