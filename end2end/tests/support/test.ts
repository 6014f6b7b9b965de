import { test as base, expect } from "@playwright/test";
import { noteWhenTakenOver } from "./browsing.ts";
import { Server, type ServerOptions } from "./server.ts";
import { Troubles } from "./troubles.ts";

export { expect };

interface Fixtures {
  /** How the test's server differs from the usual one; set it by `test.use`. */
  serverOptions: ServerOptions;
  /** A server for this test alone: tests never see each other's jobs. */
  server: Server;
  /** Watches the console and the network of every tab. */
  troubles: Troubles;
}

export const test = base.extend<Fixtures>({
  serverOptions: [{}, { option: true }],

  server: async ({ serverOptions }, use, testInfo) => {
    const server = await Server.start(serverOptions);
    await use(server);
    const code = await server.stop();
    if (testInfo.status !== testInfo.expectedStatus) {
      await testInfo.attach("server.log", { body: server.log, contentType: "text/plain" });
    }
    expect(server.log, "the server's log has no error").not.toMatch(/ ERROR | panicked at /);
    expect(code, "the server ends in good order").toBe(0);
  },

  baseURL: async ({ server }, use) => use(server.url),

  troubles: [
    async ({ context, javaScriptEnabled }, use) => {
      const troubles = new Troubles(context, javaScriptEnabled ?? true);
      await noteWhenTakenOver(context);
      await use(troubles);
      troubles.check();
    },
    { auto: true },
  ],
});
