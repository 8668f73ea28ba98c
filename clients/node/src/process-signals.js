const names = ["SIGTERM", "SIGINT"];

/** Asks for a stop at the first signal that wants the process to end, and lets the second one end it. */
export class ProcessSignals {
  #process;
  #onFirst;
  #seen = false;
  #listener = (name) => this.#hear(name);

  /**
   * @param {NodeJS.Process} process
   * @param {(name: string) => void} onFirst
   */
  constructor(process, onFirst) {
    this.#process = process;
    this.#onFirst = onFirst;
  }

  install() {
    for (const name of names) this.#process.on(name, this.#listener);
  }

  remove() {
    for (const name of names) this.#process.off(name, this.#listener);
  }

  #hear(name) {
    if (!this.#seen) {
      this.#seen = true;
      return this.#onFirst(name);
    }
    // Without our listener the signal does what it always does.
    this.remove();
    this.#process.kill(this.#process.pid, name);
  }
}
