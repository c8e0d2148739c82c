// Load: each connection sends its next request when the last one is answered. The plan comes from load.py.
"use strict";
const { performance } = require("node:perf_hooks");
const { Connection, percentile, planned, run } = require("./connection.js");

async function main(plan) {
  const requests = planned(plan);
  const begun = performance.now();
  const until = begun + 1000 * plan.seconds;
  const latencies = [];
  let errors = 0;

  // The connections are spread evenly over the addresses.
  async function client(number) {
    const connection = new Connection(plan.urls[number % plan.urls.length]);
    const next = requests(number);
    for (let sent = performance.now(); sent < until; sent = performance.now()) {
      try {
        const { status } = await connection.send(next());
        latencies.push(performance.now() - sent);
        if (status >= 400) errors += 1;
      } catch {
        errors += 1;
        await new Promise((resolve) => setTimeout(resolve, 10));
      }
    }
    connection.close();
  }

  await Promise.all(Array.from({ length: plan.connections }, (_, number) => client(number)));
  return {
    requests: latencies.length,
    errors,
    requests_per_second: (1000 * latencies.length) / (performance.now() - begun),
    p50_ms: percentile(latencies, 0.5),
    p99_ms: percentile(latencies, 0.99),
  };
}

run(main);
