import assert from "node:assert/strict";
import { test } from "node:test";
import { Logs } from "../src/logs.js";
import { ConnectionError, Problem } from "../src/problem.js";
import { Progress } from "../src/progress.js";
import { drop, problem, terms } from "./support/fake-server.js";
import { ManualClock } from "./support/manual-clock.js";
import { claimed, deferred, followed, Workshop } from "./support/workshop.js";

/** Takes calls as the server would, and answers as told: with nothing, or with an error. */
class Calls {
  sent = [];
  failures = [];
  /** What every answer waits for. */
  answer = undefined;

  async once(method, call, { json }) {
    this.sent.push({ call, body: JSON.parse(json) });
    await this.answer;
    const failure = this.failures.shift();
    if (failure) throw failure;
  }
}

const logger = { debug() {}, info() {}, warn() {}, error() {} };

function desk(Kind, limits = {}) {
  const [calls, clock] = [new Calls(), new ManualClock()];
  const setting = { clock, logger, random: () => 1, limits: { ...terms.limits, ...limits } };
  return { calls, clock, reports: new Kind(calls, setting) };
}

/** Lets everything run that waits for nothing but its turn. */
const turn = () => new Promise((resolve) => setImmediate(resolve));

test("the first report is sent at once, and of the next ones the latest", async () => {
  const { calls, clock, reports } = desk(Progress);
  for (let percent = 1; percent <= 50; percent += 1) reports.report(percent, `row ${percent}`);
  await turn();
  assert.deepEqual(calls.sent.map(({ body }) => body), [{ progress: 1, message: "row 1" }]);
  clock.advance(249);
  await turn();
  assert.equal(calls.sent.length, 1);
  clock.advance(1);
  await turn();
  assert.deepEqual(calls.sent[1].body, { progress: 50, message: "row 50" });
});

test("a job that reports all the time is heard four times a second", async () => {
  const { calls, clock, reports } = desk(Progress);
  for (let ms = 0; ms < 3000; ms += 10) {
    reports.report(ms / 30);
    await turn();
    clock.advance(10);
    await turn();
  }
  assert.ok(calls.sent.length <= 13, `${calls.sent.length} reports`);
  assert.ok(calls.sent.length >= 12, `${calls.sent.length} reports`);
});

test("what a later report leaves out stays as an earlier one said", async () => {
  const { calls, clock, reports } = desk(Progress);
  reports.report(1);
  reports.report(2, "two", { rows: 2 });
  reports.report(3);
  clock.advance(250);
  await turn();
  clock.advance(250);
  await turn();
  assert.deepEqual(calls.sent.at(-1).body, { progress: 3, message: "two", data: { rows: 2 } });
});

test("percentages are whole and between 0 and 100", async () => {
  for (const [given, sent] of [[-5, 0], [99.9, 99], [101, 100]]) {
    const { calls, reports } = desk(Progress);
    reports.report(given);
    await turn();
    assert.deepEqual(calls.sent[0].body, { progress: sent });
  }
});

test("data that is no object is left out, and the rest is sent", async () => {
  for (const data of [[1], "text", 7, undefined, () => 1]) {
    const { calls, reports } = desk(Progress);
    reports.report(5, undefined, data);
    await turn();
    assert.deepEqual(calls.sent[0].body, { progress: 5 });
  }
});

test("what is no number, too long or too large is left out or cut", async () => {
  const { calls, reports } = desk(Progress);
  reports.report(NaN, "a message of 28 characters..", { blob: "x".repeat(200) });
  await turn();
  assert.deepEqual(calls.sent[0].body, { message: "a message of 28 char" });
});

test("a report that was not heard is sent again, unless there is a newer one", async () => {
  const { calls, clock, reports } = desk(Progress);
  calls.failures.push(new ConnectionError("gone"));
  reports.report(1, "one");
  // The first is on its way, and has not failed yet.
  reports.report(2);
  await turn();
  await clock.armed(250);
  clock.advance(250);
  await turn();
  assert.deepEqual(calls.sent[1].body, { progress: 2, message: "one" });
});

test("a report waits for the answer to the one before it", async () => {
  const { calls, clock, reports } = desk(Progress);
  const answer = deferred();
  calls.answer = answer.promise;
  reports.report(1);
  clock.advance(250);
  reports.report(2);
  await turn();
  assert.equal(calls.sent.length, 1);
  answer.resolve();
  await turn();
  assert.deepEqual(calls.sent[1].body, { progress: 2 });
});

test("a report that is refused is not sent again", async () => {
  const { calls, clock, reports } = desk(Progress);
  calls.failures.push(new Problem({ type: "/problems/validation" }, 422));
  reports.report(1);
  await turn();
  clock.advance(60_000);
  await turn();
  assert.equal(calls.sent.length, 1);
});

