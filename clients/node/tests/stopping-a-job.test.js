import assert from "node:assert/strict";
import { test } from "node:test";
import { drop, problem } from "./support/fake-server.js";
import { claimed, followed, stopped, Workshop } from "./support/workshop.js";

const told = (action) => ({ body }) => ({
  body: { state: "run", jobs: body.jobs.map(({ id, fence }) => ({ id, fence, action })) },
});
const cancelledProblem = problem(409, "lease-lost", { currentStatus: "Cancelled" });

/** A worker with one job under way. */
async function busy(t, more = {}) {
  const handler = followed();
  const shop = await Workshop.open(t, { handler, ...more.workshop });
  shop.server.offer(claimed(more.job));
  const job = await handler.started;
  await shop.clock.armed(5000);
  return { handler, shop, job };
}

test("a cancelled job is stopped, and the server told once the handler has ended", { timeout: 5000 }, async (t) => {
  const { handler, shop, job } = await busy(t);
  const why = stopped(job);
  shop.server.answer("heartbeat", told("cancel"));
  await shop.beat(2);
  assert.equal(await why, "cancelled");
  assert.equal(shop.server.of("cancelled").length, 0);
  handler.end("too late");
  const { text, headers } = await shop.server.received("cancelled");
  assert.equal(text, "");
  assert.equal(headers["job-lease"], "secret-token");
  await shop.close();
  assert.equal(shop.server.of("complete").length, 0);
});

test("a cancel stops the job it is about, and no other", { timeout: 5000 }, async (t) => {
  const [one, other] = [followed(), followed()];
  const shop = await Workshop.open(t, { handler: (job) => (job.id === "job-1" ? one : other)(job) });
  shop.server.offer(claimed(), claimed({ id: "job-2" }));
  const [staying, why] = [await one.started, stopped(await other.started)];
  await shop.clock.armed(5000);
  const jobs = [
    { id: "job-2", fence: 1, action: "cancel" },
    { id: "job-1", fence: 1, action: "continue", expiresIn: 30 },
    // It ended while the heartbeat was on its way.
    { id: "job-0", fence: 1, action: "lost" },
  ];
  shop.server.answer("heartbeat", { body: { state: "run", jobs } });
  await shop.beat(2);
  assert.equal(await why, "cancelled");
  assert.equal(staying.signal.aborted, false);
});

test("a cancel that is told twice is acknowledged once", { timeout: 5000 }, async (t) => {
  const { handler, shop, job } = await busy(t);
  const why = stopped(job);
  shop.server.answer("heartbeat", told("cancel"), told("cancel"));
  await shop.beat(2);
  await why;
  await shop.beat(3);
  handler.fail(job.signal.reason);
  await shop.server.received("cancelled");
  await shop.close();
  assert.equal(shop.server.of("cancelled").length, 1);
  assert.equal(shop.server.of("fail").length, 0);
});

test("an acknowledgement that was not answered is sent again", { timeout: 5000 }, async (t) => {
  const { handler, shop, job } = await busy(t);
  const why = stopped(job);
  shop.server.answer("heartbeat", told("cancel"));
  shop.server.answer("cancelled", drop);
  await shop.beat(2);
  await why;
  handler.end();
  await shop.repeat(250);
  await shop.server.received("cancelled", 2);
});

test("the answer to a report may say cancel, too", { timeout: 5000 }, async (t) => {
  const { handler, shop, job } = await busy(t);
  const why = stopped(job);
  shop.server.answer("progress", { body: { action: "cancel" } });
  job.progress(10);
  assert.equal(await why, "cancelled");
  handler.end();
  await shop.server.received("cancelled");
});

test("a result that comes after the cancel gives way to it", { timeout: 5000 }, async (t) => {
  const { handler, shop } = await busy(t);
  shop.server.answer("complete", cancelledProblem);
  handler.end("done");
  await shop.server.received("cancelled");
  await shop.close();
  assert.equal(shop.server.of("complete").length, 1);
});

test("a cancelled job writes nothing but that", { timeout: 5000 }, async (t) => {
  const { handler, shop, job } = await busy(t);
  shop.server.answer("checkpoint", cancelledProblem);
  await assert.rejects(job.saveCheckpoint(1), { type: "lease-lost" });
  assert.equal(job.signal.reason.why, "cancelled");
  await assert.rejects(job.saveCheckpoint(2), { why: "cancelled" });
  job.progress(50);
  job.log("on");
  handler.end("done");
  await shop.server.received("cancelled");
  await shop.close();
  assert.equal(shop.server.of("checkpoint").length, 1);
  for (const call of ["progress", "logs", "complete", "fail"]) assert.equal(shop.server.of(call).length, 0, call);
});

