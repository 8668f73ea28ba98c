/**
 * A worker that makes pictures smaller, with ImageMagick. In errand.yaml:
 *
 *     types:
 *       resize: {external: true, timeout: 5m, maxAttempts: 5}
 *
 *     node examples/resize.js
 *     errand submit resize '{"url": "http://localhost:8000/cat.jpg", "width": 200}' --watch
 */
import { execFile } from "node:child_process";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { Fatal, JobError, Worker } from "../src/index.js";

const run = promisify(execFile);
const { ERRAND_URL: url = "http://127.0.0.1:8080", ERRAND_KEY: key } = process.env;
const worker = new Worker({ url, key, slots: 2 });

worker.handle("resize", async (job) => {
  const { url: picture, width } = job.payload;
  if (!(Number.isInteger(width) && width > 0)) throw new Fatal(`width is ${width}`, { code: "bad_width" });
  const folder = await mkdtemp(join(tmpdir(), "resize-"));
  try {
    const [large, small] = [join(folder, "large"), join(folder, "small.png")];
    job.progress(0, "Fetching the picture");
    await writeFile(large, await fetchPicture(picture, job.signal));
    job.progress(50, `Resizing to ${width} pixels`);
    // The signal ends the program when the job is cancelled, lost, or late.
    await run("convert", [large, "-resize", String(width), `png:${small}`], { signal: job.signal });
    await job.uploadResult(small, "small.png");
  } finally {
    await rm(folder, { recursive: true });
  }
});

async function fetchPicture(picture, signal) {
  const response = await fetch(picture, { signal });
  if (response.ok) return response.body;
  // Not found stays not found; a server that has trouble may get over it.
  const Kind = response.status < 500 ? Fatal : JobError;
  throw new Kind(`${picture} was answered with ${response.status}`, { code: `http_${response.status}` });
}

await worker.run();
// Everything is said; what still runs was told to stop and did not.
process.exit();
