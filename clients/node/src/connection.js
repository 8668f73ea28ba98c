import { systemClock } from "./clock.js";
import { ConnectionError, Problem } from "./problem.js";

/**
 * What the server answered.
 *
 * @typedef {object} Answer
 * @property {number} status
 * @property {Headers} headers
 * @property {any} body The JSON; undefined where there was none.
 * @property {number} sentAt When the request was sent, by the clock of the connection: leases count from there.
 */

/** Sends single requests to one installation. Who sends again, and when, is decided elsewhere. */
export class Connection {
  #url;
  #key;
  #timeout;
  #clock;

  /**
   * @param {object} options
   * @param {string | URL} options.url Where the installation is, such as "http://127.0.0.1:8080".
   * @param {string} [options.key] The API key.
   * @param {number} [options.timeout] For how many milliseconds to wait for an answer.
   * @param {import("./clock.js").Clock} [options.clock]
   */
  constructor({ url, key, timeout = 30_000, clock = systemClock }) {
    this.#url = new URL(url).href.replace(/\/+$/, "");
    this.#key = key;
    this.#timeout = timeout;
    this.#clock = clock;
  }

  /** For how many milliseconds a request waits for its answer, unless it says otherwise. */
  get timeout() {
    return this.#timeout;
  }

  /**
   * The whole URL of a path, or of a link that the server gave.
   *
   * @param {string} link
   * @returns {string}
   */
  resolve(link) {
    return new URL(link, `${this.#url}/`).href;
  }

  /**
   * Sends a request and reads the answer.
   *
   * @param {string} method
   * @param {string} path
   * @param {object} [request]
   * @param {string} [request.json] The body, as JSON text: what is sent again has to be the same text.
   * @param {unknown} [request.body] Another body.
   * @param {Record<string, string>} [request.headers]
   * @param {number} [request.timeout]
   * @param {AbortSignal} [request.signal]
   * @returns {Promise<Answer>}
   * @throws {Problem} When the server refuses.
   * @throws {ConnectionError} When there was no answer.
   */
  async send(method, path, { json, body, headers, timeout = this.#timeout, signal } = {}) {
    signal?.throwIfAborted();
    const limit = new TimeLimit(this.#clock, timeout, signal);
    const sentAt = this.#clock.now();
    try {
      const response = await fetch(this.#url + path, {
        method,
        body: json ?? body,
        headers: this.#headers(json, headers),
        // A redirect would carry the key to wherever it leads.
        redirect: "manual",
        duplex: "half",
        signal: limit.signal,
      });
      return read(response, await response.text(), sentAt);
    } catch (error) {
      if (error instanceof Problem) throw error;
      if (signal?.aborted) throw signal.reason;
      const why = limit.isOver ? `no answer within ${timeout} ms` : (error.cause?.message ?? error.message);
      throw new ConnectionError(`${method} ${this.#url}${path}: ${why}`, { cause: error });
    } finally {
      limit.clear();
    }
  }

  #headers(json, headers) {
    const all = { Accept: "application/json", ...headers };
    if (json !== undefined) all["Content-Type"] = "application/json";
    if (this.#key) all.Authorization = `Bearer ${this.#key}`;
    return all;
  }
}

/** Ends a request when its time is over, or when its sender has lost interest. */
class TimeLimit {
  #controller = new AbortController();
  #cancelTimer = () => {};
  #parent;
  #follow = () => this.#controller.abort(this.#parent.reason);
  isOver = false;

  constructor(clock, ms, parent) {
    this.#parent = parent;
    parent?.addEventListener("abort", this.#follow);
    if (ms === Infinity) return;
    this.#cancelTimer = clock.after(ms, () => {
      this.isOver = true;
      this.#controller.abort();
    });
  }

  get signal() {
    return this.#controller.signal;
  }

  clear() {
    this.#cancelTimer();
    // The parent may live as long as the process; a listener for each request would fill it.
    this.#parent?.removeEventListener("abort", this.#follow);
  }
}

/** @returns {Answer} */
function read(response, text, sentAt) {
  const { status, headers } = response;
  if (status >= 300 && status !== 303 && status !== 304) throw Problem.read(status, headers, text);
  return { status, headers, body: text === "" ? undefined : JSON.parse(text), sentAt };
}
