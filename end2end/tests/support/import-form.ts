import { type Locator, type Page, expect, test } from "@playwright/test";
import { mkdtempSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { connectionId } from "./database.ts";
import { completed } from "./jobs.ts";
import type { Server } from "./server.ts";

export const IMPORT_PATH = "/users/import-export/import";

/** The page Import Users. */
export class ImportForm {
  readonly file: Locator;
  readonly connection: Locator;
  readonly upsert: Locator;
  readonly restore: Locator;
  readonly dryRun: Locator;
  readonly submit: Locator;
  /** How far the upload has come. */
  readonly progress: Locator;
  readonly cancelUpload: Locator;

  constructor(page: Page) {
    this.file = page.getByLabel("File with users");
    this.connection = page.getByLabel("Connection", { exact: true });
    this.upsert = page.getByRole("checkbox", { name: "Upsert pre-existing users in connection" });
    this.restore = page.getByRole("checkbox", { name: "Restore read-only attributes" });
    this.dryRun = page.getByRole("button", { name: "Dry Run" });
    this.submit = page.getByRole("button", { name: "Import Users" });
    this.progress = page.getByRole("progressbar", { name: "Upload" });
    this.cancelUpload = page.getByRole("button", { name: "Cancel upload" });
  }

  /** Chooses a file and a connection. */
  async fill(file: string, connection = "Partner-Portal"): Promise<void> {
    await this.file.setInputFiles(file);
    await this.connection.selectOption(connection);
  }
}

/** Submits an import without the page, for tests that are about something else, and gives back the job's id. */
export async function submitImport(
  page: Page,
  server: Server,
  { text, dryRun = false, connection = "Partner-Portal" }: { text: string; dryRun?: boolean; connection?: string },
): Promise<string> {
  const file = { name: "customers.ndjson", mimeType: "application/x-ndjson", buffer: Buffer.from(text) };
  const fields = { connection: connectionId(server, connection), ...(dryRun && { dry_run: "true" }) };
  const answer = await page.request.post(IMPORT_PATH, { multipart: { ...fields, file }, maxRedirects: 0 });
  expect(answer.status(), await answer.text()).toBe(303);
  return answer.headers()["location"]!.split("/").at(-1)!;
}

/** Submits an import and waits for its end. */
export async function completeImport(page: Page, server: Server, what: Parameters<typeof submitImport>[2]): Promise<string> {
  return completed(page, await submitImport(page, server, what));
}

/** The figures on the page of an import, each by its label. */
export async function expectFigures(page: Page, expected: Record<string, string>): Promise<void> {
  for (const [label, number] of Object.entries(expected)) {
    const term = page.getByRole("term").filter({ hasText: new RegExp(`^${label}$`) });
    await expect(term.locator("xpath=following-sibling::dd[1]"), label).toHaveText(number);
  }
}

/** The rows of the table of failed users. */
export function failedRows(page: Page): Locator {
  const table = page.getByRole("table", { name: /^Failed users/ });
  return table.getByRole("row").filter({ hasNot: page.getByRole("columnheader") });
}

/** Writes a file in a folder of its own beside what else the test leaves, and gives back where it is. */
export function writtenFile(name: string, text: string | Buffer): string {
  const file = join(mkdtempSync(test.info().outputPath("file-")), name);
  writeFileSync(file, text);
  return file;
}

type NewUser = Record<string, unknown>;

/** The user with this number. */
export function newUser(number: number): NewUser {
  return {
    email: `user${number}@import.example`,
    given_name: "Ann",
    family_name: `Number ${number}`,
    user_metadata: { city: number % 2 ? "Köln" : "København", number },
  };
}

/** What can be wrong with a user, and the code that it is called by. */
const BREAKAGES: [code: string, breaking: (user: NewUser) => NewUser][] = [
  ["FORMAT", (user) => ({ ...user, email: "not an address" })],
  ["PATTERN", (user) => ({ ...user, phone_number: "0049 221" })],
  ["INVALID_TYPE", (user) => ({ ...user, blocked: "no" })],
  ["MAX_LENGTH", (user) => ({ ...user, given_name: "x".repeat(151) })],
];

/** So many users, of which every hundredth is broken in one way or another; each on a line of its own. */
export function usersWithBroken(count: number): { text: string; broken: number; codes: Record<string, number> } {
  const codes: Record<string, number> = {};
  let broken = 0;
  const lines = Array.from({ length: count }, (_, index) => {
    const user = newUser(index + 1);
    if ((index + 1) % 100) return JSON.stringify(user);
    const [code, breaking] = BREAKAGES[broken++ % BREAKAGES.length]!;
    codes[code] = (codes[code] ?? 0) + 1;
    return JSON.stringify(breaking(user));
  });
  return { text: `${lines.join("\n")}\n`, broken, codes };
}

/** Mends what {@link usersWithBroken} has broken: what was downloaded has the numbers in it. */
export function mended(text: string): string {
  const lines = text.trimEnd().split("\n");
  const mend = (line: string) => {
    const { user_metadata } = JSON.parse(line) as { user_metadata: { number: number } };
    return JSON.stringify(newUser(user_metadata.number));
  };
  return `${lines.map(mend).join("\n")}\n`;
}
