import { type Browser, type Page } from "@playwright/test";
import { beSignedIn, expectNoReload, forbidReloads, signIn, visit } from "./support/browsing.ts";
import { pretendGuesses } from "./support/database.ts";
import { JOBS_PATH } from "./support/jobs.ts";
import { PROFILE_PATH, haveSecondFactor, profilePage, setUpByHand, shownCodes } from "./support/profile.ts";
import { PASSWORD } from "./support/server.ts";
import { expect, test } from "./support/test.ts";

const NEW_PASSWORD = "another horse battery";

for (const javaScriptEnabled of [true, false]) {
  test.describe(javaScriptEnabled ? "with JavaScript" : "without JavaScript", () => {
    test.use({ javaScriptEnabled });

    const open = (page: Page, path: string) => (javaScriptEnabled ? visit(page, path) : page.goto(path));

    test("the account bar leads to the profile", async ({ page }) => {
      await beSignedIn(page, "editor");
      await open(page, "/users");
      await page.getByRole("link", { name: "editor@acme.test" }).click();
      await expect(page.getByRole("heading", { name: "Profile", level: 1 })).toBeVisible();
      await expect(page.getByRole("main")).toContainText("Editor - Users");
      await expect(page.getByRole("main")).toContainText("editor@acme.test");
    });

    test("a new password ends the other sessions", async ({ page, browser, server, troubles }) => {
      if (javaScriptEnabled) troubles.announce(401, 422);
      await beSignedIn(page, "viewer");
      const others = [await otherBrowser(browser, server.url), await otherBrowser(browser, server.url)];
      await open(page, PROFILE_PATH);
      const profile = profilePage(page);
      await profile.current.fill("not the password");
      await profile.new.fill(NEW_PASSWORD);
      await profile.change.click();
      await expect(profile.current).toHaveAccessibleDescription("This is not your current password.");
      await expect(profile.current).toHaveAttribute("aria-invalid", "true");

      // 342 four-byte characters: too many bytes, which the browser itself does not see.
      await profile.current.fill(PASSWORD);
      await profile.new.fill("🐎".repeat(342));
      await profile.change.click();
      await expect(profile.new).toHaveAccessibleDescription(/may have at most 1024 bytes/);

      await profile.current.fill(PASSWORD);
      await profile.new.fill(NEW_PASSWORD);
      await profile.change.click();
      const done = page.getByRole("status").filter({ hasText: "Your password is changed. 2 other sessions were ended." });
      await expect(done).toBeVisible();
      await expect(profile.current).toHaveValue("");
      expect(page.url()).not.toContain("horse");
      for (const other of others) {
        await other.goto("/users");
        await expect(other.getByRole("heading", { name: "Sign in" })).toBeVisible();
        await other.context().close();
      }

      // A second time, with nobody left to sign out.
      await profile.current.fill(NEW_PASSWORD);
      await profile.new.fill(PASSWORD);
      await profile.change.click();
      await expect(page.getByRole("status").filter({ hasText: "You were signed in nowhere else." })).toBeVisible();
    });

    test("from setting up an app to signing in with it", async ({ page, troubles }) => {
      if (javaScriptEnabled) troubles.announce(401);
      await beSignedIn(page, "viewer");
      await open(page, PROFILE_PATH);
      if (javaScriptEnabled) await forbidReloads(page);
      const { app, codes } = await setUpByHand(page);
      expect(codes).toHaveLength(10);
      expect(codes[0]).toMatch(/^\d{5}( \d{5}){4}$/);
      if (javaScriptEnabled) await expectNoReload(page);
      await page.getByRole("link", { name: "I have stored them" }).click();
      await expect(profilePage(page).secondFactor).toContainText("You have 10 recovery codes left.");

      await page.getByRole("button", { name: "Sign out" }).click();
      await expect(page.getByRole("heading", { name: "Sign in" })).toBeVisible();
      await open(page, `/sign-in?next=${JOBS_PATH}`);
      await signIn(page, "viewer");
      await expect(page.getByRole("heading", { name: "Authentication code" })).toBeVisible();
      const code = page.getByLabel("Authentication code");
      await expect(code).toHaveAttribute("inputmode", "numeric");
      await expect(code).toHaveAttribute("autocomplete", "one-time-code");
      await code.fill("000000");
      await page.getByRole("button", { name: "Sign in" }).click();
      await expect(page.getByRole("alert")).toContainText("Wrong code.");
      await code.fill(app.nextCode());
      await page.getByRole("button", { name: "Sign in" }).click();
      await expect(page.getByRole("heading", { name: "Import/Export Users" })).toBeVisible();

      await page.getByRole("button", { name: "Sign out" }).click();
      await expect(page.getByRole("heading", { name: "Sign in" })).toBeVisible();
      await signIn(page, "viewer");
      await code.fill(codes[4]!);
      await page.getByRole("button", { name: "Sign in" }).click();
      await expect(page.getByRole("heading", { name: "Users", exact: true, level: 1 })).toBeVisible();
      await open(page, PROFILE_PATH);
      await expect(profilePage(page).secondFactor).toContainText("You have 9 recovery codes left.");
    });

    test("new recovery codes, shown once, and turning off", async ({ page, troubles }) => {
      troubles.announce(404);
      if (javaScriptEnabled) troubles.announce(401);
      await beSignedIn(page, "viewer");
      await haveSecondFactor(page);
      await open(page, PROFILE_PATH);
      const profile = profilePage(page);
      await profile.renew.getByLabel("Password").fill("not the password");
      await profile.renew.getByRole("button", { name: "New recovery codes" }).click();
      await expect(profile.renew.getByRole("alert")).toHaveText("This is not your password.");
      await profile.renew.getByLabel("Password").fill(PASSWORD);
      await profile.renew.getByRole("button", { name: "New recovery codes" }).click();
      expect(await shownCodes(page)).toHaveLength(10);
      await page.reload();
      await expect(page.getByRole("main")).toContainText("Recovery codes are shown once");
      await page.getByRole("link", { name: "Back to Profile" }).click();

      await profile.turnOff.getByLabel("Password").fill(PASSWORD);
      await profile.turnOff.getByRole("button", { name: "Turn off" }).click();
      await expect(page.getByRole("status").filter({ hasText: "The second factor is off." })).toBeVisible();
      await expect(profile.setUp).toBeVisible();
    });

    test("whoever guesses is told how long to wait, for an unknown account too", async ({ page, server, troubles }) => {
      if (javaScriptEnabled) troubles.announce(429);
      for (const email of ["viewer@acme.test", "nobody@acme.test"]) {
        pretendGuesses(server, email);
        await open(page, "/sign-in");
        await page.getByLabel("Email").fill(email);
        await page.getByLabel("Password").fill(PASSWORD);
        await page.getByRole("button", { name: "Sign in" }).click();
        await expect(page.getByRole("alert")).toHaveText(/^Too many attempts\. Try again in [23]\d seconds\.$/);
      }
    });

    test("the page for the code needs the password first", async ({ page }) => {
      await page.goto(`/sign-in/code?next=${JOBS_PATH}`);
      await expect(page.getByRole("heading", { name: "Sign in" })).toBeVisible();
      await signIn(page, "viewer");
      await expect(page.getByRole("heading", { name: "Import/Export Users" })).toBeVisible();
    });

    test("nothing to set up leads back to the profile", async ({ page }) => {
      await beSignedIn(page, "config");
      await page.goto("/profile/second-factor");
      await expect(page.getByRole("heading", { name: "Profile", level: 1 })).toBeVisible();
    });
  });
}

