import { type Locator, type Page, expect } from "@playwright/test";

export const EXPORT_PATH = "/users/import-export/export";

/** The page Export Users. */
export class ExportForm {
  readonly #page: Page;
  readonly connection: Locator;
  readonly format: Locator;
  readonly includeDefaults: Locator;
  readonly addFields: Locator;
  readonly sample: Locator;
  readonly reset: Locator;
  readonly submit: Locator;
  /** Names the errors that stopped a submit. */
  readonly summary: Locator;
  /** All inputs for a User Attribute: one for each added field. */
  readonly attributes: Locator;
  /** What will be exported, in words. */
  readonly words: Locator;

  constructor(page: Page) {
    this.#page = page;
    this.connection = page.getByLabel("Connection", { exact: true });
    this.format = page.getByLabel("Export Format");
    this.includeDefaults = page.getByRole("switch", { name: "Include default fields" });
    this.addFields = page.getByRole("button", { name: "Add Fields" });
    this.sample = page.getByRole("checkbox", { name: "Export as Sample" });
    this.reset = page.getByRole("button", { name: "Reset Form" });
    this.submit = page.getByRole("button", { name: "Export Users" });
    this.summary = page.getByRole("alert");
    this.attributes = page.getByLabel("User Attribute");
    this.words = page.getByRole("region", { name: "Summary" }).getByRole("paragraph");
  }

  /** The added fields in their order. */
  async names(): Promise<string[]> {
    return this.attributes.evaluateAll((inputs) => inputs.map((input) => (input as HTMLInputElement).value));
  }

  async choose(format: "JSON" | "CSV"): Promise<void> {
    await this.format.selectOption(format === "JSON" ? "JSON file (*.json)" : "CSV file (*.csv)");
  }

  /** The added field with this number, counted from 1. */
  field(number: number) {
    const row = this.#page.getByRole("group", { name: `Field ${number}`, exact: true });
    return {
      attribute: row.getByLabel("User Attribute"),
      title: row.getByLabel("Field Name"),
      remove: row.getByRole("button", { name: /^Remove/ }),
      up: row.getByRole("button", { name: `Move field ${number} up`, exact: true }),
      down: row.getByRole("button", { name: `Move field ${number} down`, exact: true }),
    };
  }

  /** Adds a field and fills it in. */
  async add(attribute: string, title = ""): Promise<void> {
    const before = await this.attributes.count();
    await this.addFields.click();
    await expect(this.attributes).toHaveCount(before + 1);
    const field = this.field(before + 1);
    await field.attribute.fill(attribute);
    if (title) await field.title.fill(title);
  }
}

/** The control is marked as wrong, and its description says why. */
export async function expectError(control: Locator, message: string | RegExp): Promise<void> {
  await expect(control).toHaveAttribute("aria-invalid", "true");
  await expect(control).toHaveAccessibleDescription(message);
}

/** The control is not marked as wrong, but its description has something to say. */
export async function expectRemark(control: Locator, message: string | RegExp): Promise<void> {
  await expect(control).toHaveAccessibleDescription(message);
  await expect(control).not.toHaveAttribute("aria-invalid", "true");
}

/** The control is not marked as wrong. */
export async function expectNoError(control: Locator): Promise<void> {
  await expect(control).not.toHaveAttribute("aria-invalid", "true");
  await expect(control).toHaveAccessibleDescription("");
}
