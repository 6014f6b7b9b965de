import { mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Bucket } from "./bucket.ts";
import { Database } from "./postgres.ts";
import { Running, type Settings, run } from "./program.ts";
import { ADDRESS, PASSWORD } from "./server.ts";
import { test as base, expect } from "./test.ts";

export { expect };

/** How many users there are. */
export const USERS = 30_000;

/** What all processes share: PostgreSQL and an object store. Members of the demo's names may sign in, and one connection has {@link USERS}. */
class Stores {
  readonly bucket: Bucket;
  readonly #database: Database;
  /** Has a data directory of each process. */
  readonly #dir = mkdtempSync(join(tmpdir(), "muster-scaled-"));

  private constructor(database: Database, bucket: Bucket) {
    this.#database = database;
    this.bucket = bucket;
  }

  static async create(): Promise<Stores> {
    const database = await Database.create();
    let bucket: Bucket;
    try {
      bucket = await Bucket.create();
    } catch (error) {
      await database.drop();
      throw error;
    }
    const stores = new Stores(database, bucket);
    try {
      stores.#fill();
    } catch (error) {
      await stores.drop();
      throw error;
    }
    return stores;
  }

  #fill(): void {
    const roles = { admin: "admin", editor: "editor-users", viewer: "viewer-users" };
    for (const [name, role] of Object.entries(roles)) {
      this.muster(["member", "add", `${name}@acme.test`, "--role", role], PASSWORD);
    }
    this.muster(["connection", "add", "Partner-Portal"]);
    const users = run(["generate", "--users", String(USERS), "--seed", "1"]);
    this.muster(["import", "--connection", "Partner-Portal", "--restore", "-"], users);
  }

  /** What a process is started with: a data directory of its own, and what all have in common. */
  newSettings(): Settings {
    return {
      ...this.bucket.settings,
      MUSTER_DATABASE_URL: this.#database.url,
      MUSTER_DATA_DIR: mkdtempSync(join(this.#dir, "data-")),
      MUSTER_SECRETS_KEY: "0123456789abcdef0123456789abcdef0123456789A=",
      MUSTER_LEASE_SECONDS: "2",
    };
  }

  /** Runs a command of the program on the database. */
  muster(args: string[], input: string | Buffer = ""): void {
    run(args, { settings: this.newSettings(), input });
  }

  /** The names of the files in the data directories. */
  localFiles(): string[] {
    const entries = readdirSync(this.#dir, { recursive: true, withFileTypes: true });
    return entries.filter((entry) => entry.isFile()).map(({ name }) => name);
  }

  async drop(): Promise<void> {
    await this.bucket.drop();
    await this.#database.drop();
    rmSync(this.#dir, { recursive: true, force: true });
  }
}

/** A server that leaves all jobs to the workers. */
export interface ScaledServer {
  url: string;
  process: Running;
}

/** Servers and workers that share nothing but the stores. */
export class Scaled {
  readonly stores: Stores;
  /** Those that were started and not killed. */
  readonly #processes: Running[] = [];
  readonly #workers: Running[] = [];

  constructor(stores: Stores) {
    this.stores = stores;
  }

  /** Starts a server with these flags more, and waits until it has said where it is. */
  async serve(...flags: string[]): Promise<ScaledServer> {
    const nothing = ["--workers", "0", "--sample-workers", "0", "--import-workers", "0"];
    const process = this.#start(["serve", "--addr", "127.0.0.1:0", ...nothing, ...flags]);
    return { url: await process.printed(ADDRESS), process };
  }

  /** Starts a worker, and waits until it works. */
  async work(): Promise<void> {
    const process = this.#start(["worker"]);
    this.#workers.push(process);
    await process.printed(/^Muster works/);
  }

  #start(args: string[]): Running {
    const process = new Running(args, this.stores.newSettings());
    this.#processes.push(process);
    return process;
  }

  /** Kills the worker that is at a job. */
  async killWorkerOf(job: string): Promise<void> {
    const worker = () => this.#workers.find((worker) => worker.log.includes(job));
    await expect.poll(worker, "a worker is at it").toBeDefined();
    this.#processes.splice(this.#processes.indexOf(worker()!), 1);
    await worker()!.kill();
  }

  /** What all processes have written to their logs. */
  get log(): string {
    return this.#processes.map((process) => process.log).join("\n");
  }

  /** Stops what still runs, and gives back the exit codes. */
  stop(): Promise<(number | null)[]> {
    return Promise.all(this.#processes.map((process) => process.stop()));
  }
}

interface Fixtures {
  scaled: Scaled;
  /** The server that the browser goes to when an address has no host. */
  first: ScaledServer;
  second: ScaledServer;
}

/** Each test has two servers and three workers of its own, on stores that all tests share. */
export const test = base.extend<Fixtures, { stores: Stores }>({
  stores: [
    async ({}, use) => {
      const stores = await Stores.create();
      try {
        await use(stores);
        // It fails for an entry that is not as it was written.
        stores.muster(["audit", "verify"]);
      } finally {
        await stores.drop();
      }
    },
    { scope: "worker", timeout: 120_000 },
  ],

  scaled: async ({ stores }, use, testInfo) => {
    const scaled = new Scaled(stores);
    let codes;
    try {
      await Promise.all([scaled.work(), scaled.work(), scaled.work()]);
      await use(scaled);
    } finally {
      stores.bucket.standStill(false);
      codes = await scaled.stop();
    }
    if (testInfo.status !== testInfo.expectedStatus) {
      await testInfo.attach("processes.log", { body: scaled.log, contentType: "text/plain" });
    }
    expect(scaled.log, "no log has an error").not.toMatch(/ ERROR | panicked at /);
    expect(new Set(codes), "all end in good order").toEqual(new Set([0]));
    expect(stores.localFiles(), "all data is in the stores").toEqual([]);
  },

  first: async ({ scaled }, use) => use(await scaled.serve()),

  second: async ({ scaled }, use) => use(await scaled.serve()),

  baseURL: async ({ first }, use) => use(first.url),
});
