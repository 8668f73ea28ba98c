import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { watch } from "node:fs";
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { after, before, describe, test } from "node:test";
import { fileURLToPath } from "node:url";
import { Client, Fatal, JobError, ResultFile, Worker } from "../src/index.js";
import { RealServer } from "./support/real-server.js";
import { deferred, followed, stopped } from "./support/workshop.js";

const skip = process.env.ERRAND_BINARY ? false : "ERRAND_BINARY does not name the server";
const silent = { debug() {}, info() {}, warn() {}, error() {} };

describe("with the real server", { skip, timeout: 120_000 }, () => {
  let server, client;

  before(async () => {
    server = await RealServer.start();
    client = new Client({ url: server.url });
  });
  after(() => server.stop());

  /** A worker that runs until its test is over; what it gives stops it before. */
  function work(t, handlers, options) {
    const stop = new AbortController();
    const worker = new Worker({ url: server.url, logger: silent, ...options });
    for (const [type, handler] of Object.entries(handlers)) worker.handle(type, handler);
    const running = worker.run({ signal: stop.signal, signals: false });
    const end = async () => {
      stop.abort();
      await running;
    };
    t.after(end);
    return end;
  }

  const get = async (path) => (await fetch(server.url + path)).json();

  test("a job is submitted, runs, and has a result", async (t) => {
    const seen = deferred();
    work(t, { resize: (job) => (seen.resolve(job), { width: job.payload.width / 2 }) });
    const { id, number, status } = await client.submit("resize", { width: 640 }, { projectId: "demo" });
    assert.equal(status, "Queued");
    const job = await client.wait(id);
    assert.deepEqual([job.status, job.result, job.progress], ["Completed", { width: 320 }, 100]);
    assert.deepEqual(await client.result(number), { width: 320 });
    const run = await seen.promise;
    assert.deepEqual(
      [run.id, run.number, run.type, run.queue, run.attempt, run.lostCount, run.projectId, run.fence],
      [id, number, "resize", "default", 1, 0, "demo", 1],
    );
  });

  test("what was submitted is shown", async () => {
    const options = { tags: ["a"], metadata: { source: { line: 1 } }, delaySeconds: 600, timeoutSeconds: 7 };
    const job = await client.job((await client.submit("resize", {}, options)).id);
    assert.deepEqual([job.tags, job.metadata], [["a"], { source: { line: 1 }, tags: ["a"] }]);
    assert.equal(job.timeoutSeconds, 7);
    await client.cancel(job.id);
  });

  test("a submit may wait for the end, and be repeated", async (t) => {
    work(t, { resize: () => "done" });
    const options = { idempotencyKey: "order 17", wait: 10_000 };
    const first = await client.submit("resize", { n: 1 }, options);
    assert.equal(first.status, "Completed");
    assert.equal((await client.submit("resize", { n: 1 }, options)).id, first.id);
    await assert.rejects(client.submit("resize", { n: 2 }, options), { type: "idempotency-mismatch", status: 422 });
  });

  test("a refusal names what is wrong", async () => {
    await assert.rejects(client.submit("nosuch"), (error) => {
      assert.equal(error.type, "unknown-job-type");
      assert.equal(error.errors[0].pointer, "/type");
      return true;
    });
    await assert.rejects(client.job(999_999), { type: "not-found", status: 404 });
  });

  test("a worker of a type that the installation does not know is refused", async () => {
    const worker = new Worker({ url: server.url, logger: silent }).handle("nosuch", () => 1);
    await assert.rejects(worker.run({ signals: false }), { name: "Problem", status: 422 });
  });

  test("progress and log lines arrive", async (t) => {
    const handler = followed();
    work(t, { resize: handler });
    const { id } = await client.submit("resize");
    const job = await handler.started;
    for (let line = 1; line <= 700; line += 1) job.log(`line ${line}`, "warn");
    job.progress(40, "nearly half", { rows: 4 });
    while ((await client.job(id)).progress !== 40);
    const seen = await client.job(id);
    assert.deepEqual([seen.status, seen.progressMessage, seen.data], ["Running", "nearly half", { rows: 4 }]);
    handler.end();
    await client.wait(id);
    const lines = await get(`/api/jobs/${id}/logs?limit=1000`);
    assert.deepEqual(lines.map(({ message }) => message), Array.from({ length: 700 }, (_, n) => `line ${n + 1}`));
    assert.equal(lines[0].level, "warning");
  });

  test("a failure is tried again, with the checkpoint of the first run", async (t) => {
    const checkpoints = [];
    work(t, {
      shaky: async (job) => {
        checkpoints.push(job.checkpoint);
        await job.saveCheckpoint({ done: job.attempt });
        throw new JobError("no paper: ü", { code: "out_of_paper", details: { tray: 2 }, retryAfterMs: 0 });
      },
    });
    const { id } = await client.submit("shaky");
    const job = await client.wait(id);
    assert.deepEqual([job.status, job.attempt], ["Failed", 2]);
    assert.deepEqual(job.failure, { code: "out_of_paper", message: "no paper: ü", details: { tray: 2 } });
    assert.deepEqual(checkpoints, [undefined, { done: 1 }]);
  });

  test("a failure that is final is not tried again, and neither is a result that is too large", async (t) => {
    work(t, { shaky: ({ payload }) => (payload.large ? "x".repeat(300_000) : Promise.reject(new Fatal("no"))) });
    for (const large of [false, true]) {
      const { id } = await client.submit("shaky", { large });
      const job = await client.wait(id);
      assert.deepEqual([job.status, job.attempt], ["Failed", 1]);
      assert.match(job.failure.message, large ? /job\.uploadResult/ : /^no$/);
    }
  });

  test("a result may be a file", async (t) => {
    const path = join(server.folder, "rows.csv");
    await writeFile(path, "x".repeat(3_000_000));
    work(t, { resize: (job) => job.uploadResult(path, "röws.csv") });
    const { id } = await client.submit("resize");
    assert.equal((await client.wait(id)).status, "Completed");
    const file = await client.result(id);
    assert.ok(file instanceof ResultFile);
    assert.deepEqual([file.filename, file.size], ["röws.csv", 3_000_000]);
    assert.ok((await file.bytes()).equals(await readFile(path)));
  });

  test("a cancel reaches the handler, and the server hears that it has stopped", async (t) => {
    const handler = followed();
    work(t, { resize: handler });
    const { id } = await client.submit("resize");
    const why = stopped(await handler.started);
    assert.equal((await client.cancel(id, { reason: "wrong picture" })).status, "Cancelled");
    assert.equal(await why, "cancelled");
    handler.end();
    let job = await client.job(id);
    while (job.cancelAcknowledgedAt === undefined) job = await client.job(id);
    assert.equal(job.status, "Cancelled");
    await assert.rejects(client.cancel(id), { type: "job-not-cancellable", currentStatus: "Cancelled" });
    assert.equal((await client.retry(id)).status, "Queued");
    assert.equal((await client.wait(id)).status, "Completed");
  });

  test("a worker that stops gives back what does not end, and nothing is charged for it", async (t) => {
    const handler = followed();
    const end = work(t, { resize: handler }, { grace: 0 });
    const { id } = await client.submit("resize");
    const job = await handler.started;
    const stopping = stopped(job).then(() => handler.end("half"));
    await end();
    await stopping;
    const { status, attempt } = await client.job(id);
    assert.deepEqual([status, attempt], ["Queued", 0]);
    await client.cancel(id);
  });

  test("a job that outlasts its lease keeps it", async (t) => {
    work(t, { resize: () => new Promise((resolve) => setTimeout(resolve, 2500, "late")) });
    const { id } = await client.submit("resize");
    const job = await client.wait(id);
    assert.deepEqual([job.status, job.result], ["Completed", "late"]);
    assert.deepEqual((await get(`/api/jobs/${id}/attempts`)).map(({ outcome }) => outcome), ["completed"]);
  });

  test("a worker that slept beyond its lease writes nothing when it wakes", { timeout: 30_000 }, async (t) => {
    const file = join(server.folder, "ledger");
    await writeFile(file, "");
    const zombie = startConformanceWorker(t);
    const { id } = await client.submit("kit.record", { file, seconds: 2.5, lines: 1 });
    await lines(file, `${id} 1 start`);
    zombie.kill("SIGSTOP");
    const heir = startConformanceWorker(t);
    assert.equal((await client.wait(id)).status, "Completed");
    zombie.kill("SIGCONT");
    const all = await lines(file, `${id} 1 stopped`);
    assert.ok(all.some((line) => line.endsWith(" end")));
    assert.ok(!all.includes(`${id} 1 end`));
    const outcomes = (await get(`/api/jobs/${id}/attempts`)).map(({ outcome }) => outcome);
    assert.deepEqual(outcomes, ["lost", "completed"]);
    for (const worker of [zombie, heir]) {
      worker.kill("SIGTERM");
      assert.deepEqual(await once(worker, "exit"), [0, null]);
    }
  });

  test("the README's example does what it says, and ends at SIGTERM", { timeout: 30_000 }, async () => {
    const readme = await readFile(new URL("../README.md", import.meta.url), "utf8");
    const example = readme.match(/```js\n(.*?)```/s)[1].replaceAll("http://127.0.0.1:8080", server.url);
    const words = ["--input-type=module", "--eval", example];
    const program = spawn(process.execPath, words, { cwd: new URL("..", import.meta.url) });
    for await (const line of createInterface(program.stdout)) {
      if (line === "{ width: 320 }") break;
    }
    program.kill("SIGTERM");
    assert.deepEqual(await once(program, "exit"), [0, null]);
  });

  function startConformanceWorker(t) {
    const script = fileURLToPath(new URL("../conformance-worker.js", import.meta.url));
    const environment = { ...process.env, ERRAND_URL: server.url, ERRAND_KEY: "" };
    const worker = spawn(process.execPath, [script], { env: environment, stdio: "ignore" });
    t.after(() => worker.kill("SIGKILL"));
    return worker;
  }

  /** The lines of a file, once one of them is there. */
  async function lines(file, line) {
    const watcher = watch(file);
    try {
      for (;;) {
        // Listened for before the look: what is written after it is not missed.
        const changed = once(watcher, "change");
        const all = (await readFile(file, "utf8")).split("\n");
        if (all.includes(line)) return all;
        await changed;
      }
    } finally {
      watcher.close();
    }
  }
});
