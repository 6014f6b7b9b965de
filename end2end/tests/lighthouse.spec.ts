import { createServer } from "node:net";
import { chromium } from "@playwright/test";
import lighthouse, { desktopConfig } from "lighthouse";
import { beSignedIn } from "./support/browsing.ts";
import { EXPORT_PATH } from "./support/export-form.ts";
import { IMPORT_PATH, completeImport, usersWithBroken } from "./support/import-form.ts";
import { JOBS_PATH, completeSample, jobPath } from "./support/jobs.ts";
import { expect, test } from "./support/test.ts";
import { DIFFICULT_USERS, importUsers, userPath } from "./support/users.ts";

test("Lighthouse has nothing to say about accessibility and best practices", async ({ page, server, launchOptions }) => {
  test.setTimeout(10 * 60_000);
  importUsers(server, DIFFICULT_USERS);
  await beSignedIn(page, "admin");
  const job = await completeSample(page);
  const imported = await completeImport(page, server, { text: usersWithBroken(200).text });
  const cookies = await page.context().cookies();
  const extraHeaders = { Cookie: cookies.map(({ name, value }) => `${name}=${value}`).join("; ") };
  const port = await freePort();
  // A browser of its own, which Lighthouse drives from outside.
  const args = [...(launchOptions.args ?? []), `--remote-debugging-port=${port}`];
  const browser = await chromium.launch({ ...launchOptions, args });
  const settings = ["/profile", "/profile/sessions", "/settings/members", "/settings/clients", "/activity"];
  const users = ["/users", userPath("tour"), JOBS_PATH, EXPORT_PATH, IMPORT_PATH, jobPath(job), jobPath(imported)];
  for (const path of ["/sign-in", ...users, ...settings]) {
    const look = () => {
      const onlyCategories = ["accessibility", "best-practices", "performance"];
      return lighthouse(`${server.url}${path}`, { port, extraHeaders, onlyCategories, logLevel: "error" }, desktopConfig);
    };
    const hasScores = (result: Awaited<ReturnType<typeof look>>) =>
      Object.values(result?.lhr.categories ?? {}).every(({ score }) => score !== null);
    let result = await look();
    // On a busy machine the page may be painted too late for Lighthouse, which then gives no score: that is no verdict.
    if (!hasScores(result)) result = await look();
    const categories = result?.lhr.categories ?? {};
    const score = (name: string) => Math.round((categories[name]?.score ?? 0) * 100);
    // Reported, not asked for: machines are noisy.
    console.log(`Lighthouse, performance of ${path}: ${score("performance")}`);
    const audits = Object.values(result?.lhr.audits ?? {});
    const complaints = audits.filter((audit) => audit.score === 0).map(({ id, title }) => `${id}: ${title}`);
    // Lighthouse gives no score at all where it could not look at something.
    complaints.push(...audits.flatMap(({ id, errorMessage }) => (errorMessage ? [`${id}: ${errorMessage}`] : [])));
    expect.soft([score("accessibility"), score("best-practices")], `${path}: ${complaints.join("; ")}`).toEqual([100, 100]);
  }
  await browser.close();
});

async function freePort(): Promise<number> {
  const probe = createServer();
  await new Promise<void>((listening) => probe.listen(0, "127.0.0.1", listening));
  const address = probe.address();
  await new Promise((closed) => probe.close(closed));
  if (address === null || typeof address === "string") throw new Error("no free port");
  return address.port;
}
