import assert from "node:assert/strict";
import { getEventListeners } from "node:events";
import { test } from "node:test";
import { Client, ConnectionError, Problem, ResultFile, WaitTimeout } from "../src/index.js";
import { drop, FakeServer, problem } from "./support/fake-server.js";
import { ManualClock } from "./support/manual-clock.js";

const submit = "POST /api/jobs";
const job = (status, more = {}) => ({ id: "j", number: 7, status, ...more });
const seen = (status, etag) => ({ headers: { ETag: etag }, body: job(status) });

async function open(t, options) {
  const [server, clock] = [await FakeServer.start(t), new ManualClock()];
  const client = new Client({ url: server.url, key: "secret", ...options }, { clock, random: () => 1 });
  const repeat = async (ms) => {
    await clock.armed(ms);
    clock.advance(ms);
  };
  return { server, clock, client, repeat };
}

test("a submit says what is to be done, and has a key to be known by", { timeout: 5000 }, async (t) => {
  const { server, client } = await open(t);
  server.answer(submit, { status: 202, body: job("Queued") }, { status: 202, body: job("Queued") });
  assert.deepEqual(await client.submit("resize", { w: 1 }, { queue: "images", delaySeconds: 5 }), job("Queued"));
  await client.submit("resize");
  const [first, second] = server.of(submit);
  assert.deepEqual(first.body, { type: "resize", payload: { w: 1 }, queue: "images", delaySeconds: 5 });
  assert.equal(first.headers.authorization, "Bearer secret");
  assert.equal(first.headers.prefer, undefined);
  assert.match(first.headers["idempotency-key"], /^"[0-9a-f-]{36}"$/);
  assert.deepEqual(second.body, { type: "resize", payload: {} });
  assert.notEqual(first.headers["idempotency-key"], second.headers["idempotency-key"]);
});

test("a submit that was not answered is sent again under the same key", { timeout: 5000 }, async (t) => {
  const { server, client, repeat } = await open(t);
  const inFlight = problem(409, "idempotency-in-flight", {}, { "Retry-After": "1" });
  const later = problem(503, "storage-unavailable", {}, { "Retry-After": "3" });
  server.answer(submit, drop, later, inFlight, { status: 202, body: job("Queued") });
  const submitted = client.submit("resize", { w: 1 });
  await repeat(250);
  await repeat(3250);
  await repeat(1250);
  assert.equal((await submitted).status, "Queued");
  const requests = server.of(submit);
  assert.equal(requests.length, 4);
  assert.equal(new Set(requests.map(({ text, headers }) => text + headers["idempotency-key"])).size, 1);
});

test("one's own key is quoted, and a wait asked for", { timeout: 5000 }, async (t) => {
  const { server, client } = await open(t);
  server.answer(submit, { body: job("Completed") });
  await client.submit("resize", {}, { idempotencyKey: 'order "7"\\', wait: 4500, traceparent: "00-1" });
  const { headers, body } = server.of(submit)[0];
  assert.equal(headers["idempotency-key"], '"order \\"7\\"\\\\"');
  assert.equal(headers.prefer, "wait=5");
  assert.equal(headers.traceparent, "00-1");
  assert.deepEqual(Object.keys(body), ["type", "payload"]);
  for (const idempotencyKey of ["", "ü", "x".repeat(256)]) {
    await assert.rejects(client.submit("resize", {}, { idempotencyKey }), TypeError);
  }
});

test("a submit with an id has no key, as the server takes one or the other", { timeout: 5000 }, async (t) => {
  const { server, client } = await open(t);
  server.answer(submit, { status: 202, body: job("Queued") });
  await client.submit("resize", {}, { id: "0196f2b0-0000-7000-8000-000000000000" });
  assert.equal(server.of(submit)[0].headers["idempotency-key"], undefined);
});

test("a refusal is a Problem", { timeout: 5000 }, async (t) => {
  const { server, client } = await open(t);
  const errors = [{ pointer: "/payload", code: "wrong-type", detail: "payload is [1]" }];
  server.answer(submit, problem(422, "validation", { detail: "payload is [1]", errors, requestId: "r1" }));
  await assert.rejects(client.submit("resize", [1]), (error) => {
    assert.ok(error instanceof Problem);
    assert.deepEqual(
      [error.type, error.status, error.message, error.detail, error.errors, error.requestId],
      ["validation", 422, "payload is [1]", "payload is [1]", errors, "r1"],
    );
    return true;
  });
  assert.equal(server.of(submit).length, 1);
});

