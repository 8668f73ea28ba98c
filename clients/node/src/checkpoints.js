import { JobError } from "./errors.js";

/** Keeps how far a job came, for its next run. */
export class Checkpoints {
  #calls;
  #limit;
  #last = Promise.resolve();

  /**
   * @param {import("./job-calls.js").JobCalls} calls
   * @param {number} limit The most bytes of JSON.
   */
  constructor(calls, limit) {
    this.#calls = calls;
    this.#limit = limit;
  }

  /**
   * Saves a value; one after the other, so that an older one never replaces a newer.
   *
   * @param {unknown} value Any JSON.
   * @returns {Promise<void>}
   */
  save(value) {
    const json = JSON.stringify(value ?? null);
    const saved = this.#last.then(() => this.#send(json));
    // Who called save hears of a failure; those behind it only wait for their turn.
    this.#last = saved.catch(() => {});
    return saved;
  }

  async #send(json) {
    const size = Buffer.byteLength(json);
    if (size > this.#limit) {
      const message = `The checkpoint has ${size} bytes, and at most ${this.#limit} are kept.`;
      throw new JobError(message, { code: "checkpoint_too_large" });
    }
    await this.#calls.untilOver("PUT", "checkpoint", { json });
  }
}
