import { EventEmitter } from "node:events";
import { Worker } from "../../src/index.js";
import { FakeServer } from "./fake-server.js";
import { ManualClock } from "./manual-clock.js";

/** A job as a claim gives it. */
export const claimed = (more = {}) => ({
  id: "job-1",
  number: 1,
  type: "work",
  queue: "default",
  attempt: 1,
  maxAttempts: 3,
  lostCount: 0,
  payload: {},
  createdAt: "2026-01-01T00:00:00Z",
  ...more,
  lease: { token: "secret-token", fence: 1, expiresIn: 30, ...more.lease },
});

/** A promise that the test settles. */
export function deferred() {
  const parts = {};
  parts.promise = new Promise((resolve, reject) => Object.assign(parts, { resolve, reject }));
  return parts;
}

/** Waits until a job is told to stop, and says why. */
export const stopped = (job) =>
  new Promise((resolve) => job.signal.addEventListener("abort", () => resolve(job.signal.reason.why)));

/** A handler that the test follows: `handler.started` gives the job, `handler.end(value)` lets it return. */
export function followed() {
  const [started, ended] = [deferred(), deferred()];
  const handler = (job) => {
    started.resolve(job);
    return ended.promise;
  };
  return Object.assign(handler, { started: started.promise, end: ended.resolve, fail: ended.reject });
}

/** A worker before a fake server, under a clock that stands still. */
export class Workshop {
  clock = new ManualClock();
  process = Object.assign(new EventEmitter(), { pid: 4711, kill: (...words) => this.killed.push(words) });
  killed = [];
  logged = [];
  #listening = [];
  #stop = new AbortController();

  static async open(t, { handler, options, signals = false, script = () => {} }) {
    const shop = new Workshop();
    shop.server = await FakeServer.start(t);
    script(shop.server);
    const write = (level) => (...words) => shop.#note(level, JSON.stringify(words));
    const logger = { debug: write("debug"), info: write("info"), warn: write("warn"), error: write("error") };
    const all = { url: shop.server.url, key: "secret-key", name: "shop", slots: 2, logger, ...options };
    shop.worker = new Worker(all, { clock: shop.clock, random: () => 1, process: shop.process });
    shop.worker.handle("work", handler);
    shop.running = shop.worker.run({ signal: shop.#stop.signal, signals });
    // Rejected before the test looks at it, it must not end the process.
    shop.running.catch(() => {});
    return shop;
  }

  /** Waits until the worker has logged something. */
  said(text) {
    return new Promise((resolve) => {
      const look = () => this.logged.some((line) => line.text.includes(text)) && (resolve(), true);
      if (!look()) this.#listening.push(look);
    });
  }

  #note(level, text) {
    this.logged.push({ level, text });
    this.#listening = this.#listening.filter((look) => !look());
  }

  /** Tells the worker to stop. */
  stop() {
    this.#stop.abort();
  }

  /** Stops the worker and waits until it has; a test then knows that nothing more will be sent. */
  async close() {
    this.stop();
    await this.running;
  }

  /** Gives what the worker has sent by now the time to arrive: there and back, more often than it needs. */
  async arrivals() {
    for (let trip = 0; trip < 5; trip += 1) await fetch(this.server.url);
  }

  /** Beats once more; `count` is the number of the beat. */
  async beat(count) {
    await this.clock.armed(5000);
    this.clock.advance(5000);
    return this.server.received("heartbeat", count);
  }

  /** Lets a repeated request go, whose delay is known as chance is not left to itself here. */
  async repeat(ms) {
    await this.clock.armed(ms);
    this.clock.advance(ms);
  }
}