test("lines are sent in numbered batches", async () => {
  const { calls, clock, reports } = desk(Logs);
  for (let line = 1; line <= 5; line += 1) reports.write(`line ${line}`, "info");
  await turn();
  clock.advance(500);
  await turn();
  clock.advance(500);
  await turn();
  const batches = calls.sent.map(({ body }) => [body.batch, body.lines.map(({ msg }) => msg)]);
  // The first line goes at once; a batch has three lines at most here.
  assert.deepEqual(batches, [[1, ["line 1"]], [2, ["line 2", "line 3", "line 4"]], [3, ["line 5"]]]);
  assert.match(calls.sent[0].body.lines[0].ts, /^\d{4}-\d\d-\d\dT[\d:.]+Z$/);
});

test("a batch that is sent again has its number and its lines, and no others", async () => {
  const { calls, clock, reports } = desk(Logs);
  calls.failures.push(new ConnectionError("gone"));
  reports.write("one", "info");
  await turn();
  reports.write("two", "info");
  await clock.armed(500);
  clock.advance(500);
  await turn();
  clock.advance(500);
  await turn();
  assert.equal(calls.sent.length, 3);
  assert.deepEqual(calls.sent[1], calls.sent[0]);
  assert.deepEqual(calls.sent[2].body.lines.map(({ msg }) => msg), ["two"]);
  assert.equal(calls.sent[2].body.batch, 2);
});

test("levels are those of the server, and lines no longer than it takes them", async () => {
  const { calls, clock, reports } = desk(Logs, { logLines: 500 });
  reports.write("first", "debug");
  for (const level of ["warn", "critical", "loud"]) reports.write("ü".repeat(20), level);
  clock.advance(500);
  await turn();
  clock.advance(500);
  await turn();
  const lines = calls.sent.flatMap(({ body }) => body.lines);
  assert.deepEqual(lines.map(({ level }) => level), ["debug", "warning", "critical", "info"]);
  assert.equal(lines[1].msg, "ü".repeat(15));
});

test("a batch has no more bytes than a body may have", async () => {
  const { calls, clock, reports } = desk(Logs, { logLines: 500, logLineBytes: 8192 });
  for (let line = 0; line < 100; line += 1) reports.write("x".repeat(8192), "info");
  for (let batch = 0; batch < 8; batch += 1) {
    await turn();
    clock.advance(500);
  }
  assert.equal(calls.sent.flatMap(({ body }) => body.lines).length, 100);
  for (const { body } of calls.sent) assert.ok(JSON.stringify(body).length < 300_000);
});

test("lines beyond what may wait are counted and not kept", async () => {
  const { calls, clock, reports } = desk(Logs, { logLines: 10_000 });
  reports.write("first", "info");
  for (let line = 0; line < 5010; line += 1) reports.write("x", "info");
  await turn();
  clock.advance(500);
  await turn();
  clock.advance(500);
  await turn();
  const lines = calls.sent.flatMap(({ body }) => body.lines);
  assert.equal(lines.length, 5002);
  assert.match(lines.at(-1).msg, /^10 lines were left out/);
});

test("the last report and the last lines come before the end", { timeout: 5000 }, async (t) => {
  const handler = (job) => {
    for (let line = 1; line <= 5; line += 1) job.log(`line ${line}`);
    job.progress(10);
    job.progress(90, "nearly");
    return "done";
  };
  const shop = await Workshop.open(t, { handler });
  shop.server.offer(claimed());
  await shop.server.received("complete");
  const calls = shop.server.requests.map(({ call }) => call);
  assert.ok(calls.indexOf("complete") > calls.lastIndexOf("logs"));
  assert.ok(calls.indexOf("complete") > calls.lastIndexOf("progress"));
  const lines = shop.server.of("logs").flatMap(({ body }) => body.lines.map(({ msg }) => msg));
  assert.deepEqual(lines, ["line 1", "line 2", "line 3", "line 4", "line 5"]);
  assert.deepEqual(shop.server.of("progress").at(-1).body, { progress: 90, message: "nearly" });
});

test("lines that cannot be sent do not hold up the end", { timeout: 5000 }, async (t) => {
  const shop = await Workshop.open(t, {
    handler: (job) => (job.log("hello"), "done"),
    script: (server) => server.answer("logs", () => new Promise(() => {})),
  });
  shop.server.offer(claimed());
  await shop.server.received("logs");
  await shop.repeat(2000);
  await shop.server.received("complete");
});

test("reports of a job that has ended are not sent", { timeout: 5000 }, async (t) => {
  const handler = followed();
  const shop = await Workshop.open(t, { handler });
  shop.server.offer(claimed());
  const job = await handler.started;
  handler.end();
  await shop.server.received("complete");
  job.progress(50);
  job.log("after the end");
  await shop.close();
  await assert.rejects(job.saveCheckpoint(1), { why: "ended" });
  assert.equal(shop.server.of("progress").length + shop.server.of("logs").length, 0);
});

test("a report that the server cannot take now is repeated when it says", { timeout: 5000 }, async (t) => {
  const handler = followed();
  const shop = await Workshop.open(t, {
    handler,
    script: (server) => server.answer("logs", drop, problem(503, "storage-unavailable", {}, { "Retry-After": "2" })),
  });
  shop.server.offer(claimed());
  (await handler.started).log("hello");
  await shop.repeat(500);
  await shop.repeat(2500);
  await shop.server.received("logs", 3);
});