test("the words of a refusal are found however it is written", { timeout: 5000 }, async (t) => {
  const quota = { type: "https://iana.org/assignments/http-problem-types#quota-exceeded", title: "Too many." };
  const { server, client } = await open(t, { retries: 0 });
  server.answer(
    "GET /api/jobs/1",
    { status: 429, body: quota, headers: { "Retry-After": "2" } },
    { status: 409, body: { type: "/problems/job-not-retryable", currentStatus: "Running", currentFence: 4 } },
    { status: 502, body: "<html>bad gateway</html>" },
    { status: 500, body: "[]" },
  );
  await assert.rejects(client.job(1), { type: "quota-exceeded", message: "Too many.", retryAfterMs: 2000 });
  await assert.rejects(client.job(1), { type: "job-not-retryable", currentStatus: "Running", currentFence: 4 });
  await assert.rejects(client.job(1), { type: "about:blank", status: 502, errors: [] });
  await assert.rejects(client.job(1), { status: 500, message: "The server answered with status 500." });
});

test("a Retry-After that is a date is measured by the server's clock", { timeout: 5000 }, async (t) => {
  const { server, client } = await open(t, { retries: 0 });
  const headers = { Date: "Sun, 22 Nov 2026 00:00:00 GMT", "Retry-After": "Sun, 22 Nov 2026 00:00:09 GMT" };
  server.answer("GET /api/jobs/1", problem(503, "storage-unavailable", {}, headers));
  await assert.rejects(client.job(1), { retryAfterMs: 9000 });
});

test("tries end, and what is no passing trouble is not tried again", { timeout: 5000 }, async (t) => {
  const { server, client, repeat } = await open(t, { retries: 2 });
  server.answer("GET /api/jobs/1", drop, drop, drop);
  const refused = assert.rejects(client.job(1), ConnectionError);
  await repeat(250);
  await repeat(500);
  await refused;
  assert.equal(server.of("GET /api/jobs/1").length, 3);
  server.answer("GET /api/jobs/2", problem(500, "internal"));
  await assert.rejects(client.job(2), { type: "internal" });
  assert.equal(server.of("GET /api/jobs/2").length, 1);
});

test("an answer that does not come in time is a failed connection", { timeout: 5000 }, async (t) => {
  const { server, client, clock } = await open(t, { retries: 0, timeout: 700 });
  server.answer("GET /api/jobs/1", () => new Promise(() => {}));
  const refused = assert.rejects(client.job(1), { name: "ConnectionError", message: /no answer within 700 ms$/ });
  await server.received("GET /api/jobs/1");
  clock.advance(700);
  await refused;
});

test("waiting is polling that the server holds back", { timeout: 5000 }, async (t) => {
  const { server, client, clock } = await open(t);
  const path = "GET /api/jobs/j";
  const unchanged = () => (clock.advance(30_000), { status: 304, headers: { ETag: '"1"' } });
  server.answer(path, seen("Queued", '"1"'), unchanged, seen("Running", '"2"'), seen("Failed", '"3"'));
  assert.deepEqual(await client.wait("j"), job("Failed"));
  const polls = server.of(path).map(({ headers }) => [headers.prefer, headers["if-none-match"]]);
  assert.deepEqual(polls, [[undefined, undefined], ["wait=30", '"1"'], ["wait=30", '"1"'], ["wait=30", '"2"']]);
});

test("waiting ends when its time is over", { timeout: 5000 }, async (t) => {
  const { server, client, clock, repeat } = await open(t);
  const path = "GET /api/jobs/j";
  const unchanged = () => (clock.advance(2000), { status: 304, headers: { ETag: '"1"' } });
  server.answer(path, seen("Running", '"1"'), unchanged, seen("Running", '"1"'));
  const refused = assert.rejects(client.wait("j", { timeout: 2400 }), (error) => {
    assert.ok(error instanceof WaitTimeout);
    assert.equal(error.job.status, "Running");
    return true;
  });
  await repeat(400);
  await refused;
  assert.equal(server.of(path)[1].headers.prefer, "wait=2");
  assert.equal(server.of(path).length, 3);
});

test("a server that does not hold answers back is not asked without end", { timeout: 5000 }, async (t) => {
  const { server, client, repeat } = await open(t);
  const early = { status: 304, headers: { ETag: '"1"', "Retry-After": "4" } };
  server.answer("GET /api/jobs/j", seen("Running", '"1"'), early, seen("Completed", '"2"'));
  const waited = client.wait("j");
  await repeat(4000);
  assert.equal((await waited).status, "Completed");
});

