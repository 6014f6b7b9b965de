import { type ChildProcess, execFileSync } from "node:child_process";
import { randomBytes } from "node:crypto";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { ROOT, ended, startBound } from "./program.ts";

/** How long PostgreSQL may take to be there. */
const START_MILLIS = 60_000;

/** An empty database of PostgreSQL. */
export class Database {
  /** The setting `database_url`. */
  readonly url: string;
  readonly #name: string;
  readonly #dir: string;
  /** The server, if it is this database's alone. */
  readonly #server: ChildProcess | undefined;

  private constructor(dir: string, server: ChildProcess | undefined) {
    this.#name = `test_${randomBytes(8).toString("hex")}`;
    this.url = `postgres://postgres@localhost/${this.#name}?host=${dir}`;
    this.#dir = dir;
    this.#server = server;
    server?.stderr?.pipe(process.stderr);
  }

  /** Makes one on the server that script/test has started, or on one of its own. */
  static async create(): Promise<Database> {
    const shared = process.env["MUSTER_TEST_POSTGRES"];
    const dir = shared ?? mkdtempSync(join(tmpdir(), "muster-postgres-"));
    const database = new Database(dir, shared ? undefined : startBound(join(ROOT, "script/postgres"), [dir]));
    try {
      await database.#create();
    } catch (error) {
      await database.drop();
      throw error;
    }
    return database;
  }

  async #create(): Promise<void> {
    const end = Date.now() + START_MILLIS;
    for (;;) {
      try {
        return this.#execute(`CREATE DATABASE ${this.#name}`);
      } catch (error) {
        if (this.#server?.exitCode != null || Date.now() > end) throw error;
      }
      await pause(100);
    }
  }

  /** Deletes it, whoever is connected. */
  async drop(): Promise<void> {
    if (!this.#server) return this.#execute(`DROP DATABASE IF EXISTS ${this.#name} WITH (FORCE)`);
    await ended(this.#server, "SIGQUIT");
    rmSync(this.#dir, { recursive: true, force: true });
  }

  #execute(statement: string): void {
    const args = ["--no-psqlrc", "--quiet", "--set=ON_ERROR_STOP=1", `--host=${this.#dir}`, "--username=postgres", "--command", statement];
    execFileSync("psql", args, { stdio: "pipe" });
  }
}
