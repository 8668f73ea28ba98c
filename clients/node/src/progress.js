import { Outbox } from "./outbox.js";
import { storable } from "./text.js";

/** Four reports a second at most: a person sees no more, and the server stores each. */
const interval = 250;

/** How far a job is: of what was reported since the last report was sent, the latest is sent. */
export class Progress {
  #calls;
  #setting;
  #outbox;
  #fields = {};

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
   * Takes a report; what is left out stays as it was.
   *
   * @param {number} [percent]
   * @param {string} [message]
   * @param {object} [data]
   */
  report(percent, message, data) {
    const { limits } = this.#setting;
    if (Number.isFinite(percent)) this.#fields.progress = Math.floor(Math.min(100, Math.max(0, percent)));
    if (message !== undefined) this.#fields.message = storable(message, limits.messageBytes);
    if (data !== undefined) this.#takeData(data, limits.dataBytes);
    this.#outbox.poke();
  }

  /** Sends the last report. */
  finish(ms) {
    return this.#outbox.finish(ms);
  }

  /** Sends nothing more. */
  close() {
    this.#outbox.close();
  }

  get isEmpty() {
    return Object.keys(this.#fields).length === 0;
  }

  take() {
    const fields = this.#fields;
    this.#fields = {};
    return fields;
  }

  giveBack(fields) {
    this.#fields = { ...fields, ...this.#fields };
  }

  send(fields) {
    return this.#calls.once("POST", "progress", { json: JSON.stringify(fields) });
  }

  /** Data that the server does not take would have the whole report refused. */
  #takeData(data, limit) {
    const json = JSON.stringify(data) ?? "";
    const isKept = json.startsWith("{") && Buffer.byteLength(json) <= limit;
    if (isKept) this.#fields.data = data;
    else this.#setting.logger.warn(`data is left out of a report: it must be an object of at most ${limit} bytes`);
  }
}
