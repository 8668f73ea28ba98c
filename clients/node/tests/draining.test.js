import assert from "node:assert/strict";
import { test } from "node:test";
import { drop, problem } from "./support/fake-server.js";
import { claimed, deferred, followed, stopped, Workshop } from "./support/workshop.js";

/** A worker with one job under way. */
async function busy(t, more = {}) {
  const handler = followed();
  const shop = await Workshop.open(t, { handler, ...more });
  shop.server.offer(claimed());
  const job = await handler.started;
  return { handler, shop, job };
}

test("a worker that stops lets what runs end, claims nothing and takes its leave", { timeout: 5000 }, async (t) => {
  const { handler, shop, job } = await busy(t, { options: { slots: 1 } });
  shop.stop();
  const beat = await shop.server.received("heartbeat", 2);
  assert.equal(beat.body.state, "stopping");
  assert.equal(job.signal.aborted, false);
  handler.end("done");
  assert.deepEqual((await shop.server.received("complete")).body, { result: "done" });
  await shop.running;
  assert.equal(shop.server.of("claim").length, 1);
  assert.equal(shop.server.requests.at(-1).call, "goodbye");
  assert.equal(shop.server.of("goodbye")[0].path, "/api/worker/sessions/w_1");
});

test("leases are renewed while what runs is waited for", { timeout: 5000 }, async (t) => {
  const { handler, shop } = await busy(t);
  await shop.clock.armed(5000);
  shop.stop();
  await shop.server.received("heartbeat", 2);
  const { body } = await shop.beat(3);
  assert.equal(body.state, "stopping");
  assert.equal(body.jobs.length, 1);
  handler.end();
  await shop.running;
});

test("after the grace handlers are stopped and their jobs given back", { timeout: 5000 }, async (t) => {
  const { handler, shop, job } = await busy(t, { options: { grace: 8000 } });
  const why = stopped(job);
  shop.stop();
  await shop.clock.armed(8000);
  shop.clock.advance(7999);
  assert.equal(job.signal.aborted, false);
  shop.clock.advance(1);
  assert.equal(await why, "shutdown");
  // A last word before the job goes.
  await job.saveCheckpoint({ done: 3 });
  // What a handler returns because it was stopped is no result.
  handler.end("half");
  const { body } = await shop.server.received("release");
  assert.deepEqual(body, { reason: "shutdown" });
  await shop.running;
  assert.equal(shop.server.of("complete").length, 0);
  assert.equal(shop.server.of("goodbye").length, 1);
});

