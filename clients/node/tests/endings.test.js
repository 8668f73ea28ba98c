import assert from "node:assert/strict";
import { test } from "node:test";
import { completed, failed } from "../src/endings.js";
import { Fatal, JobError, RetryLater } from "../src/errors.js";
import { storable } from "../src/text.js";

const limits = { resultBytes: 20, errorBytes: 4096, detailsBytes: 20 };
const body = ({ json }) => JSON.parse(json);

test("values become results, and nothing becomes none", () => {
  assert.equal(completed({ a: 1 }, undefined, limits).json, '{"result":{"a":1}}');
  assert.equal(completed(null, undefined, limits).json, '{"result":null}');
  assert.equal(completed(undefined, undefined, limits).json, "{}");
  assert.equal(completed(1, "u", limits).json, '{"resultUploadId":"u"}');
});

test("a result may have exactly as many bytes as the server keeps", () => {
  assert.equal(completed("ü".repeat(9), undefined, limits).call, "complete");
  const ending = completed(`${"ü".repeat(9)}x`, undefined, limits);
  assert.equal(ending.call, "fail");
  assert.match(body(ending).message, /has 21 bytes, and at most 20 are kept.*job\.uploadResult/);
});

test("what is not JSON fails with a word on it", () => {
  const cycle = {};
  cycle.self = cycle;
  for (const value of [10n, cycle]) {
    const { call, json } = completed(value, undefined, limits);
    assert.equal(call, "fail");
    assert.equal(JSON.parse(json).code, "result_not_json");
  }
});

test("codes are words of letters, digits, underscore, hyphen and dot", () => {
  class HTTPStatusError extends Error {
    name = "HttpStatusError";
  }
  const codes = [
    [new HTTPStatusError("x"), "http_status_error"],
    [new RangeError("x"), "range_error"],
    [Object.assign(new Error("x"), { code: "no space, left" }), "no_space__left"],
    // The numbers of a DOMException say nothing to anybody.
    [new DOMException("x", "TimeoutError"), "timeout_error"],
    [Object.assign(new Error("x"), { name: "" }), "error"],
    ["thrown text", "error"],
    [undefined, "error"],
  ];
  for (const [error, code] of codes) assert.equal(body(failed(error, limits)).code, code);
});

test("anything thrown has a message", () => {
  const messages = [
    [new Error("why"), "why"],
    [new TypeError(""), "TypeError"],
    ["thrown text", "thrown text"],
    [{ a: 1 }, "{ a: 1 }"],
    [undefined, "undefined"],
    ["", "The handler threw nothing that says why."],
  ];
  for (const [error, message] of messages) assert.equal(body(failed(error, limits)).message, message);
});

test("details that cannot be kept are left out", () => {
  const cycle = {};
  cycle.self = cycle;
  for (const details of ["x".repeat(30), cycle, 1n, undefined]) {
    assert.deepEqual(Object.keys(body(failed(new JobError("no", { details }), limits))), ["code", "message"]);
  }
  assert.deepEqual(body(failed(new Fatal("no", { details: { a: 1 } }), limits)).details, { a: 1 });
});

test("RetryLater takes milliseconds", () => {
  assert.equal(body(failed(new RetryLater(0), limits)).delaySeconds, 0);
  assert.equal(body(failed(new RetryLater(1), limits)).delaySeconds, 1);
  for (const ms of [-1, NaN, undefined, Infinity]) assert.throws(() => new RetryLater(ms), TypeError);
});

test("text is cut by bytes, between two characters", () => {
  assert.equal(storable("aüb", 4), "aüb");
  assert.equal(storable("aüb", 3), "aü");
  assert.equal(storable("aüb", 2), "a");
  for (const bytes of [4, 5, 6, 7]) assert.equal(storable("😀😀", bytes), "😀");
  assert.equal(storable("😀😀", 3), "");
});

test("text has nothing in it that the server's stores refuse", () => {
  assert.equal(storable("a\0b\ud800c", 100), "a\ufffdb\ufffdc");
});
