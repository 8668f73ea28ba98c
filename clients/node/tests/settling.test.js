import assert from "node:assert/strict";
import { test } from "node:test";
import { Fatal, JobError, Problem, RetryLater } from "../src/index.js";
import { drop, problem, terms } from "./support/fake-server.js";
import { claimed, Workshop } from "./support/workshop.js";

const roomy = { ...terms, limits: { ...terms.limits, resultBytes: 1000 } };
const unavailable = problem(503, "storage-unavailable");

test("a handler's value completes the job", { timeout: 5000 }, async (t) => {
  const shop = await Workshop.open(t, { handler: async (job) => ({ twice: job.payload.n * 2 }) });
  shop.server.offer(claimed({ payload: { n: 21 } }));
  const complete = await shop.server.received("complete");
  assert.deepEqual(complete.body, { result: { twice: 42 } });
  assert.equal(complete.path, "/api/worker/jobs/job-1/complete");
  assert.equal(complete.headers["job-lease"], "secret-token");
  assert.equal(complete.headers["job-fence"], "1");
  assert.equal(complete.headers.authorization, "Bearer secret-key");
});

test("a handler gets what the claim says of the job", { timeout: 5000 }, async (t) => {
  const shop = await Workshop.open(t, {
    // All but the methods, which JSON leaves out.
    handler: (job) => job,
    script: (server) => server.answer("sessions", { status: 201, body: roomy }),
  });
  const said = { projectId: "p", checkpoint: { done: 3 }, traceparent: "00-1" };
  const job = claimed({ ...said, lease: { fence: 7 } });
  shop.server.offer(job);
  const { lease, ...fields } = job;
  const { body } = await shop.server.received("complete");
  assert.deepEqual(body.result, { ...fields, fence: 7 });
});

test("a settle is sent again with the same body until it is answered", { timeout: 5000 }, async (t) => {
  const shop = await Workshop.open(t, {
    handler: () => ({ at: Math.random() }),
    script: (server) => server.answer("complete", unavailable, drop, problem(429, "quota-exceeded")),
  });
  shop.server.offer(claimed());
  await shop.repeat(250);
  await shop.repeat(500);
  await shop.repeat(1000);
  await shop.server.received("complete", 4);
  await shop.close();
  const texts = shop.server.of("complete").map(({ text }) => text);
  assert.equal(texts.length, 4);
  assert.deepEqual(new Set(texts).size, 1);
});

test("Retry-After of a refused settle is obeyed", { timeout: 5000 }, async (t) => {
  const shop = await Workshop.open(t, {
    handler: () => 1,
    script: (server) => server.answer("complete", problem(503, "storage-unavailable", {}, { "Retry-After": "3" })),
  });
  shop.server.offer(claimed());
  await shop.repeat(3250);
  await shop.server.received("complete", 2);
});

test("a settle is given up when the lease is over", { timeout: 5000 }, async (t) => {
  const shop = await Workshop.open(t, {
    handler: () => 1,
    script: (server) => {
      server.answer("complete", problem(503, "storage-unavailable", {}, { "Retry-After": "60" }));
      server.answer("heartbeat", ...Array(20).fill(unavailable));
    },
  });
  shop.server.offer(claimed());
  await shop.clock.armed(60_250);
  shop.clock.advance(27_000);
  shop.clock.advance(60_000);
  await shop.close();
  assert.equal(shop.server.of("complete").length, 1);
});

test("an end is said again though a heartbeat calls the lease lost", { timeout: 5000 }, async (t) => {
  const shop = await Workshop.open(t, {
    handler: () => 1,
    script: (server) => server.answer("complete", problem(503, "storage-unavailable", {}, { "Retry-After": "7" })),
  });
  shop.server.offer(claimed());
  await shop.clock.armed(7250);
  const jobs = [{ id: "job-1", fence: 1, action: "lost" }];
  shop.server.answer("heartbeat", { body: { state: "run", jobs } });
  await shop.beat(2);
  // The next beat is due only once this one was answered.
  await shop.clock.armed(5000);
  shop.clock.advance(2250);
  await shop.server.received("complete", 2);
});