test("secrets can be copied", async ({ page, context, server }) => {
  await context.grantPermissions(["clipboard-read", "clipboard-write"], { origin: server.url });
  await beSignedIn(page, "viewer");
  await visit(page, PROFILE_PATH);
  const { codes } = await setUpByHand(page);
  await page.getByRole("button", { name: "Copy codes" }).click();
  await expect(page.getByRole("status").filter({ hasText: "Copied." })).toBeVisible();
  expect(await page.evaluate(() => navigator.clipboard.readText())).toBe(codes.join("\n"));
});

test("an Admin resets a member's second factor", async ({ page }) => {
  await beSignedIn(page, "viewer");
  await haveSecondFactor(page);
  await beSignedIn(page, "admin");
  await visit(page, "/settings/members");
  await page.getByRole("table").getByRole("link", { name: "viewer@acme.test" }).click();
  const factor = page.getByRole("region", { name: "Second factor" });
  await factor.getByText("Reset", { exact: true }).click();
  await factor.getByRole("button", { name: "Reset second factor" }).click();
  await expect(factor).toBeHidden();
  // The password alone is enough again.
  await beSignedIn(page, "viewer");
  await visit(page, PROFILE_PATH);
  await expect(page.getByRole("heading", { name: "Profile" })).toBeVisible();
});

test("an operator resets a second factor", async ({ page, server }) => {
  await beSignedIn(page, "viewer");
  await haveSecondFactor(page);
  server.muster("member", "reset-second-factor", "viewer@acme.test");
  await visit(page, "/sign-in");
  await signIn(page, "viewer");
  await expect(page.getByRole("heading", { name: "Users", exact: true, level: 1 })).toBeVisible();
});

/** The same member in another browser. */
async function otherBrowser(browser: Browser, baseURL: string): Promise<Page> {
  const page = await (await browser.newContext({ baseURL })).newPage();
  await beSignedIn(page, "viewer");
  return page;
}
