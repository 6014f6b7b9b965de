import { type BrowserContext, type Page, expect } from "@playwright/test";
import { PASSWORD } from "./server.ts";

/** The demo's members, by what comes before `@acme.test`. */
export type MemberName = "admin" | "editor" | "viewer" | "config";

declare global {
  interface Window {
    /** The page's script has taken the page over from the server. */
    takenOver?: boolean;
    /** Set by a test; gone as soon as the page is loaded anew. */
    sameDocument?: boolean;
  }
}

/**
 * Makes pages note when their script has taken over, which {@link visit} waits for. Before that they work too, but with
 * reloads. The router listens to the browser's back button, and loads the part of the WebAssembly that the page is in.
 */
export async function noteWhenTakenOver(context: BrowserContext): Promise<void> {
  await context.addInitScript(() => {
    let routerRuns = false;
    let loading = 0;
    const note = () =>
      requestAnimationFrame(() => setTimeout(() => (window.takenOver ||= routerRuns && loading === 0)));
    const listen = window.addEventListener.bind(window);
    window.addEventListener = (type: string, listener: EventListenerOrEventListenerObject, options?: unknown) => {
      listen(type, listener, options as AddEventListenerOptions);
      if (type !== "popstate") return;
      routerRuns = true;
      note();
    };
    const instantiate = WebAssembly.instantiateStreaming.bind(WebAssembly);
    WebAssembly.instantiateStreaming = (...args) => {
      loading += 1;
      return instantiate(...args).finally(() => {
        loading -= 1;
        note();
      });
    };
  });
}

/** Loads a page and waits until its script has taken over. */
export async function visit(page: Page, path: string): Promise<void> {
  await page.goto(path);
  await takenOver(page);
}

/** Loads the page again. */
export async function reload(page: Page): Promise<void> {
  await page.reload();
  await takenOver(page);
}

async function takenOver(page: Page): Promise<void> {
  await page.waitForFunction(() => window.takenOver);
}

/** From here on, {@link expectNoReload} finds out whether the page was ever loaded anew. */
export async function forbidReloads(page: Page): Promise<void> {
  await page.evaluate(() => (window.sameDocument = true));
}

/** Nothing has loaded the page anew since {@link forbidReloads}. */
export async function expectNoReload(page: Page): Promise<void> {
  expect(await page.evaluate(() => window.sameDocument), "the page was never reloaded").toBe(true);
}

/** Fills in the page Sign in and sends it. */
export async function signIn(page: Page, member: MemberName, password = PASSWORD): Promise<void> {
  await page.getByLabel("Email").fill(`${member}@acme.test`);
  await page.getByLabel("Password").fill(password);
  await page.getByRole("button", { name: "Sign in" }).click();
}

/** Signs the browser in without the page, for tests that are about something else. */
export async function beSignedIn(page: Page, member: MemberName): Promise<void> {
  const form = { email: `${member}@acme.test`, password: PASSWORD };
  const answer = await page.request.post("/rpc/sign_in", { form, headers: { accept: "application/json" } });
  expect(answer.ok(), await answer.text()).toBe(true);
}
