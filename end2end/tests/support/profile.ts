import { type Page, expect } from "@playwright/test";
import { Authenticator } from "./authenticator.ts";

export const PROFILE_PATH = "/profile";

/** The page Profile. */
export function profilePage(page: Page) {
  const password = page.getByRole("region", { name: "Change password" });
  const secondFactor = page.getByRole("region", { name: "Second factor" });
  return {
    current: password.getByLabel("Current password"),
    new: password.getByLabel("New password"),
    change: password.getByRole("button", { name: "Change password" }),
    secondFactor,
    setUp: secondFactor.getByRole("button", { name: "Set up an authenticator app" }),
    renew: secondFactor.getByRole("group", { name: "New recovery codes" }),
    turnOff: secondFactor.getByRole("group", { name: "Turn off" }),
  };
}

/** Goes from the page Profile to the recovery codes, and gives back the app and the codes. */
export async function setUpByHand(page: Page): Promise<{ app: Authenticator; codes: string[] }> {
  await profilePage(page).setUp.click();
  await expect(page.getByRole("heading", { name: "Set up an authenticator app", level: 1 })).toBeVisible();
  const app = new Authenticator(await page.getByRole("region", { name: /secret/ }).getByRole("code").innerText());
  await page.getByLabel("Authentication code").fill(app.nextCode());
  await page.getByRole("button", { name: "Turn on" }).click();
  return { app, codes: await shownCodes(page) };
}

/** The recovery codes on the page that shows them. */
export async function shownCodes(page: Page): Promise<string[]> {
  await expect(page.getByRole("heading", { name: "Recovery codes", level: 1 })).toBeVisible();
  return page.getByRole("region", { name: "Your codes" }).getByRole("listitem").allInnerTexts();
}

/** Turns the second factor on without the pages, for tests that are about something else. */
export async function haveSecondFactor(page: Page): Promise<Authenticator> {
  const ask = async (name: string, form: Record<string, string> = {}) => {
    const answer = await page.request.post(`/rpc/${name}`, { form, headers: { accept: "application/json" } });
    expect(answer.ok(), await answer.text()).toBe(true);
    return answer.json();
  };
  await ask("begin_second_factor");
  const app = new Authenticator(((await ask("get_second_factor_set_up")) as { secret: string }).secret);
  await ask("confirm_second_factor", { code: app.nextCode() });
  return app;
}
