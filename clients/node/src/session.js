import { Backoff } from "./backoff.js";
import { sleep } from "./clock.js";
import { isProblem, isTransient } from "./problem.js";

/** The server's knowledge of a worker. Leases do not depend on it: it may be forgotten and made anew at any time. */
export class Session {
  #description;
  #setting;
  #terms;
  #opening;

  /**
   * @param {object} description What the server is told of the worker.
   * @param {object} setting
   * @param {import("./connection.js").Connection} setting.connection
   * @param {import("./clock.js").Clock} setting.clock
   * @param {() => number} setting.random
   * @param {import("./worker.js").Logger} setting.logger
   */
  constructor(description, setting) {
    this.#description = description;
    this.#setting = setting;
  }

  /** How long the parts of a run may be. */
  get limits() {
    return this.#terms.limits;
  }

  /** How many jobs one claim may ask for. */
  get maxClaim() {
    return this.#terms.maxClaim;
  }

  /** The time between two heartbeats, in milliseconds. */
  get heartbeatMs() {
    return this.#terms.heartbeatSeconds * 1000;
  }

  /** How long a lease lasts, in milliseconds. */
  get leaseMs() {
    return this.#terms.leaseSeconds * 1000;
  }

  /**
   * Introduces the worker, and waits for a server that is not there yet.
   *
   * @param {AbortSignal} signal Ends the waiting.
   * @returns {Promise<boolean>} False when the signal came first.
   * @throws {import("./problem.js").Problem} When the server refuses the worker.
   */
  async open(signal) {
    const { clock, random, logger } = this.#setting;
    const backoff = new Backoff({ first: 500, longest: 10_000, random });
    while (!signal.aborted) {
      try {
        await this.#introduce(signal);
        return true;
      } catch (error) {
        if (signal.aborted) return false;
        if (!isTransient(error)) throw error;
        logger.warn(`there is no session yet: ${error.message}`);
        await sleep(clock, backoff.next(error.retryAfterMs), signal);
      }
    }
    return false;
  }

  /**
   * Claims jobs.
   *
   * @param {{max: number, waitSeconds: number}} wish
   * @param {AbortSignal} signal
   * @returns {Promise<import("./connection.js").Answer>}
   */
  claim(wish, signal) {
    return this.#call((workerId) =>
      this.#setting.connection.send("POST", "/api/worker/claim", {
        json: JSON.stringify({ workerId, ...wish }),
        // Longer than the server waits: an answer that nobody takes has jobs in it.
        timeout: wish.waitSeconds * 1000 + 10_000,
        signal,
      }),
    );
  }

  /**
   * Renews leases.
   *
   * @param {object} beat
   * @param {AbortSignal} [signal]
   * @returns {Promise<import("./connection.js").Answer>}
   */
  heartbeat(beat, signal) {
    const json = JSON.stringify(beat);
    // One that hangs must leave time for others before a lease is over.
    const timeout = this.leaseMs / 3;
    return this.#call((workerId) =>
      this.#setting.connection.send("POST", `/api/worker/sessions/${workerId}/heartbeat`, { json, timeout, signal }),
    );
  }

  /** Says goodbye; a server that does not hear it forgets the session by itself. */
  async close() {
    const path = `/api/worker/sessions/${this.#terms.workerId}`;
    try {
      await this.#setting.connection.send("DELETE", path, { timeout: 5000 });
    } catch (error) {
      this.#setting.logger.debug(`the session was not ended: ${error.message}`);
    }
  }

  /** Makes a call, once more where the session was forgotten. */
  async #call(send) {
    const terms = this.#terms;
    try {
      return await send(terms.workerId);
    } catch (error) {
      if (!isProblem(error, "session-expired")) throw error;
      // Claim and heartbeat may both hear of it; one new session is enough.
      if (this.#terms === terms) await (this.#opening ??= this.#introduce());
      return send(this.#terms.workerId);
    }
  }

  async #introduce(signal) {
    const { connection, logger } = this.#setting;
    const json = JSON.stringify({ ...this.#description, workerId: this.#terms?.workerId });
    try {
      this.#terms = (await connection.send("POST", "/api/worker/sessions", { json, signal })).body;
      logger.info(`session ${this.#terms.workerId} has begun`);
    } finally {
      this.#opening = undefined;
    }
  }
}
