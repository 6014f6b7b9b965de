import { type BrowserContext, expect } from "@playwright/test";

interface Trouble {
  text: string;
  /** The answer's status code, where there was an answer. */
  status?: number;
}

/** Everything that a browser's console and network show and a good page does not: each fails the test. */
export class Troubles {
  readonly #found: Trouble[] = [];
  readonly #announced: (number | RegExp)[] = [];

  constructor(context: BrowserContext, javaScriptEnabled: boolean) {
    context.on("console", (message) => {
      if (message.type() !== "error" && message.type() !== "warning") return;
      // Where no script runs, nothing uses the program that pages load in advance; a page that is open for long is told so.
      if (!javaScriptEnabled && message.text().includes("was preloaded using link preload but not used")) return;
      // Chromium reports each failed answer here too.
      const status = /status of (\d{3})/.exec(message.text())?.[1];
      this.#add(`console ${message.type()}: ${message.text()} (${message.location().url})`, status);
    });
    context.on("weberror", (error) => this.#add(`page error: ${error.error().stack ?? error.error().message}`));
    context.on("requestfailed", (request) => {
      const reason = request.failure()?.errorText;
      // The browser gives a request up itself when a page is left, when an answer becomes a download, and (with the
      // reason "csp", which on other pages has an error in the console too) a script when JavaScript is off.
      if (reason !== "net::ERR_ABORTED" && reason !== "csp") this.#add(`failed: ${request.method()} ${request.url()}: ${reason}`);
    });
    context.on("response", (response) => {
      if (response.status() < 400) return;
      const { method, url } = { method: response.request().method(), url: response.url() };
      this.#add(`answered ${response.status()}: ${method} ${url}`, String(response.status()));
    });
  }

  /** Announces answers with this status code, or troubles with this text; they then have to come. */
  announce(...expected: (number | RegExp)[]): void {
    this.#announced.push(...expected);
  }

  /** Fails the test for whatever was found and not announced, and for whatever was announced and did not come. */
  check(): void {
    const surprises = this.#found.filter((trouble) => !this.#announced.some((expected) => matches(trouble, expected)));
    expect(surprises.map(({ text }) => text), "console and network are clean").toEqual([]);
    const missing = this.#announced.filter((expected) => !this.#found.some((trouble) => matches(trouble, expected)));
    expect(missing.map(String), "announced, but it did not come").toEqual([]);
  }

  #add(text: string, status?: string): void {
    this.#found.push(status ? { text, status: Number(status) } : { text });
  }
}

function matches({ text, status }: Trouble, expected: number | RegExp): boolean {
  return typeof expected === "number" ? status === expected : expected.test(text);
}
