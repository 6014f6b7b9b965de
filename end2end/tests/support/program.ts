import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { statSync } from "node:fs";
import { join, resolve } from "node:path";
import { setTimeout as pause } from "node:timers/promises";

/** The project. */
export const ROOT = resolve(import.meta.dirname, "../../..");

/** How long a process may take to say that it is there: on a busy machine a server makes its 10,000 users slowly. */
const START_MILLIS = 30_000;

/** Variables of the environment. */
export type Settings = Record<string, string>;

/** A process of the program under test. */
export class Running {
  readonly #process: ChildProcess;
  #out = "";
  #log = "";
  #ended = false;

  /** Starts it with these arguments, and settings that the environment adds. */
  constructor(args: string[], settings: Settings) {
    const child = startBound(program(), args, { ...usualEnvironment(), ...settings });
    child.stdout?.setEncoding("utf8").on("data", (text: string) => (this.#out += text));
    child.stderr?.setEncoding("utf8").on("data", (text: string) => (this.#log += text));
    child.on("error", (error) => (this.#log += error.message));
    child.on("close", () => (this.#ended = true));
    this.#process = child;
  }

  /** What it has written to its log. */
  get log(): string {
    return this.#log;
  }

  /** Waits until it has printed this. */
  async printed(pattern: RegExp): Promise<string> {
    const end = Date.now() + START_MILLIS;
    while (!this.#ended && Date.now() < end) {
      const found = pattern.exec(this.#out);
      if (found) return found[0];
      await pause(10);
    }
    throw new Error(`The program has not printed ${pattern}, but:\n${this.#out}\n${this.#log}`);
  }

  /** SIGKILL: nothing in the process gets to clean up. */
  async kill(): Promise<void> {
    await ended(this.#process, "SIGKILL");
  }

  /** Stops it as an operator does, and gives back its exit code. */
  async stop(): Promise<number | null> {
    const inTime = await Promise.race([ended(this.#process, "SIGTERM").then(() => true), pause(15_000, false, { ref: false })]);
    if (!inTime) await this.kill();
    return this.#process.exitCode;
  }
}

/** Runs a command of the program to its end, and gives back what it has printed. */
export function run(args: string[], { settings = {}, input = "" }: { settings?: Settings; input?: string | Buffer } = {}): Buffer {
  const env = { ...usualEnvironment(), ...settings };
  return execFileSync(program(), args, { cwd: ROOT, env, input, stdio: "pipe", maxBuffer: 256 * 1024 * 1024 });
}

/** Starts a process that does not outlive the tests, however they end. Its output is to be read. */
export function startBound(command: string, args: string[], env: NodeJS.ProcessEnv = usualEnvironment()): ChildProcess {
  const options = { cwd: ROOT, env, stdio: ["ignore", "pipe", "pipe"] as ["ignore", "pipe", "pipe"] };
  if (process.platform !== "linux") return spawn(command, args, options);
  return spawn("setpriv", ["--pdeathsig=KILL", command, ...args], options);
}

/** Sends a process this, unless it has ended, and waits until it has. */
export async function ended(child: ChildProcess, signal: NodeJS.Signals): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const exit = once(child, "exit");
  child.kill(signal);
  await exit;
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
