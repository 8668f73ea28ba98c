import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { createInterface } from "node:readline";

// A worker may only name types that the installation knows; those of the conformance kit are its worker's.
const kit = ["echo", "sleep", "record", "fail", "checkpoint", "log", "large", "upload"];
const configuration = `lease: 2s
types:
  resize: {external: true}
  shaky: {external: true, maxAttempts: 2}
${kit.map((name) => `  kit.${name}: {external: true}\n`).join("")}`;

/** The program that ERRAND_BINARY names, serving a store of its own. */
export class RealServer {
  #process;

  static async start() {
    const server = new RealServer();
    server.folder = await mkdtemp(join(tmpdir(), "errand-client-"));
    await writeFile(join(server.folder, "errand.yaml"), configuration);
    const words = ["serve", "--port", "0", "--config", "errand.yaml"];
    // Its log is of no use to whoever reads the tests' report, and a pipe that nobody reads would stop it.
    const options = { cwd: server.folder, stdio: ["ignore", "pipe", "ignore"] };
    server.#process = spawn(resolve(process.env.ERRAND_BINARY), words, options);
    const [line] = await once(createInterface(server.#process.stdout), "line");
    server.url = line.replace("Listening on ", "");
    return server;
  }

  async stop() {
    const ended = once(this.#process, "exit");
    this.#process.kill("SIGTERM");
    await ended;
    await rm(this.folder, { recursive: true });
  }
}