test("a lost job is stopped, and nothing more is said about it", { timeout: 5000 }, async (t) => {
  const { handler, shop, job } = await busy(t);
  const why = stopped(job);
  shop.server.answer("heartbeat", told("lost"));
  await shop.beat(2);
  assert.equal(await why, "lost");
  await assert.rejects(job.saveCheckpoint(1), { why: "lost" });
  assert.deepEqual((await shop.beat(3)).body.jobs, []);
  handler.fail(new Error("stopped"));
  await shop.close();
  for (const call of ["checkpoint", "complete", "fail", "release", "cancelled"]) {
    assert.equal(shop.server.of(call).length, 0, call);
  }
});

test("lease-lost as the answer to a report drops the job", { timeout: 5000 }, async (t) => {
  const { handler, shop, job } = await busy(t);
  const why = stopped(job);
  shop.server.answer("progress", problem(409, "lease-lost", { currentFence: 2, currentStatus: "Running" }));
  job.progress(10);
  assert.equal(await why, "lost");
  handler.end("done");
  await shop.close();
  assert.equal(shop.server.of("complete").length + shop.server.of("cancelled").length, 0);
});

test("the same job may be claimed again while its lost run still ends", { timeout: 5000 }, async (t) => {
  const [old, fresh] = [followed(), followed()];
  const shop = await Workshop.open(t, { handler: (job) => (job.fence === 1 ? old : fresh)(job) });
  shop.server.offer(claimed());
  const why = stopped(await old.started);
  await shop.clock.armed(5000);
  shop.server.answer("heartbeat", told("lost"));
  await shop.beat(2);
  await why;
  shop.server.offer(claimed({ lease: { fence: 2 } }));
  await fresh.started;
  const { body } = await shop.beat(3);
  assert.deepEqual(body.jobs.map(({ fence }) => fence), [2]);
  old.end("old");
  fresh.end("new");
  assert.deepEqual((await shop.server.received("complete")).body, { result: "new" });
  await shop.close();
  assert.equal(shop.server.of("complete").length, 1);
});

test("a job that takes too long is stopped, and fails when its handler has ended and not before", { timeout: 5000 }, async (t) => {
  const { handler, shop, job } = await busy(t, { job: { deadlineIn: 20 } });
  const why = stopped(job);
  shop.clock.advance(17_999);
  assert.equal(job.signal.aborted, false);
  shop.clock.advance(1);
  assert.equal(await why, "timeout");
  assert.equal(shop.server.of("fail").length, 0);
  handler.end("too late");
  const { body } = await shop.server.received("fail");
  assert.deepEqual(body, { code: "timeout", message: "The job ran longer than 20 s." });
  await shop.close();
  assert.equal(shop.server.of("fail").length, 1);
  assert.equal(shop.server.of("complete").length + shop.server.of("release").length, 0);
});

test("the lease of a job that timed out is renewed until its handler has ended", { timeout: 5000 }, async (t) => {
  const { handler, shop, job } = await busy(t, { job: { deadlineIn: 5 } });
  const why = stopped(job);
  shop.clock.advance(4000);
  assert.equal(await why, "timeout");
  shop.clock.advance(1000);
  assert.equal((await shop.server.received("heartbeat", 2)).body.jobs.length, 1);
  handler.end("too late");
  await shop.server.received("fail");
});

test("of a short time a fifth is left for saying so", { timeout: 5000 }, async (t) => {
  const { handler, shop, job } = await busy(t, { job: { deadlineIn: 2, lease: { expiresIn: 2 } } });
  shop.clock.advance(1599);
  assert.equal(job.signal.aborted, false);
  shop.clock.advance(1);
  handler.end("too late");
  assert.equal((await shop.server.received("fail")).body.code, "timeout");
});

test("a job that ends in time is not timed out afterwards", { timeout: 5000 }, async (t) => {
  const { handler, shop, job } = await busy(t, { job: { deadlineIn: 20 }, workshop: { options: { slots: 1 } } });
  handler.end("done");
  // It claims again once the run is over.
  await shop.server.received("claim", 2);
  shop.clock.advance(20_000);
  assert.equal(job.signal.aborted, false);
});
