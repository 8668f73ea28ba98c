import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { test } from "node:test";
import * as library from "../src/index.js";
import { Job } from "../src/job.js";

const declarations = await readFile(new URL("../index.d.ts", import.meta.url), "utf8");

/** What is declared between the braces of a class or interface. */
function body(name) {
  const found = declarations.match(new RegExp(`export (?:class|interface) ${name}\\b[^{]*\\{(.*?)\\n?\\}\\n`, "s"));
  assert.ok(found, `${name} is not declared`);
  return found[1];
}

test("every name that is exported is declared, and no other class is", () => {
  const declared = [...declarations.matchAll(/^export class (\w+)/gm)].map(([, name]) => name);
  assert.deepEqual(declared.sort(), Object.keys(library).sort());
});

for (const Kind of [library.Client, library.Worker, library.ResultFile, Job]) {
  test(`every method of ${Kind.name} is declared`, () => {
    const methods = Object.getOwnPropertyNames(Kind.prototype).filter((name) => name !== "constructor");
    for (const method of methods) assert.match(body(Kind.name), new RegExp(`^ +(readonly )?${method}\\b`, "m"));
  });
}

test("every property of a job is declared", () => {
  const job = new Job({ lease: { fence: 1 } }, {});
  for (const name of Object.keys(job)) assert.match(body("Job"), new RegExp(`^ +readonly ${name}\\??:`, "m"));
});