test("waiting and trying again end with the signal", { timeout: 5000 }, async (t) => {
  const { server, client, clock } = await open(t);
  const reason = new Error("enough");
  const waiting = new AbortController();
  server.answer("GET /api/jobs/j", seen("Running", '"1"'), () => (waiting.abort(reason), new Promise(() => {})));
  await assert.rejects(client.wait("j", { signal: waiting.signal }), reason);
  const trying = new AbortController();
  server.answer("GET /api/jobs/1", drop);
  const refused = assert.rejects(client.job(1, { signal: trying.signal }), reason);
  await clock.armed(250);
  trying.abort(reason);
  await refused;
});

test("a call that is given up says why, and leaves nothing on the signal", { timeout: 5000 }, async (t) => {
  const { server, client } = await open(t);
  const reason = new Error("enough");
  const giveUp = new AbortController();
  server.answer("GET /api/jobs/1", { body: job("Queued") });
  await client.job(1, { signal: giveUp.signal });
  assert.deepEqual(getEventListeners(giveUp.signal, "abort"), []);
  server.answer("POST /api/jobs/1/retry", () => (giveUp.abort(reason), new Promise(() => {})));
  await assert.rejects(client.retry(1, { signal: giveUp.signal }), reason);
  await assert.rejects(client.job(1, { signal: giveUp.signal }), reason);
  assert.equal(server.of("GET /api/jobs/1").length, 1);
});

test("a result is JSON, whatever it is", { timeout: 5000 }, async (t) => {
  const { server, client } = await open(t);
  server.answer("GET /api/jobs/7/result", { body: { rows: 3 } }, { body: "null" });
  assert.deepEqual(await client.result(7), { rows: 3 });
  assert.equal(await client.result(7), null);
});

test("a result that is a file is fetched without the key", { timeout: 5000 }, async (t) => {
  const { server, client } = await open(t);
  const expiresAt = "2026-01-01T00:00:00Z";
  const link = { url: "/api/files/token", filename: "rows.csv", size: 4, sha256: "00", expiresAt };
  server.answer("GET /api/jobs/7/result", { status: 303, headers: { Location: link.url } }, { body: link });
  server.answer("GET /api/files/token", { body: "a,b\n" }, { body: "a,b\n" });
  const file = await client.result(7);
  assert.ok(file instanceof ResultFile);
  assert.deepEqual({ ...file }, { ...link, url: `${server.url}/api/files/token` });
  assert.equal(server.of("GET /api/jobs/7/result")[1].query, "redirect=false");
  assert.equal((await file.bytes()).toString(), "a,b\n");
  let streamed = "";
  for await (const chunk of await file.stream()) streamed += Buffer.from(chunk);
  assert.equal(streamed, "a,b\n");
  assert.equal(server.of("GET /api/files/token")[0].headers.authorization, undefined);
});

test("a cancel whose answer was lost is no failure the second time", { timeout: 5000 }, async (t) => {
  const { server, client, repeat } = await open(t);
  const path = "POST /api/jobs/7/cancel";
  const late = problem(409, "job-not-cancellable", { currentStatus: "Cancelled" });
  server.answer(path, drop, late, late);
  server.answer("GET /api/jobs/7", { body: job("Cancelled", { completedAt: "2026-01-01T00:00:00Z" }) });
  const cancelling = client.cancel(7, { reason: "wrong" });
  await repeat(250);
  assert.deepEqual(await cancelling, { id: "j", status: "Cancelled", completedAt: "2026-01-01T00:00:00Z" });
  assert.deepEqual(server.of(path)[1].body, { reason: "wrong" });
  // The first time it says what it is.
  await assert.rejects(client.cancel(7), { type: "job-not-cancellable", currentStatus: "Cancelled" });
});

test("a retry is sent once", { timeout: 5000 }, async (t) => {
  const { server, client } = await open(t);
  const path = "POST /api/jobs/7/retry";
  server.answer(path, drop, { body: job("Queued") });
  await assert.rejects(client.retry(7), ConnectionError);
  assert.equal(server.of(path).length, 1);
  assert.equal((await client.retry(7, { runAt: new Date(0) })).status, "Queued");
  assert.deepEqual(server.of(path)[1].body, { runAt: "1970-01-01T00:00:00.000Z" });
});

test("the installation may have a path of its own", { timeout: 5000 }, async (t) => {
  const { server } = await open(t);
  server.answer("GET /errand/api/jobs/1", { body: job("Queued") });
  assert.equal((await new Client({ url: `${server.url}/errand/` }).job(1)).status, "Queued");
});