test("lease-lost is final", { timeout: 5000 }, async (t) => {
  const shop = await Workshop.open(t, {
    handler: () => 1,
    script: (server) => server.answer("complete", problem(409, "lease-lost", { currentStatus: "Queued" })),
  });
  shop.server.offer(claimed());
  await shop.server.received("complete");
  await shop.close();
  assert.equal(shop.server.of("complete").length, 1);
  assert.equal(shop.server.of("cancelled").length + shop.server.of("fail").length, 0);
});

test("another end of the same run is not argued with", { timeout: 5000 }, async (t) => {
  const shop = await Workshop.open(t, {
    handler: () => 1,
    script: (server) => server.answer("complete", problem(409, "already-settled")),
  });
  shop.server.offer(claimed());
  await shop.server.received("complete");
  await shop.close();
  assert.equal(shop.server.of("complete").length, 1);
  assert.equal(shop.server.of("fail").length, 0);
});

test("a result that is too large fails with a word on how to hand it over", { timeout: 5000 }, async (t) => {
  const shop = await Workshop.open(t, { handler: () => "x".repeat(500) });
  shop.server.offer(claimed());
  const { body } = await shop.server.received("fail");
  assert.equal(body.code, "result_too_large");
  assert.equal(body.retryable, false);
  await shop.close();
  assert.equal(shop.server.of("complete").length, 0);
});

test("a result that the server will never take fails the job with the reason", { timeout: 5000 }, async (t) => {
  const shop = await Workshop.open(t, {
    handler: () => "\ud800",
    script: (server) => server.answer("complete", problem(400, "invalid-json", { detail: "lone surrogate" })),
  });
  shop.server.offer(claimed());
  const { body } = await shop.server.received("fail");
  assert.equal(body.code, "result_refused");
  assert.match(body.message, /^The server refused the result: lone/);
});

const failures = [
  ["an error", new TypeError("no"), { code: "type_error", message: "no" }],
  ["an error of the system", Object.assign(new Error("no"), { code: "EIO" }), { code: "EIO", message: "no" }],
  ["a JobError", new JobError("no", { code: "http_503", details: { a: 1 }, retryAfterMs: 1500 }), {
    code: "http_503", message: "no", details: { a: 1 }, retryAfterSeconds: 2,
  }],
  ["a refusal", new Problem({ type: "/problems/gone", detail: "no" }, 410), { code: "gone", message: "no" }],
  ["a Fatal", new Fatal("no", { code: "bad" }), { code: "bad", message: "no", retryable: false }],
];
for (const [name, error, expected] of failures) {
  test(`${name} fails the job`, { timeout: 5000 }, async (t) => {
    const shop = await Workshop.open(t, { handler: () => Promise.reject(error) });
    shop.server.offer(claimed());
    const fail = await shop.server.received("fail");
    assert.deepEqual(fail.body, expected);
    // The stack is for the worker's own log.
    assert.ok(!fail.text.includes("settling.test"));
  });
}

test("a failing handler's stack is in the worker's own log", { timeout: 5000 }, async (t) => {
  const shop = await Workshop.open(t, { handler: () => { throw new Error("broken"); } });
  shop.server.offer(claimed());
  await shop.server.received("fail");
  assert.ok(shop.logged.some(({ text }) => text.includes("settling.test")));
});

test("RetryLater gives the job back for a while", { timeout: 5000 }, async (t) => {
  const shop = await Workshop.open(t, { handler: () => { throw new RetryLater(61_500); } });
  shop.server.offer(claimed());
  const { body } = await shop.server.received("release");
  assert.deepEqual(body, { reason: "retry later", delaySeconds: 62 });
  await shop.close();
  assert.equal(shop.server.of("fail").length, 0);
});

test("neither the key nor a lease token is ever logged", { timeout: 5000 }, async (t) => {
  const shop = await Workshop.open(t, {
    handler: () => { throw new Error("broken"); },
    script: (server) => {
      server.answer("sessions", drop);
      server.answer("fail", drop, problem(422, "validation"));
      server.answer("heartbeat", drop);
    },
  });
  await shop.repeat(500);
  shop.server.offer(claimed());
  await shop.repeat(250);
  await shop.server.received("fail", 2);
  await shop.close();
  assert.ok(shop.logged.length > 3);
  for (const { text } of shop.logged) assert.doesNotMatch(text, /secret/);
});
