/** What a worker is to do, whoever wants it: the operator, a signal or the program. A stop is final. */
export class Mode {
  #bell;
  #stop = new AbortController();
  #isQuiet = false;

  /** @param {import("./bell.js").Bell} bell Rung at every change. */
  constructor(bell) {
    this.#bell = bell;
  }

  /** The word for it on the wire: "run", "quiet" or "stopping". */
  get state() {
    if (this.#stop.signal.aborted) return "stopping";
    return this.#isQuiet ? "quiet" : "run";
  }

  /** Whether jobs may be claimed. */
  get mayClaim() {
    return this.state === "run";
  }

  /** Aborted when the worker is to stop. */
  get stopping() {
    return this.#stop.signal;
  }

  /** Claim nothing more, and end what runs. */
  stop() {
    this.#stop.abort();
    this.#bell.ring();
  }

  /**
   * What the answer to a heartbeat says that an operator wants.
   *
   * @param {string} wish "run", "quiet" or "stop".
   */
  obey(wish) {
    if (wish === "stop") return this.stop();
    const isQuiet = wish === "quiet";
    if (isQuiet === this.#isQuiet) return;
    this.#isQuiet = isQuiet;
    this.#bell.ring();
  }
}
