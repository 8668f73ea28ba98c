import { Outbox } from "./outbox.js";
import { storable } from "./text.js";

const interval = 500;
/** A batch is smaller than what servers and proxies take as a body. */
const batchBytes = 262_144;
/** While the server is away, a job that talks must not fill the memory. */
const mostWaiting = 5000;
const levels = new Set(["trace", "debug", "info", "notice", "warning", "error", "critical"]);

/** The lines a job writes, sent in numbered batches: one that is sent again is not stored twice. */
export class Logs {
  #calls;
  #setting;
  #outbox;
  #lines = [];
  #unsent;
  #batches = 0;
  #leftOut = 0;

  /**
   * @param {import("./job-calls.js").JobCalls} calls
   * @param {import("./run.js").Setting} setting
   */
  constructor(calls, setting) {
    this.#calls = calls;
    this.#setting = setting;
    this.#outbox = new Outbox(this, interval, setting);
  }

  /**
   * Takes a line.
   *
   * @param {string} message
   * @param {string} level A level that is not known counts as "info".
   */
  write(message, level) {
    if (this.#lines.length >= mostWaiting) {
      this.#leftOut += 1;
      return;
    }
    const known = level === "warn" ? "warning" : level;
    this.#push(levels.has(known) ? known : "info", message);
    this.#outbox.poke();
  }

  /** Sends what is left. */
  finish(ms) {
    return this.#outbox.finish(ms);
  }

  /** Sends nothing more. */
  close() {
    this.#outbox.close();
  }

  get isEmpty() {
    return this.#lines.length === 0 && this.#unsent === undefined;
  }

  /** The batch that could not be sent, as it was, or a new one. */
  take() {
    const batch = this.#unsent ?? { batch: (this.#batches += 1), lines: this.#takeLines() };
    this.#unsent = undefined;
    return batch;
  }

  giveBack(batch) {
    this.#unsent = batch;
  }

  send(batch) {
    return this.#calls.once("POST", "logs", { json: JSON.stringify(batch) });
  }

  #push(level, message) {
    const msg = storable(message, this.#setting.limits.logLineBytes);
    this.#lines.push({ ts: new Date().toISOString(), level, msg });
  }

  #takeLines() {
    let bytes = 0;
    let count = 0;
    for (const line of this.#lines.slice(0, this.#setting.limits.logLines)) {
      bytes += Buffer.byteLength(line.msg);
      if (count > 0 && bytes > batchBytes) break;
      count += 1;
    }
    const lines = this.#lines.splice(0, count);
    if (this.#leftOut > 0) {
      this.#push("warning", `${this.#leftOut} lines were left out here: they came faster than they could be sent.`);
      this.#leftOut = 0;
    }
    return lines;
  }
}
