import { createServer } from "node:http";

/** What a session is answered with. */
export const terms = {
  workerId: "w_1",
  heartbeatSeconds: 5,
  leaseSeconds: 30,
  maxClaim: 4,
  limits: {
    resultBytes: 200,
    checkpointBytes: 100,
    dataBytes: 100,
    errorBytes: 40,
    detailsBytes: 50,
    messageBytes: 20,
    logLineBytes: 30,
    logLines: 3,
  },
};

const everyday = {
  sessions: () => ({ status: 201, body: terms }),
  heartbeat: ({ body }) => ({
    body: { state: "run", jobs: body.jobs.map(({ id, fence }) => ({ id, fence, action: "continue", expiresIn: 30 })) },
  }),
  progress: () => ({ body: { action: "continue" } }),
  logs: () => ({ status: 202, body: { action: "continue" } }),
  checkpoint: () => ({ status: 204 }),
  "result-upload": () => ({ status: 201, body: { uploadId: "u1", filename: "f", size: 1, sha256: "00" } }),
  complete: () => ({ body: { status: "Completed" } }),
  fail: () => ({ body: { status: "Queued" } }),
  release: () => ({ body: { status: "Queued" } }),
  cancelled: () => ({ status: 204 }),
  goodbye: () => ({ status: 204 }),
};

/** A problem document as an answer. */
export const problem = (status, type, more = {}, headers = {}) => ({
  status,
  headers: { "Content-Type": "application/problem+json", ...headers },
  body: { type: `/problems/${type}`, title: `Title of ${type}.`, status, ...more },
});

/** An answer that never comes: the connection breaks after the request was read. */
export const drop = Symbol("drop");

/** Answers as it is told, and remembers what it was asked. */
export class FakeServer {
  requests = [];
  #scripts = new Map();
  #waiting = [];
  #offered = [];
  #claims = [];
  #server = createServer((request, response) => this.#serve(request, response));

  static async start(t) {
    const server = new FakeServer();
    await new Promise((resolve) => server.#server.listen(0, "127.0.0.1", resolve));
    t.after(() => server.close());
    return server;
  }

  get url() {
    return `http://127.0.0.1:${this.#server.address().port}`;
  }

  close() {
    this.#server.close();
    this.#server.closeAllConnections();
  }

  /** Scripts the next answers to a call: objects, `drop`, or functions of the request that give one of these. */
  answer(call, ...answers) {
    this.#scripts.set(call, [...(this.#scripts.get(call) ?? []), ...answers]);
  }

  /** Gives jobs to the claim that waits, or to the next one. */
  offer(...jobs) {
    this.#offered.push(...jobs);
    this.#feed();
  }

  /** The requests of a call so far. */
  of(call) {
    return this.requests.filter((request) => request.call === call);
  }

  /** Waits for so many requests of a call in all, and gives the last of them. */
  received(call, count = 1) {
    return new Promise((resolve) => {
      const look = () => (this.of(call).length >= count ? (resolve(this.of(call)[count - 1]), true) : false);
      if (!look()) this.#waiting.push(look);
    });
  }

  async #serve(request, response) {
    const chunks = [];
    try {
      for await (const chunk of request) chunks.push(chunk);
    } catch {
      return; // The client gave up in the middle of its request.
    }
    const seen = this.#note(request, Buffer.concat(chunks));
    let answer = this.#scripts.get(seen.call)?.shift() ?? everyday[seen.call] ?? this.#claim(seen, response);
    if (typeof answer === "function") answer = await answer(seen);
    if (answer !== undefined) reply(response, answer);
    if (seen.call === "heartbeat" && seen.body.state === "stopping") this.#feed({ status: 204 });
  }

  #note({ method, url, headers }, bytes) {
    const [path, query = ""] = url.split("?");
    const isJSON = headers["content-type"] === "application/json";
    const body = isJSON ? JSON.parse(bytes) : bytes.toString();
    const seen = { call: callOf(method, path), method, path, query, headers, text: bytes.toString(), body };
    this.requests.push(seen);
    this.#waiting = this.#waiting.filter((look) => !look());
    return seen;
  }

  /** A claim waits for jobs; anything else that nobody scripted is a mistake of the test. */
  #claim(seen, response) {
    if (seen.call !== "claim") return problem(404, "not-found");
    this.#claims.push(response);
    this.#feed();
    return undefined;
  }

  #feed(otherwise) {
    const jobs = this.#offered;
    const answer = jobs.length > 0 ? { body: { jobs } } : otherwise;
    if (answer === undefined || this.#claims.length === 0) return;
    this.#offered = [];
    reply(this.#claims.shift(), answer);
  }
}

/** The last word of a call of the worker's side; of others, method and path. */
function callOf(method, path) {
  if (method === "DELETE") return "goodbye";
  return path.startsWith("/api/worker/") ? path.split("/").at(-1) : `${method} ${path}`;
}

function reply(response, answer) {
  if (answer === drop) return response.destroy();
  const { status = 200, headers = {}, body } = answer;
  response.writeHead(status, { "Content-Type": "application/json", ...headers });
  response.end(body === undefined ? undefined : typeof body === "string" ? body : JSON.stringify(body));
}
