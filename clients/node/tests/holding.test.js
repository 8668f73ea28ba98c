import assert from "node:assert/strict";
import { test } from "node:test";
import { drop, problem, terms } from "./support/fake-server.js";
import { claimed, deferred, followed, stopped, Workshop } from "./support/workshop.js";

const expired = problem(409, "session-expired");

test("one heartbeat renews all leases", { timeout: 5000 }, async (t) => {
  const handler = followed();
  const shop = await Workshop.open(t, { handler });
  shop.server.offer(claimed(), claimed({ id: "job-2", lease: { fence: 9, token: "other" } }));
  await handler.started;
  const { body, path } = await shop.beat(2);
  assert.equal(path, "/api/worker/sessions/w_1/heartbeat");
  assert.equal(body.state, "run");
  assert.ok(body.rssBytes > 0);
  assert.deepEqual(body.jobs, [
    { id: "job-1", fence: 1, token: "secret-token" },
    { id: "job-2", fence: 9, token: "other" },
  ]);
});

test("a renewed lease outlives its first time", { timeout: 5000 }, async (t) => {
  const handler = followed();
  const shop = await Workshop.open(t, { handler });
  shop.server.offer(claimed());
  const job = await handler.started;
  for (let count = 2; count < 10; count += 1) await shop.beat(count);
  await shop.clock.armed(5000);
  assert.equal(shop.clock.now(), 40_000);
  assert.equal(job.signal.aborted, false);
  handler.end("late");
  assert.deepEqual((await shop.server.received("complete")).body, { result: "late" });
});

test("a lease that cannot be renewed stops the job, and nothing more is written", { timeout: 5000 }, async (t) => {
  const handler = followed();
  const shop = await Workshop.open(t, {
    handler,
    script: (server) => server.answer("heartbeat", ...Array(20).fill(problem(503, "storage-unavailable"))),
  });
  shop.server.offer(claimed());
  const job = await handler.started;
  const why = stopped(job);
  shop.clock.advance(26_999);
  assert.equal(job.signal.aborted, false);
  shop.clock.advance(1);
  assert.equal(await why, "lost");
  job.progress(50);
  job.log("still here");
  await assert.rejects(job.saveCheckpoint(1), { name: "Stopped", why: "lost" });
  await assert.rejects(job.uploadResult(Buffer.from("x"), "x"), { name: "Stopped", why: "lost" });
  handler.end("late");
  await shop.close();
  for (const call of ["progress", "logs", "checkpoint", "result-upload", "complete", "fail", "release", "cancelled"]) {
    assert.equal(shop.server.of(call).length, 0, call);
  }
});

test("a handler that looks at its signal after a freeze is told before any timer is", { timeout: 5000 }, async (t) => {
  const handler = followed();
  const shop = await Workshop.open(t, { handler });
  shop.server.offer(claimed());
  const job = await handler.started;
  assert.equal(job.signal.aborted, false);
  shop.clock.freeze(27_000);
  assert.throws(() => job.signal.throwIfAborted(), { why: "lost" });
});

test("a process that was frozen writes nothing with a lease that ran out meanwhile", { timeout: 5000 }, async (t) => {
  const handler = followed();
  const shop = await Workshop.open(t, { handler });
  shop.server.offer(claimed());
  const job = await handler.started;
  shop.clock.freeze(27_000);
  job.progress(50);
  handler.end("late");
  await shop.close();
  assert.equal(job.signal.reason.why, "lost");
  assert.equal(shop.server.of("progress").length + shop.server.of("complete").length, 0);
});

test("a frozen process does not renew what ran out either", { timeout: 5000 }, async (t) => {
  const handler = followed();
  const shop = await Workshop.open(t, { handler });
  shop.server.offer(claimed());
  await handler.started;
  await shop.clock.armed(5000);
  shop.clock.freeze(27_000);
  shop.clock.advance(0);
  assert.deepEqual((await shop.server.received("heartbeat", 2)).body.jobs, []);
});

test("a heartbeat that fails is repeated sooner than the next is due", { timeout: 5000 }, async (t) => {
  const shop = await Workshop.open(t, { handler: followed(), script: (server) => server.answer("heartbeat", drop) });
  await shop.repeat(1250);
  await shop.server.received("heartbeat", 2);
});

test("a forgotten session is made anew under its id, and its leases live on", { timeout: 5000 }, async (t) => {
  const handler = followed();
  const shop = await Workshop.open(t, { handler });
  shop.server.offer(claimed());
  const job = await handler.started;
  await shop.clock.armed(5000);
  shop.server.answer("heartbeat", expired);
  shop.clock.advance(5000);
  const { body } = await shop.server.received("heartbeat", 3);
  assert.equal(shop.server.of("sessions")[0].body.workerId, undefined);
  assert.equal(shop.server.of("sessions")[1].body.workerId, "w_1");
  assert.deepEqual(body.jobs, [{ id: "job-1", fence: 1, token: "secret-token" }]);
  assert.equal(job.signal.aborted, false);
  handler.end("kept");
  assert.deepEqual((await shop.server.received("complete")).body, { result: "kept" });
});

