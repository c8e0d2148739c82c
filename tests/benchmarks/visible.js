// A steady load of commands, and one poller that sees when they are visible. The plan comes from visible.py.
//
// The poller asks for the oldest command that is not visible yet, with `?after=` its position. The answer is complete up to
// the position that it carries, so every command up to there is visible now.
"use strict";
const { performance } = require("node:perf_hooks");
const { Connection, percentile, planned, run } = require("./connection.js");

const PATIENCE = 30_000; // milliseconds without progress

async function main(plan) {
  const requests = planned(plan);
  const commands = plan.rate * plan.seconds;
  const waiting = []; // Answered, not visible yet.
  const waits = [];
  const answers = [];
  const polls = {};
  const begun = performance.now();
  let sent = 0;
  let last = begun; // The time of the last answer to a command.
  let progress = begun; // The time at which something became visible.

  // The next command is due at its own time, however long the last one took.
  async function sender(number) {
    const connection = new Connection(plan.urls[number % plan.urls.length]);
    const next = requests(number);
    while (sent < commands) {
      const due = begun + (1000 * sent++) / plan.rate;
      await new Promise((resolve) => setTimeout(resolve, Math.max(0, due - performance.now())));
      const { status, head, body } = await connection.send(next());
      if (status !== 201) throw new Error(`a command was answered with ${status}: ${body}`);
      last = performance.now();
      answers.push(last - due);
      waiting.push({ answered: last, position: Number(header(head, "position")), location: header(head, "location") });
    }
    connection.close();
  }

  async function poller() {
    const url = plan.urls[0];
    const connection = new Connection(url);
    const authorization = `Host: ${new URL(url).host}\r\nAuthorization: ${plan.headers.Authorization}\r\n\r\n`;
    while (waits.length < commands) {
      if (!waiting.length) {
        await new Promise((resolve) => setTimeout(resolve, 1));
      } else {
        const { location, position } = waiting.reduce((one, other) => (other.position < one.position ? other : one));
        const { status, head, body } = await connection.send(`GET ${location}?after=${position} HTTP/1.1\r\n${authorization}`);
        polls[status] = (polls[status] ?? 0) + 1;
        if (status === 200) {
          seen(Number(header(head, "position")));
        } else if (performance.now() - progress > PATIENCE) {
          throw new Error(`nothing became visible for 30 s: ${status} ${body}`);
        } else {
          await new Promise((resolve) => setTimeout(resolve, 10));
        }
      }
    }
    connection.close();
  }

  function seen(position) {
    progress = performance.now();
    for (const one of waiting.splice(0)) {
      if (one.position <= position) waits.push(progress - one.answered);
      else waiting.push(one);
    }
  }

  await Promise.all([poller(), ...Array.from({ length: plan.connections }, (_, number) => sender(number))]);
  return {
    commands_per_second: (1000 * commands) / (last - begun),
    answered_p99_ms: percentile(answers, 0.99),
    p50_ms: percentile(waits, 0.5),
    p99_ms: percentile(waits, 0.99),
    polls,
  };
}

function header(head, name) {
  return new RegExp(`\r\n${name}: *([^\r]*)`, "i").exec(head)?.[1];
}

run(main);
