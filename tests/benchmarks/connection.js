// One keep-alive connection that speaks HTTP/1.1 itself: any client library would cost more than the server that it measures.
"use strict";
const net = require("node:net");

const LENGTH = /\r\ncontent-length: *(\d+)/i;
const CLOSES = /\r\nconnection: *close/i;

class Connection {
  constructor(url) {
    this.url = new URL(url);
  }

  // The answer to one request: its status, its head and its body. Rejects if the connection breaks first.
  send(text) {
    return new Promise((resolve, reject) => {
      this.waiting = { resolve, reject };
      this.socket ??= this.opened();
      this.socket.write(text);
    });
  }

  close() {
    this.socket?.destroy();
  }

  opened() {
    const socket = net.connect({ host: this.url.hostname, port: this.url.port, noDelay: true });
    socket.setEncoding("latin1"); // One character a byte, as Content-Length counts.
    let text = "";
    socket.on("data", (chunk) => {
      text += chunk;
      const answer = whole(text);
      if (answer) {
        text = "";
        if (CLOSES.test(answer.head)) this.ended(socket);
        this.waiting.resolve(answer);
      }
    });
    socket.on("error", () => {});
    socket.on("close", () => {
      if (this.socket === socket) this.ended(socket);
    });
    return socket;
  }

  ended(socket) {
    this.socket = undefined;
    socket.destroy();
    this.waiting?.reject(new Error(`${this.url.host} ended the connection`));
  }
}

function whole(text) {
  const end = text.indexOf("\r\n\r\n");
  if (end < 0) return undefined;
  const head = text.slice(0, end);
  const length = Number(LENGTH.exec(head)?.[1] ?? 0);
  if (text.length < end + 4 + length) return undefined;
  return { status: Number(head.slice(9, 12)), head, body: text.slice(end + 4) };
}

// A function that makes the planned requests of a connection. {n} is a text that is never used again. {id} is the next of the
// ids that only this connection uses, so that no two requests for one id meet.
function planned(plan) {
  const host = new URL(plan.urls[0]).host;
  const lines = Object.entries({ Host: host, ...plan.headers }).map(([name, value]) => `${name}: ${value}\r\n`);
  const head = template(`${plan.method} ${plan.path} HTTP/1.1\r\n${lines.join("")}`);
  const body = template(plan.body);
  let made = 0;
  return (connection) => {
    const ids = plan.ids.filter((_, index) => index % plan.connections === connection);
    let turn = 0;
    return () => {
      const [n, id] = [`${plan.run}-${++made}`, ids[turn++ % ids.length] ?? ""];
      const text = body(n, id);
      return `${head(n, id)}Content-Length: ${Buffer.byteLength(text)}\r\n\r\n${text}`;
    };
  };
}

// A function that fills in {n} and {id}. The text is taken apart once.
function template(text) {
  const parts = text.split(/(\{n\}|\{id\})/);
  return (n, id) => parts.map((part) => (part === "{n}" ? n : part === "{id}" ? id : part)).join("");
}

// The value below which `share` of the values are. NaN if there are none.
function percentile(values, share) {
  const sorted = Float64Array.from(values).sort();
  return sorted.length ? sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] : NaN;
}

// Runs `main` with the plan from standard input, and prints its result as one line of JSON.
async function run(main) {
  const chunks = [];
  for await (const chunk of process.stdin) chunks.push(chunk);
  console.log(JSON.stringify(await main(JSON.parse(Buffer.concat(chunks).toString()))));
}

module.exports = { Connection, percentile, planned, run };
