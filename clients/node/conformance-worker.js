/**
 * The worker that the conformance kit examines: see ../conformance. It takes its orders from the environment:
 * ERRAND_URL, ERRAND_KEY, and CONFORMANCE_SLOTS, 4 if left out.
 */
import { appendFileSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import { Fatal, JobError, Worker } from "./src/index.js";

const { ERRAND_URL: url, ERRAND_KEY: key, CONFORMANCE_SLOTS: slots = "4" } = process.env;
const worker = new Worker({ url, key, slots: Number(slots), name: `conformance:${process.pid}`, grace: 1000 });

worker.handle("kit.echo", (job) => job.payload);

worker.handle("kit.sleep", async (job) => {
  const { seconds } = job.payload;
  await sleep(seconds * 1000, undefined, { signal: job.signal });
  return { slept: seconds };
});

worker.handle("kit.record", async (job) => {
  const { file, seconds } = job.payload;
  // Opened to append and written with one call: lines of several processes do not mix.
  const write = (word) => appendFileSync(file, `${job.id} ${job.fence} ${word}\n`);
  write("start");
  try {
    const steps = Math.max(1, Math.ceil(seconds / 0.05));
    for (let step = 1; step <= steps; step += 1) {
      await sleep((seconds * 1000) / steps, undefined, { signal: job.signal });
      job.progress((100 * step) / steps);
    }
    job.signal.throwIfAborted();
  } catch (error) {
    write("stopped");
    throw error;
  }
  write("end");
  return { fence: job.fence };
});

worker.handle("kit.fail", (job) => {
  const { code, message, retryable = true } = job.payload;
  throw retryable ? new JobError(message, { code }) : new Fatal(message, { code });
});

worker.handle("kit.checkpoint", async (job) => {
  const { steps, dieAt } = job.payload;
  for (let done = (job.checkpoint?.done ?? 0) + 1; done <= steps; done += 1) {
    await job.saveCheckpoint({ done });
    // The next run begins after this step, and so does not come here again.
    if (done === dieAt) process.kill(process.pid, "SIGKILL");
  }
  return { done: steps };
});

worker.handle("kit.log", (job) => {
  for (let line = 1; line <= job.payload.lines; line += 1) job.log(`line ${line}`);
  return null;
});

worker.handle("kit.large", (job) => "x".repeat(job.payload.bytes));

worker.handle("kit.upload", (job) => job.uploadResult(Buffer.alloc(job.payload.bytes, "x"), "kit.bin"));

await worker.run();
