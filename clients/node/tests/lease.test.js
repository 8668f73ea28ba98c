import assert from "node:assert/strict";
import { test } from "node:test";
import { Lease } from "../src/lease.js";
import { ManualClock } from "./support/manual-clock.js";

const grant = { token: "t", fence: 1, expiresIn: 30 };

test("a lease holds for nine tenths of its time, from when the claim was sent", () => {
  const clock = new ManualClock();
  clock.advance(4000);
  const lease = new Lease(grant, 1000, clock);
  clock.advance(23_999);
  assert.equal(lease.isHeld, true);
  clock.advance(1);
  assert.equal(lease.isHeld, false);
});

test("a renewal counts from when the heartbeat was sent", () => {
  const clock = new ManualClock();
  const lease = new Lease(grant, 0, clock);
  clock.advance(20_000);
  lease.renew(10_000, 30);
  assert.equal(lease.remaining, 17_000);
});

test("an answer that was overtaken takes nothing away", () => {
  const clock = new ManualClock();
  const lease = new Lease(grant, 0, clock);
  lease.renew(10_000, 30);
  lease.renew(5000, 30);
  assert.equal(lease.remaining, 37_000);
});

test("a watched lease ends when its time is over, and not while it is renewed", () => {
  const clock = new ManualClock();
  const lease = new Lease(grant, 0, clock);
  lease.watch();
  lease.renew(20_000, 30);
  clock.advance(46_999);
  assert.equal(lease.over.aborted, false);
  clock.advance(1);
  assert.equal(lease.over.reason.why, "lost");
});

test("after a freeze the clock decides, not the timer", () => {
  const clock = new ManualClock();
  const lease = new Lease(grant, 0, clock);
  lease.watch();
  clock.freeze(27_000);
  assert.equal(lease.over.aborted, false);
  assert.equal(lease.isHeld, false);
});

test("a lost lease cannot be renewed", () => {
  const clock = new ManualClock();
  const lease = new Lease(grant, 0, clock);
  lease.lose();
  lease.renew(0, 30);
  assert.equal(lease.isHeld, false);
});

test("a lease that came with a claim which waited is short", () => {
  const clock = new ManualClock();
  assert.equal(new Lease(grant, 0, clock).isShort, false);
  clock.advance(13_000);
  assert.equal(new Lease(grant, 0, clock).isShort, true);
});
