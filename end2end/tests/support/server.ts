import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { setTimeout as pause } from "node:timers/promises";

const ROOT = resolve(import.meta.dirname, "../../..");

/** The password of every demo member. */
export const PASSWORD = "correct horse battery";

/** How long a server may take to say where it is: on a busy machine it makes its 10,000 users slowly. */
const START_MILLIS = 30_000;

/** How a server differs from the usual one, which has the demo tenant. */
export interface ServerOptions {
  /** False: an empty tenant, whose server prints a link to set up the first Admin. */
  demo?: boolean;
  /** Settings, such as `MUSTER_LINK_LIFETIME_SECONDS`. */
  settings?: Record<string, string>;
}

/** A server of its own process on a free port, with a data directory of its own. */
export class Server {
  readonly url: string;
  readonly #process: ChildProcess;
  readonly #dir: string;
  readonly #output: Output;

  private constructor(url: string, process: ChildProcess, dir: string, output: Output) {
    this.url = url;
    this.#process = process;
    this.#dir = dir;
    this.#output = output;
  }

  /** Starts one and waits until it has said where it is. */
  static async start({ demo = true, settings = {} }: ServerOptions = {}): Promise<Server> {
    const dir = mkdtempSync(join(tmpdir(), "muster-end2end-"));
    const args = ["serve", ...(demo ? ["--demo"] : []), "--addr", "127.0.0.1:0", "--data-dir", dir];
    const environment = { ...usualEnvironment(), MUSTER_DEMO_PASSWORD: PASSWORD, ...settings };
    const process = spawn(program(), args, { cwd: ROOT, env: environment, stdio: ["ignore", "pipe", "pipe"] });
    const output = new Output(process);
    try {
      const url = await output.find(/http:\/\/127\.0\.0\.1:\d+/);
      return new Server(url, process, dir, output);
    } catch (error) {
      process.kill("SIGKILL");
      rmSync(dir, { recursive: true, force: true });
      throw error;
    }
  }

  /** Waits until the server has printed this. */
  printed(pattern: RegExp): Promise<string> {
    return this.#output.find(pattern);
  }

  /** What the server has written to its log. */
  get log(): string {
    return this.#output.errors;
  }

  /** Where its database is. */
  get database(): string {
    return join(this.#dir, "muster.db");
  }

  /** Runs another command of the program on the server's data. */
  muster(...args: string[]): void {
    execFileSync(program(), [...args, "--data-dir", this.#dir], { cwd: ROOT, env: usualEnvironment(), stdio: "pipe" });
  }

  /** Stops it as an operator does, deletes its data, and gives back its exit code. */
  async stop(): Promise<number | null> {
    if (this.#process.exitCode === null) {
      const exit = once(this.#process, "exit");
      this.#process.kill("SIGTERM");
      const inTime = await Promise.race([exit.then(() => true), pause(15_000, false, { ref: false })]);
      if (!inTime) this.#process.kill("SIGKILL");
    }
    rmSync(this.#dir, { recursive: true, force: true });
    return this.#process.exitCode;
  }
}

/** What a process prints. */
class Output {
  text = "";
  errors = "";
  #ended = false;

  constructor(process: ChildProcess) {
    process.stdout?.setEncoding("utf8").on("data", (text: string) => (this.text += text));
    process.stderr?.setEncoding("utf8").on("data", (text: string) => (this.errors += text));
    process.on("error", (error) => (this.errors += error.message));
    process.on("close", () => (this.#ended = true));
  }

  async find(pattern: RegExp): Promise<string> {
    const end = Date.now() + START_MILLIS;
    while (!this.#ended && Date.now() < end) {
      const found = pattern.exec(this.text);
      if (found) return found[0];
      await pause(10);
    }
    throw new Error(`The server has not printed ${pattern}, but:\n${this.text}\n${this.errors}`);
  }
}

/** The environment without settings of the person who runs the tests. */
function usualEnvironment(): NodeJS.ProcessEnv {
  return Object.fromEntries(Object.entries(process.env).filter(([name]) => !name.startsWith("MUSTER_")));
}

/** The program under test: the one that is named, or else the one that was built last. */
function program(): string {
  const named = process.env["MUSTER_BIN"];
  if (named) return resolve(named);
  const builds = ["release", "debug"].map((profile) => join(ROOT, "target", profile, "muster"));
  const [latest] = builds.filter((path) => builtAt(path) !== undefined).sort((a, b) => builtAt(b)! - builtAt(a)!);
  if (!latest) throw new Error("There is no program to test: build it with `cargo leptos build --release`.");
  return latest;
}

function builtAt(path: string): number | undefined {
  return statSync(path, { throwIfNoEntry: false })?.mtimeMs;
}
