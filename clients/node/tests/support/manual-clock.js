/** A clock that a test moves. */
export class ManualClock {
  #now = 0;
  #timers = new Set();
  #waiting = new Set();

  now = () => this.#now;

  after = (ms, action) => {
    const timer = { ms, at: this.#now + ms, action };
    this.#timers.add(timer);
    for (const look of this.#waiting) look();
    return () => this.#timers.delete(timer);
  };

  /** Moves on, and fires what falls due on the way, in its order. */
  advance(ms) {
    const end = this.#now + ms;
    for (let timer = this.#next(end); timer; timer = this.#next(end)) {
      this.#now = Math.max(this.#now, timer.at);
      this.#timers.delete(timer);
      timer.action();
    }
    this.#now = end;
  }

  /** Moves on without firing anything: this is what a process sees that was stopped and goes on. */
  freeze(ms) {
    this.#now += ms;
  }

  /** Waits until a timer of exactly this delay is set. */
  armed(ms) {
    return new Promise((resolve) => {
      const look = () => {
        if (![...this.#timers].some((timer) => timer.ms === ms)) return;
        this.#waiting.delete(look);
        resolve();
      };
      this.#waiting.add(look);
      look();
    });
  }

  #next(end) {
    const due = [...this.#timers].filter((timer) => timer.at <= end);
    return due.sort((one, other) => one.at - other.at)[0];
  }
}
