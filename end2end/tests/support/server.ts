import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Running, type Settings, run } from "./program.ts";

/** The password of every demo member. */
export const PASSWORD = "correct horse battery";

/** Where a server says that it is. */
export const ADDRESS = /http:\/\/127\.0\.0\.1:\d+/;

/** How a server differs from the usual one, which has the demo tenant. */
export interface ServerOptions {
  /** False: an empty tenant, whose server prints a link to set up the first Admin. */
  demo?: boolean;
  /** Settings, such as `MUSTER_LINK_LIFETIME_SECONDS`. */
  settings?: Settings;
}

/** A server of its own process on a free port, with a data directory of its own. */
export class Server {
  readonly url: string;
  readonly #process: Running;
  readonly #dir: string;

  private constructor(url: string, process: Running, dir: string) {
    this.url = url;
    this.#process = process;
    this.#dir = dir;
  }

  /** Starts one and waits until it has said where it is. */
  static async start({ demo = true, settings = {} }: ServerOptions = {}): Promise<Server> {
    const dir = mkdtempSync(join(tmpdir(), "muster-end2end-"));
    const args = ["serve", ...(demo ? ["--demo"] : []), "--addr", "127.0.0.1:0", "--data-dir", dir];
    const process = new Running(args, { MUSTER_DEMO_PASSWORD: PASSWORD, ...settings });
    try {
      return new Server(await process.printed(ADDRESS), process, dir);
    } catch (error) {
      await process.kill();
      rmSync(dir, { recursive: true, force: true });
      throw error;
    }
  }

  /** Waits until the server has printed this. */
  printed(pattern: RegExp): Promise<string> {
    return this.#process.printed(pattern);
  }

  /** What the server has written to its log. */
  get log(): string {
    return this.#process.log;
  }

  /** Where its database is. */
  get database(): string {
    return join(this.#dir, "muster.db");
  }

  /** Runs another command of the program on the server's data. */
  muster(...args: string[]): void {
    run([...args, "--data-dir", this.#dir]);
  }

  /** Stops it as an operator does, deletes its data, and gives back its exit code. */
  async stop(): Promise<number | null> {
    const code = await this.#process.stop();
    rmSync(this.#dir, { recursive: true, force: true });
    return code;
  }
}
