import { Stopped } from "./errors.js";

/** Nine tenths of what was granted: the rest is for clocks that do not run alike. */
const share = 0.9;

/** The right to write to a job until it ends. */
export class Lease {
  #token;
  #clock;
  #expiresAt;
  #over = new AbortController();
  #cancelTimer = () => {};

  /**
   * @param {{token: string, fence: number, expiresIn: number}} grant As the claim was answered.
   * @param {number} sentAt When the claim was sent: the server's time began no sooner.
   * @param {import("./clock.js").Clock} clock
   */
  constructor({ token, fence, expiresIn }, sentAt, clock) {
    this.#token = token;
    this.fence = fence;
    this.#clock = clock;
    this.#expiresAt = sentAt + expiresIn * 1000 * share;
    // A claim that waited long comes with a lease that is partly over.
    this.isShort = this.remaining < (expiresIn * 1000) / 2;
  }

  /** Aborted, with a `Stopped`, once the lease is over: nothing is written with it then. */
  get over() {
    return this.#over.signal;
  }

  /** For how many milliseconds it holds, if nothing happens. */
  get remaining() {
    return this.#expiresAt - this.#clock.now();
  }

  /**
   * Whether it holds. The clock decides and not a timer: after a process was frozen, timers fire late and in any order.
   */
  get isHeld() {
    return !this.#over.signal.aborted && this.remaining > 0;
  }

  /** Ends it where its time is over and no timer has said so yet. */
  check() {
    if (!this.isHeld) this.lose();
  }

  /** What every call about the job carries. */
  get headers() {
    return { "Job-Lease": this.#token, "Job-Fence": String(this.fence) };
  }

  /** What a heartbeat says of it. */
  renewalOf(id) {
    return { id, fence: this.fence, token: this.#token };
  }

  /**
   * Takes a renewal.
   *
   * @param {number} sentAt When the heartbeat was sent.
   * @param {number} expiresIn Seconds.
   */
  renew(sentAt, expiresIn) {
    // Answers may overtake each other; each was a promise, and the longest holds.
    this.#expiresAt = Math.max(this.#expiresAt, sentAt + expiresIn * 1000 * share);
  }

  /** Begins to watch the time, and ends the lease when it is over. */
  watch() {
    if (this.#over.signal.aborted) return;
    this.#cancelTimer = this.#clock.after(Math.max(0, this.remaining), () => {
      this.check();
      this.watch();
    });
  }

  /** It is over: somebody else may have the job. */
  lose() {
    this.#end("lost");
  }

  /** The run has ended, and nothing more is written. */
  close() {
    this.#end("ended");
  }

  #end(why) {
    this.#cancelTimer();
    this.#over.abort(new Stopped(why));
  }
}
