/** A claimed job, as its handler sees it. */
export class Job {
  #lease;
  #signal;
  #progress;
  #logs;
  #checkpoints;
  #uploads;

  /**
   * @param {object} claimed The job as the claim was answered.
   * @param {object} desk What the job's calls go through.
   */
  constructor(claimed, { lease, signal, progress, logs, checkpoints, uploads }) {
    this.id = claimed.id;
    this.number = claimed.number;
    this.type = claimed.type;
    this.queue = claimed.queue;
    this.payload = claimed.payload;
    this.attempt = claimed.attempt;
    this.maxAttempts = claimed.maxAttempts;
    this.lostCount = claimed.lostCount;
    this.projectId = claimed.projectId;
    /** What an earlier run saved last. */
    this.checkpoint = claimed.checkpoint;
    /** Larger with every claim: pass it on to systems that can compare it. */
    this.fence = claimed.lease.fence;
    this.traceparent = claimed.traceparent;
    this.createdAt = claimed.createdAt;
    this.createdBy = claimed.createdBy;
    this.#lease = lease;
    this.#signal = signal;
    this.#progress = progress;
    this.#logs = logs;
    this.#checkpoints = checkpoints;
    this.#uploads = uploads;
  }

  /**
   * Aborted, with a `Stopped` as its reason, when the job is to stop: hand it to all that waits.
   *
   * @type {AbortSignal}
   */
  get signal() {
    // A process that was frozen may get here before the timer that ends the lease.
    this.#lease.check();
    return this.#signal;
  }

  /**
   * Says how far the job is. It returns at once; at most four reports a second are sent, the latest each time.
   *
   * @param {number} [percent] 0 to 100.
   * @param {string} [message] For people.
   * @param {object} [data] For programs that watch the job.
   */
  progress(percent, message, data) {
    this.#progress.report(percent, message, data);
  }

  /**
   * Writes a line to the job's log. It returns at once; lines are sent in batches.
   *
   * @param {string} message
   * @param {"trace" | "debug" | "info" | "notice" | "warning" | "error" | "critical"} [level]
   */
  log(message, level = "info") {
    this.#logs.write(message, level);
  }

  /**
   * Saves how far the job came; its next run finds it as `job.checkpoint`.
   *
   * @param {unknown} value Any JSON up to the server's limit.
   * @returns {Promise<void>} Resolved once it is stored.
   */
  async saveCheckpoint(value) {
    await this.#checkpoints.save(value);
    this.checkpoint = value;
  }

  /**
   * Hands over a file. When the handler returns, the one handed over last is the job's result.
   *
   * @param {Uint8Array | string | import("node:stream").Readable | ReadableStream} source Bytes, a path or a stream.
   * @param {string} filename What people see it as.
   * @returns {Promise<{uploadId: string, filename: string, size: number, sha256: string}>}
   */
  uploadResult(source, filename) {
    return this.#uploads.send(source, filename);
  }
}
