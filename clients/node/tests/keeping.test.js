import assert from "node:assert/strict";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Readable } from "node:stream";
import { test } from "node:test";
import { drop, problem } from "./support/fake-server.js";
import { claimed, deferred, followed, stopped, Workshop } from "./support/workshop.js";

const unavailable = problem(503, "storage-unavailable");

async function busy(t, more = {}) {
  const handler = followed();
  const shop = await Workshop.open(t, { handler, ...more });
  shop.server.offer(claimed());
  return { handler, shop, job: await handler.started };
}

test("a checkpoint is sent until it is stored, and seen on the job", { timeout: 5000 }, async (t) => {
  const { shop, job } = await busy(t);
  shop.server.answer("checkpoint", unavailable, drop);
  const saved = job.saveCheckpoint({ done: 3 });
  await shop.repeat(250);
  assert.equal(job.checkpoint, undefined);
  await shop.repeat(500);
  await saved;
  assert.deepEqual(job.checkpoint, { done: 3 });
  const requests = shop.server.of("checkpoint");
  assert.equal(requests.length, 3);
  assert.deepEqual([...new Set(requests.map(({ method, text }) => `${method} ${text}`))], ['PUT {"done":3}']);
});

test("checkpoints are stored in their order, also when nobody waits for them", { timeout: 5000 }, async (t) => {
  const { shop, job } = await busy(t);
  const first = deferred();
  shop.server.answer("checkpoint", () => first.promise);
  const all = [job.saveCheckpoint(1), job.saveCheckpoint(2), job.saveCheckpoint(3)];
  await shop.server.received("checkpoint");
  await shop.arrivals();
  assert.equal(shop.server.of("checkpoint").length, 1);
  first.resolve({ status: 204 });
  await Promise.all(all);
  assert.deepEqual(shop.server.of("checkpoint").map(({ body }) => body), [1, 2, 3]);
});

test("a checkpoint that is too large is refused before it is sent", { timeout: 5000 }, async (t) => {
  const { shop, job } = await busy(t);
  await assert.rejects(job.saveCheckpoint("x".repeat(99)), { name: "JobError", code: "checkpoint_too_large" });
  await job.saveCheckpoint("x".repeat(98));
  assert.equal(shop.server.of("checkpoint").length, 1);
});

test("a checkpoint that cannot be stored in time ends with the lease", { timeout: 5000 }, async (t) => {
  const { shop, job } = await busy(t, {
    script: (server) => {
      server.answer("checkpoint", problem(503, "storage-unavailable", {}, { "Retry-After": "60" }));
      server.answer("heartbeat", ...Array(20).fill(unavailable));
    },
  });
  const refused = assert.rejects(job.saveCheckpoint(1), { why: "lost" });
  await shop.clock.armed(60_250);
  shop.clock.advance(27_000);
  await refused;
  assert.equal(shop.server.of("checkpoint").length, 1);
});

test("bytes that were handed over are the result", { timeout: 5000 }, async (t) => {
  const shop = await Workshop.open(t, { handler: (job) => job.uploadResult(Buffer.from("a,b\n"), "ü b.csv") });
  shop.server.answer("result-upload", drop);
  shop.server.offer(claimed());
  await shop.repeat(250);
  assert.deepEqual((await shop.server.received("complete")).body, { resultUploadId: "u1" });
  assert.equal(shop.server.of("result-upload").length, 2);
  for (const request of shop.server.of("result-upload")) {
    assert.equal(request.text, "a,b\n");
    assert.equal(request.query, "filename=%C3%BC%20b.csv");
    assert.equal(request.headers["content-type"], "application/octet-stream");
    assert.equal(request.headers["job-lease"], "secret-token");
  }
});

test("a file is read anew for each try", { timeout: 5000 }, async (t) => {
  const folder = await mkdtemp(join(tmpdir(), "errand-client-"));
  t.after(() => rm(folder, { recursive: true }));
  const path = join(folder, "rows.csv");
  await writeFile(path, "x".repeat(200_000));
  const shop = await Workshop.open(t, { handler: async (job) => void (await job.uploadResult(path, "rows.csv")) });
  shop.server.answer("result-upload", unavailable);
  shop.server.offer(claimed());
  await shop.repeat(250);
  assert.deepEqual((await shop.server.received("complete")).body, { resultUploadId: "u1" });
  assert.deepEqual(shop.server.of("result-upload").map(({ text }) => text.length), [200_000, 200_000]);
});

test("a file that is not there is the handler's error, and not the connection's", { timeout: 5000 }, async (t) => {
  const shop = await Workshop.open(t, { handler: (job) => job.uploadResult("/nowhere/rows.csv", "rows.csv") });
  shop.server.offer(claimed());
  assert.equal((await shop.server.received("fail")).body.code, "ENOENT");
});

test("a stream is sent once", { timeout: 5000 }, async (t) => {
  const { handler, shop, job } = await busy(t);
  shop.server.answer("result-upload", unavailable);
  await assert.rejects(job.uploadResult(Readable.from(["a", "b"]), "f"), { type: "storage-unavailable" });
  await job.uploadResult(Readable.from(["a", "b"]), "f");
  assert.deepEqual(shop.server.of("result-upload").map(({ text }) => text), ["ab", "ab"]);
  handler.end({ ignored: true });
  assert.deepEqual((await shop.server.received("complete")).body, { resultUploadId: "u1" });
  assert.ok(shop.logged.some(({ level, text }) => level === "warn" && text.includes("besides its file")));
});

test("a large file takes as long as it takes, while its lease is renewed", { timeout: 5000 }, async (t) => {
  const { shop, job } = await busy(t);
  const stored = deferred();
  shop.server.answer("result-upload", () => stored.promise);
  const uploaded = job.uploadResult(Buffer.from("x"), "f");
  await shop.server.received("result-upload");
  for (let count = 2; count < 10; count += 1) await shop.beat(count);
  stored.resolve({ status: 201, body: { uploadId: "u2" } });
  assert.deepEqual(await uploaded, { uploadId: "u2" });
  assert.equal(shop.server.of("result-upload").length, 1);
});

test("an upload ends with the job's lease", { timeout: 5000 }, async (t) => {
  const { handler, shop, job } = await busy(t);
  const why = stopped(job);
  shop.server.answer("result-upload", () => new Promise(() => {}));
  const refused = assert.rejects(job.uploadResult(Buffer.from("x"), "f"), { why: "lost" });
  await shop.server.received("result-upload");
  shop.clock.freeze(27_000);
  shop.clock.advance(0);
  assert.equal(await why, "lost");
  await refused;
  handler.end();
  await shop.close();
  assert.equal(shop.server.of("complete").length, 0);
});
