import { randomUUID } from "node:crypto";
import { Backoff } from "./backoff.js";
import { sleep, systemClock } from "./clock.js";
import { Connection } from "./connection.js";
import { WaitTimeout } from "./errors.js";
import { ConnectionError, isProblem, Problem, retryAfter } from "./problem.js";
import { ResultFile } from "./result-file.js";

const ends = new Set(["Completed", "Failed", "Cancelled"]);
/** Proxies like to cut what is silent for a minute. */
const longestPoll = 30_000;

/** Submits jobs and follows them. Times are in milliseconds where the name does not say otherwise. */
export class Client {
  #connection;
  #retries;
  #clock;
  #random;

  /**
   * @param {object} options
   * @param {string | URL} options.url
   * @param {string} [options.key]
   * @param {number} [options.timeout] For how long to wait for an answer.
   * @param {number} [options.retries] How often a call that may be repeated is repeated.
   * @param {object} [environment] For tests: the clock and the source of chance.
   */
  constructor({ url, key, timeout, retries = 4 }, { clock = systemClock, random = Math.random } = {}) {
    this.#connection = new Connection({ url, key, timeout, clock });
    this.#retries = retries;
    this.#clock = clock;
    this.#random = random;
  }

  /**
   * Submits a job. Every submit carries an `Idempotency-Key`, so that one whose answer was lost can be sent again.
   *
   * @param {string} type
   * @param {object} [payload]
   * @param {object} [options] Besides those below, any field of a submit: `queue`, `delaySeconds`, `uniqueKey`, ….
   * @param {string} [options.idempotencyKey] Your own name for this submit, which then can be repeated later too.
   * @param {number} [options.wait] For how long to wait for the job's end, at most a minute.
   * @param {string} [options.traceparent]
   * @param {AbortSignal} [options.signal]
   * @returns {Promise<object>} The job.
   */
  async submit(type, payload = {}, { idempotencyKey, wait = 0, traceparent, signal, ...options } = {}) {
    const headers = {};
    // The server takes either an id or a key: each alone makes a repetition known.
    if (options.id === undefined) headers["Idempotency-Key"] = quoted(idempotencyKey ?? randomUUID());
    if (wait > 0) headers.Prefer = `wait=${Math.ceil(wait / 1000)}`;
    if (traceparent !== undefined) headers.traceparent = traceparent;
    const json = JSON.stringify({ type, payload, ...options });
    const timeout = this.#connection.timeout + wait;
    return (await this.#persist("POST", "/api/jobs", { json, headers, timeout, signal })).body;
  }

  /**
   * A job as it is now.
   *
   * @param {string | number} id Its id or its number.
   * @param {{signal?: AbortSignal}} [options]
   * @returns {Promise<object>}
   */
  async job(id, { signal } = {}) {
    return (await this.#persist("GET", jobPath(id), { signal })).body;
  }

  /**
   * Waits for a job's end, whatever it is.
   *
   * @param {string | number} id
   * @param {{timeout?: number, signal?: AbortSignal}} [options]
   * @returns {Promise<object>} The job that has ended.
   * @throws {WaitTimeout} When it had not ended in time.
   */
  async wait(id, { timeout = Infinity, signal } = {}) {
    const endsAt = this.#clock.now() + timeout;
    let seen = await this.#persist("GET", jobPath(id), { signal });
    while (!ends.has(seen.body.status)) {
      const left = endsAt - this.#clock.now();
      if (left <= 0) throw new WaitTimeout(seen.body);
      const next = await this.#poll(id, seen, Math.min(left, longestPoll), signal);
      if (next.status !== 304) seen = next;
    }
    return seen.body;
  }

  /**
   * The result of a completed job.
   *
   * @param {string | number} id
   * @param {{signal?: AbortSignal}} [options]
   * @returns {Promise<unknown>} JSON, or a `ResultFile`.
   */
  async result(id, { signal } = {}) {
    const path = `${jobPath(id)}/result`;
    const answer = await this.#persist("GET", path, { signal });
    if (answer.status !== 303) return answer.body;
    const link = (await this.#persist("GET", `${path}?redirect=false`, { signal })).body;
    return new ResultFile({ ...link, url: this.#connection.resolve(link.url) });
  }

  /**
   * Cancels a job that has not ended.
   *
   * @param {string | number} id
   * @param {{reason?: string, signal?: AbortSignal}} [options]
   * @returns {Promise<{id: string, status: string, completedAt: string}>}
   */
  async cancel(id, { reason, signal } = {}) {
    let tries = 0;
    try {
      const json = JSON.stringify({ reason });
      return (await this.#persist("POST", `${jobPath(id)}/cancel`, { json, signal }, () => (tries += 1))).body;
    } catch (error) {
      // The first try may have cancelled it, and only its answer was lost.
      if (tries < 2 || error.currentStatus !== "Cancelled") throw error;
      const { id: uuid, status, completedAt } = await this.job(id, { signal });
      return { id: uuid, status, completedAt };
    }
  }

  /**
   * Queues a failed or cancelled job again. It is sent once: repeated, it might start a job that failed again since.
   *
   * @param {string | number} id
   * @param {{runAt?: string | Date, signal?: AbortSignal}} [options]
   * @returns {Promise<object>}
   */
  async retry(id, { runAt, signal } = {}) {
    const json = JSON.stringify({ runAt });
    return (await this.#connection.send("POST", `${jobPath(id)}/retry`, { json, signal })).body;
  }

  /** Waits for a change. What is left of less than a second is slept: the server counts whole ones. */
  async #poll(id, seen, ms, signal) {
    const seconds = Math.floor(ms / 1000);
    const request = { signal, headers: {} };
    if (seconds === 0) {
      await sleep(this.#clock, ms, signal);
    } else {
      request.headers = { Prefer: `wait=${seconds}`, "If-None-Match": seen.headers.get("etag") ?? '"none"' };
      request.timeout = this.#connection.timeout + ms;
    }
    const next = await this.#persist("GET", jobPath(id), request);
    const isEarly = seconds > 0 && next.status === 304 && this.#clock.now() - next.sentAt < 1000;
    // A server that stops, or a proxy, does not hold the answer back; without a pause we would ask without end.
    if (isEarly) await sleep(this.#clock, Math.min(ms, retryAfter(next.headers) ?? 1000), signal);
    return next;
  }

  /** Sends a request that may be repeated, and repeats it. */
  async #persist(method, path, request, onTry = () => {}) {
    const backoff = new Backoff({ first: 250, longest: 10_000, random: this.#random });
    for (let left = this.#retries; ; left -= 1) {
      try {
        onTry();
        return await this.#connection.send(method, path, request);
      } catch (error) {
        if (left <= 0 || !isWorthRepeating(error)) throw error;
        await sleep(this.#clock, backoff.next(error.retryAfterMs), request.signal);
      }
    }
  }
}

/** 502 and 504 are a proxy's words for a connection that failed behind it. */
function isWorthRepeating(error) {
  if (error instanceof ConnectionError || isProblem(error, "idempotency-in-flight")) return true;
  return error instanceof Problem && [429, 502, 503, 504].includes(error.status);
}

const jobPath = (id) => `/api/jobs/${encodeURIComponent(id)}`;

/** A string of structured fields (RFC 8941). */
function quoted(key) {
  if (!/^[\x20-\x7e]{1,255}$/.test(key)) throw new TypeError("An idempotency key is 1 to 255 characters of ASCII.");
  return `"${key.replace(/["\\]/g, "\\$&")}"`;
}