test("a handler that ignores its signal does not keep the job", { timeout: 5000 }, async (t) => {
  const { shop, job } = await busy(t, { options: { grace: 8000 } });
  const why = stopped(job);
  shop.stop();
  await shop.clock.armed(8000);
  shop.clock.advance(8000);
  await why;
  await shop.repeat(1000);
  await shop.server.received("release");
  await shop.running;
  assert.match(shop.logged.at(-1).text, /ignore job\.signal still run: #1/);
});

test("a job given to a claim at the last moment is given back at once", { timeout: 5000 }, async (t) => {
  let begun = 0;
  const claim = deferred();
  const shop = await Workshop.open(t, {
    handler: () => (begun += 1),
    script: (server) => server.answer("claim", () => claim.promise),
  });
  await shop.server.received("claim");
  shop.stop();
  await shop.server.received("heartbeat", 2);
  claim.resolve({ body: { jobs: [claimed()] } });
  assert.equal((await shop.server.received("release")).body.reason, "shutdown");
  await shop.running;
  assert.equal(begun, 0);
  assert.equal(shop.server.of("claim").length, 1);
});

for (const grace of [30_000, 500]) {
  test(`a claim that is not answered does not hold up a stop (grace ${grace} ms)`, { timeout: 5000 }, async (t) => {
    const shop = await Workshop.open(t, {
      handler: () => 1,
      options: { grace },
      script: (server) => server.answer("claim", () => new Promise(() => {})),
    });
    await shop.server.received("claim");
    shop.stop();
    await shop.repeat(Math.min(1000, grace));
    await shop.running;
  });
}

test("an end that the server cannot take holds up the stop no longer than its lease", { timeout: 5000 }, async (t) => {
  const { handler, shop } = await busy(t, {
    options: { grace: 3000 },
    script: (server) => server.answer("complete", problem(503, "storage-unavailable", {}, { "Retry-After": "40" })),
  });
  handler.end("done");
  await shop.clock.armed(40_250);
  shop.stop();
  await shop.repeat(3000);
  await shop.repeat(1000);
  await shop.arrivals();
  assert.equal(shop.server.of("goodbye").length, 0);
  shop.clock.advance(27_000);
  await shop.running;
  assert.equal(shop.server.of("complete").length, 1);
});

test("a heartbeat that is not answered does not hold up the stop", { timeout: 5000 }, async (t) => {
  const silence = () => new Promise(() => {});
  const script = (server) => server.answer("heartbeat", silence, silence);
  const shop = await Workshop.open(t, { handler: () => 1, script });
  await shop.server.received("heartbeat");
  shop.stop();
  // The claim is given up then.
  await shop.repeat(1000);
  await shop.running;
  assert.equal(shop.logged.filter(({ level }) => level === "warn").length, 0);
});

test("a goodbye that is not heard is no failure", { timeout: 5000 }, async (t) => {
  const shop = await Workshop.open(t, { handler: () => 1, script: (server) => server.answer("goodbye", drop) });
  await shop.server.received("claim");
  await shop.close();
});

test("SIGTERM stops the worker, and a second one the process", { timeout: 5000 }, async (t) => {
  const { handler, shop } = await busy(t, { signals: true });
  shop.process.emit("SIGTERM", "SIGTERM");
  assert.equal((await shop.server.received("heartbeat", 2)).body.state, "stopping");
  assert.deepEqual(shop.killed, []);
  shop.process.emit("SIGTERM", "SIGTERM");
  assert.deepEqual(shop.killed, [[4711, "SIGTERM"]]);
  // Nobody listens any more, so the signal does what it does by default.
  assert.equal(shop.process.listenerCount("SIGTERM") + shop.process.listenerCount("SIGINT"), 0);
  handler.end();
  await shop.running;
});

test("signals are the program's own after the run, and throughout where it says so", { timeout: 5000 }, async (t) => {
  const listening = await Workshop.open(t, { handler: () => 1, signals: true });
  await listening.server.received("claim");
  assert.equal(listening.process.listenerCount("SIGINT"), 1);
  await listening.close();
  assert.equal(listening.process.listenerCount("SIGINT"), 0);
  const deaf = await Workshop.open(t, { handler: () => 1, signals: false });
  await deaf.server.received("claim");
  assert.equal(deaf.process.listenerCount("SIGTERM"), 0);
  await deaf.close();
});

test("an operator's stop is like a signal", { timeout: 5000 }, async (t) => {
  const { handler, shop } = await busy(t);
  await shop.clock.armed(5000);
  shop.server.answer("heartbeat", { body: { state: "stop", jobs: [] } });
  await shop.beat(2);
  assert.equal((await shop.server.received("heartbeat", 3)).body.state, "stopping");
  handler.end("done");
  await shop.server.received("complete");
  await shop.running;
});

test("a worker that is to be quiet claims nothing until it may run again", { timeout: 5000 }, async (t) => {
  const says = (state) => ({ body: { state, jobs: [] } });
  const { handler, shop } = await busy(t, { options: { slots: 1 } });
  await shop.clock.armed(5000);
  shop.server.answer("heartbeat", says("quiet"), says("quiet"), says("run"));
  await shop.beat(2);
  await shop.clock.armed(5000);
  handler.end();
  await shop.said("job #1 (work): complete");
  assert.equal((await shop.beat(3)).body.state, "quiet");
  await shop.arrivals();
  assert.equal(shop.server.of("claim").length, 1);
  await shop.beat(4);
  await shop.server.received("claim", 2);
});

test("a worker waits for a server that is not there yet", { timeout: 5000 }, async (t) => {
  const shop = await Workshop.open(t, {
    handler: () => 1,
    script: (server) => server.answer("sessions", drop, problem(503, "storage-unavailable")),
  });
  await shop.repeat(500);
  await shop.repeat(1000);
  const { body } = await shop.server.received("sessions", 3);
  assert.deepEqual(body, { name: "shop", language: "node", types: ["work"], slots: 2, protocol: 1 });
  await shop.server.received("claim");
});

test("a worker that is stopped before it has a session ends", { timeout: 5000 }, async (t) => {
  const shop = await Workshop.open(t, { handler: () => 1, script: (server) => server.answer("sessions", drop) });
  await shop.clock.armed(500);
  await shop.close();
  assert.equal(shop.server.of("sessions").length, 1);
});

test("a server that says nothing does not hold up the stop before there is a session", { timeout: 5000 }, async (t) => {
  const script = (server) => server.answer("sessions", () => new Promise(() => {}));
  const shop = await Workshop.open(t, { handler: () => 1, script });
  await shop.server.received("sessions");
  await shop.close();
});

test("a worker that the server refuses says why", { timeout: 5000 }, async (t) => {
  const shop = await Workshop.open(t, {
    handler: () => 1,
    script: (server) => server.answer("sessions", problem(409, "conflict", { detail: "protocol 1 is not spoken" })),
  });
  await assert.rejects(shop.running, { name: "Problem", type: "conflict", message: "protocol 1 is not spoken" });
});