test("a claim that hears of a forgotten session is sent again in the new one", { timeout: 5000 }, async (t) => {
  const shop = await Workshop.open(t, {
    handler: () => "done",
    script: (server) => {
      server.answer("claim", expired);
      server.answer("sessions", { status: 201, body: terms }, { status: 201, body: { ...terms, workerId: "w_2" } });
    },
  });
  assert.equal((await shop.server.received("claim", 2)).body.workerId, "w_2");
  shop.server.offer(claimed());
  await shop.server.received("complete");
});

test("one new session is enough for all who hear that the old one was forgotten", { timeout: 5000 }, async (t) => {
  const opened = deferred();
  const shop = await Workshop.open(t, {
    handler: () => "done",
    script: (server) => {
      server.answer("sessions", { status: 201, body: terms }, () => opened.promise);
      server.answer("claim", expired);
      server.answer("heartbeat", expired);
    },
  });
  await shop.server.received("sessions", 2);
  await Promise.all([shop.server.received("claim"), shop.server.received("heartbeat")]);
  opened.resolve({ status: 201, body: terms });
  await Promise.all([shop.server.received("claim", 2), shop.server.received("heartbeat", 2)]);
  assert.equal(shop.server.of("sessions").length, 2);
});

test("who hears of it when there is a new session already makes no other", { timeout: 5000 }, async (t) => {
  const late = deferred();
  const shop = await Workshop.open(t, {
    handler: () => "done",
    script: (server) => {
      server.answer("heartbeat", () => late.promise);
      server.answer("claim", expired);
    },
  });
  await shop.server.received("heartbeat");
  await shop.server.received("claim", 2);
  late.resolve(expired);
  await shop.server.received("heartbeat", 2);
  assert.equal(shop.server.of("sessions").length, 2);
});

test("a lease that a claim waited for is renewed before anything is begun under it", { timeout: 5000 }, async (t) => {
  const handler = followed();
  const shop = await Workshop.open(t, { handler });
  const confirmation = deferred();
  await shop.server.received("claim");
  await shop.server.received("heartbeat");
  await shop.clock.armed(5000);
  shop.clock.freeze(4000);
  shop.server.answer("heartbeat", () => confirmation.promise);
  shop.server.offer(claimed({ lease: { expiresIn: 3 } }));
  const { body } = await shop.server.received("heartbeat", 2);
  assert.equal(body.jobs[0].id, "job-1");
  const jobs = [{ id: "job-1", fence: 1, action: "continue", expiresIn: 3 }];
  confirmation.resolve({ body: { state: "run", jobs } });
  const job = await handler.started;
  assert.equal(job.signal.aborted, false);
  handler.end("fresh");
  assert.deepEqual((await shop.server.received("complete")).body, { result: "fresh" });
});

test("a job whose short lease cannot be renewed is never begun", { timeout: 5000 }, async (t) => {
  let begun = 0;
  const shop = await Workshop.open(t, { handler: () => (begun += 1) });
  await shop.server.received("claim");
  await shop.server.received("heartbeat");
  await shop.clock.armed(5000);
  shop.clock.freeze(4000);
  shop.server.answer("heartbeat", drop);
  shop.server.offer(claimed({ lease: { expiresIn: 3 } }));
  await shop.server.received("heartbeat", 2);
  await shop.server.received("claim", 2);
  await shop.close();
  assert.equal(begun, 0);
  assert.equal(shop.server.of("release").length, 0);
});

test("a claim asks for the free slots, and no more than the server gives at once", { timeout: 5000 }, async (t) => {
  const handler = followed();
  const shop = await Workshop.open(t, { handler, options: { slots: 6 } });
  const first = await shop.server.received("claim");
  assert.deepEqual(first.body, { workerId: "w_1", max: 4, waitSeconds: 5 });
  shop.server.offer(claimed(), claimed({ id: "job-2" }), claimed({ id: "job-3" }));
  assert.equal((await shop.server.received("claim", 2)).body.max, 3);
  shop.server.offer(...["4", "5", "6"].map((id) => claimed({ id })));
  await shop.beat(2);
  assert.equal(shop.server.of("claim").length, 2);
  handler.end();
  await shop.server.received("claim", 3);
});

test("empty answers that come at once are not asked for without end", { timeout: 5000 }, async (t) => {
  const empty = { status: 204 };
  const shop = await Workshop.open(t, {
    handler: () => 1,
    script: (server) => server.answer("claim", empty, { ...empty, headers: { "Retry-After": "7" } }),
  });
  await shop.repeat(500);
  await shop.repeat(7000);
  await shop.server.received("claim", 3);
});
