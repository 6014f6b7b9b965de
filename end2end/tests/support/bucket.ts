import { type ChildProcess } from "node:child_process";
import { existsSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { type AddressInfo, createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { ROOT, type Settings, ended, startBound } from "./program.ts";

const NAME = "files";
const KEY = "muster";
const SECRET = "muster-secret";

/** How long the object store may take until it stores things. */
const START_MILLIS = 60_000;

/** Names of the ports, as the program's flags have them. */
const PORTS = ["master.port", "volume.port", "filer.port", "s3.port"].flatMap((name) => [name, `${name}.grpc`]);

/** An empty bucket of an object store of its own, SeaweedFS, which speaks S3. */
export class Bucket {
  readonly #ports: Map<string, number>;
  readonly #dir: string;
  readonly #server: ChildProcess;

  private constructor(ports: Map<string, number>, dir: string, server: ChildProcess) {
    this.#ports = ports;
    this.#dir = dir;
    this.#server = server;
  }

  static async create(): Promise<Bucket> {
    const dir = mkdtempSync(join(tmpdir(), "muster-bucket-"));
    const identities = [{ name: "all", credentials: [{ accessKey: KEY, secretKey: SECRET }], actions: ["Admin"] }];
    writeFileSync(join(dir, "s3.json"), JSON.stringify({ identities }));
    const ports = new Map(await freePorts(PORTS));
    const flags = ["-s3", "-ip=127.0.0.1", "-ip.bind=127.0.0.1", "-master.telemetry=false", "-s3.port.iceberg=0", "-s3.port.lance=0"];
    flags.push("-volume.max=50", "-volume.minFreeSpace=0", "-master.volumeSizeLimitMB=64", `-dir=${dir}`, `-s3.config=${join(dir, "s3.json")}`);
    for (const [name, port] of ports) flags.push(`-${name}=${port}`);
    const server = startBound(program(), ["server", ...flags]);
    const bucket = new Bucket(ports, dir, server);
    try {
      await bucket.#create();
    } catch (error) {
      await bucket.drop();
      throw error;
    }
    return bucket;
  }

  async #create(): Promise<void> {
    let log = "";
    this.#server.stdout?.resume();
    this.#server.stderr?.setEncoding("utf8").on("data", (text: string) => (log = (log + text).slice(-10_000)));
    this.#server.on("error", (error) => (log += error.message));
    const end = Date.now() + START_MILLIS;
    while (!(await this.#isReady())) {
      const gone = this.#server.exitCode !== null || this.#server.pid === undefined;
      if (gone || Date.now() > end) throw new Error(`The object store does not start; script/setup installs it.\n${log}`);
      await pause(100);
    }
    // A bucket is a directory of its file system.
    const made = await fetch(this.#filer(`buckets/${NAME}/`), { method: "POST" });
    if (!made.ok) throw new Error(`The bucket could not be made: ${made.status} ${await made.text()}`);
  }

  /** It answers before it can store anything. */
  async #isReady(): Promise<boolean> {
    try {
      const stored = await fetch(this.#filer("ready"), { method: "PUT", body: "ready" });
      return stored.ok && (await fetch(this.endpoint)).status === 403;
    } catch {
      return false;
    }
  }

  #filer(path: string): string {
    return `http://127.0.0.1:${this.#ports.get("filer.port")}/${path}`;
  }

  /** Where it speaks S3. */
  get endpoint(): string {
    return `http://127.0.0.1:${this.#ports.get("s3.port")}`;
  }

  /** What a process has to know to keep its files here. */
  get settings(): Settings {
    return {
      MUSTER_FILES_URL: `s3://${NAME}/muster?endpoint=${this.endpoint}`,
      AWS_ACCESS_KEY_ID: KEY,
      AWS_SECRET_ACCESS_KEY: SECRET,
    };
  }

  /** Has the store stand still, as a machine does that is out of reach, or go on. */
  standStill(still: boolean): void {
    this.#server.kill(still ? "SIGSTOP" : "SIGCONT");
  }

  /** Deletes it, and its store. */
  async drop(): Promise<void> {
    if (this.#server.pid !== undefined) await ended(this.#server, "SIGKILL");
    rmSync(this.#dir, { recursive: true, force: true });
    // What it leaves when it is killed.
    for (const port of this.#ports.values())
      for (const part of ["master-grpc", "volume-grpc", "filer-grpc", "s3-grpc", "filer", "s3"])
        rmSync(`/tmp/seaweedfs-${part}-${port}.sock`, { force: true });
  }
}

/** The program that script/setup installs, or the system's. */
function program(): string {
  const installed = join(ROOT, "target/tools/bin/weed");
  return existsSync(installed) ? installed : "weed";
}

/** A free port for each name; all are looked for at once, so that no two are the same. */
async function freePorts(names: string[]): Promise<[name: string, port: number][]> {
  const probes = names.map(() => createServer().listen(0, "127.0.0.1"));
  await Promise.all(probes.map((probe) => new Promise((resolve) => probe.once("listening", resolve))));
  const ports = probes.map((probe) => (probe.address() as AddressInfo).port);
  await Promise.all(probes.map((probe) => new Promise((resolve) => probe.close(resolve))));
  return names.map((name, index) => [name, ports[index]!]);
}
