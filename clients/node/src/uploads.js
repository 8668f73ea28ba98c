import { open } from "node:fs/promises";

/** Hands over a result that is a file. */
export class Uploads {
  #calls;
  #signal;
  /** The file that was handed over last; it becomes the result. */
  latestId;

  /**
   * @param {import("./job-calls.js").JobCalls} calls
   * @param {AbortSignal} signal The job's: what is stopped uploads nothing.
   */
  constructor(calls, signal) {
    this.#calls = calls;
    this.#signal = signal;
  }

  /**
   * Sends a file. Bytes and files are sent again where that helps; a stream can be read once, so it is sent once.
   *
   * @param {Uint8Array | string | import("node:stream").Readable | ReadableStream} source Bytes, a path or a stream.
   * @param {string} filename What people see it as.
   * @returns {Promise<{uploadId: string, filename: string, size: number, sha256: string}>}
   */
  async send(source, filename) {
    const call = `result-upload?filename=${encodeURIComponent(filename)}`;
    const { body } = await this.#deliver(call, source);
    this.latestId = body.uploadId;
    return body;
  }

  #deliver(call, source) {
    if (typeof source === "string") return this.#calls.persist(() => this.#sendFile(call, source));
    const isRepeatable = source instanceof Uint8Array;
    const attempt = () => this.#sendOnce(call, source);
    return isRepeatable ? this.#calls.persist(attempt) : attempt();
  }

  async #sendFile(call, path) {
    const file = await open(path);
    try {
      return await this.#sendOnce(call, file.createReadStream({ autoClose: false }));
    } finally {
      await file.close();
    }
  }

  #sendOnce(call, body) {
    const headers = { "Content-Type": "application/octet-stream" };
    // A large file takes its time; the lease says when it is over.
    return this.#calls.once("POST", call, { body, headers, timeout: Infinity, signal: this.#signal });
  }
}
