/** Rings when something changed that loops may be waiting for. */
export class Bell {
  #waiting = [];

  /** Wakes everyone who waits. */
  ring() {
    const waiting = this.#waiting;
    this.#waiting = [];
    for (const wake of waiting) wake();
  }

  /**
   * Waits until a condition holds, looking at it now and at every ring.
   *
   * @param {() => boolean} condition
   * @returns {Promise<void>}
   */
  async until(condition) {
    while (!condition()) await new Promise((resolve) => this.#waiting.push(resolve));
  }
}
