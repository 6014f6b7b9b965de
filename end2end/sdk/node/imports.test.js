// Imports by the vendor's Node SDK, majors 7, 6 and 4 (legacy). They add users, so they come after the tests that count them.
// SDK names the one to test.
import assert from "node:assert/strict";
import { describe, test } from "node:test";

import { credentials, domain, fewScopes, finished, plainFetch, url } from "./support.js";

const sdk = process.env.SDK;

/** What the majors have in common, under one name each. */
async function connect(options = credentials) {
  if (sdk === "legacy") {
    const { ManagementClient } = await import("auth0-7/legacy");
    const client = new ManagementClient({ domain, fetch: plainFetch, ...options });
    return {
      connections: async (name) => (await client.connections.getAll({ name })).data,
      submit: async (request) => (await client.jobs.importUsers(request)).data,
      get: async (id) => (await client.jobs.get({ id })).data,
      errors: async (id) => (await client.jobs.getErrors({ id })).data,
    };
  }
  const { ManagementClient, TokenProvider } = await import(sdk);
  let { connections, jobs } = {};
  if (sdk === "auth0-7") {
    ({ connections, jobs } = new ManagementClient({ domain, fetch: plainFetch, ...options }));
  } else {
    // As in management.test.js: this major drops the option `fetch`.
    const { ConnectionsClient } = await import(`${sdk}/connections`);
    const { JobsClient } = await import(`${sdk}/jobs`);
    const audience = `https://${domain}/api/v2/`;
    const provider = new TokenProvider({ domain, audience, fetch: plainFetch, ...options });
    const resource = { baseUrl: `${url}/api/v2`, token: () => provider.getAccessToken() };
    [connections, jobs] = [new ConnectionsClient(resource), new JobsClient(resource)];
  }
  return {
    connections: async (name) => (await connections.list({ name })).data,
    submit: (request) => jobs.usersImports.create(request),
    get: (id) => jobs.get(id),
    errors: (id) => jobs.errors.get(id),
  };
}

const client = await connect();
const [{ id: connection_id }] = await client.connections("Partners");
const blob = (users) => new Blob([JSON.stringify(users)], { type: "application/json" });
const email = (name) => `${name}@${sdk}.example.com`;

describe("an import", () => {
  test("adds users, and tells who was not added and why", async () => {
    const users = blob([{ email: email("ann") }, { email: "nonsense" }, { email: email("ann") }]);
    const submitted = await client.submit({
      users,
      connection_id,
      external_id: "of the tests",
      send_completion_email: false,
    });
    assert.match(submitted.id, /^job_[A-Za-z0-9]{16}$/);
    assert.equal(submitted.type, "users_import");
    assert.equal(submitted.status, "pending");
    assert.equal(submitted.connection_id, connection_id);
    assert.equal(submitted.external_id, "of the tests");
    const job = await finished(() => client.get(submitted.id));
    assert.equal(job.status, "completed");
    assert.deepEqual(job.summary, { total: 3, inserted: 1, updated: 0, failed: 2 });
    const errors = await client.errors(submitted.id);
    assert.deepEqual(errors.map(({ user }) => user.email), ["nonsense", email("ann")]);
    assert.deepEqual(errors.map(({ errors: [{ code, path }] }) => [code, path]), [
      ["FORMAT", "email"],
      ["DUPLICATED_USER", "email"],
    ]);
  });

  test("updates users with upsert, and has no errors to tell", async () => {
    const submit = (name, upsert) =>
      client.submit({ users: blob([{ email: email("bob"), name }]), connection_id, upsert });
    const first = await submit("Bob", false);
    await finished(() => client.get(first.id));
    const { id } = await submit("Robert", true);
    const job = await finished(() => client.get(id));
    assert.deepEqual(job.summary, { total: 1, inserted: 0, updated: 1, failed: 0 });
    assert.ok(!(await client.errors(id)));
  });

  test("of a file that is none fails, and says where", async () => {
    const users = new Blob(['[{"email":']);
    const { id } = await client.submit({ users, connection_id });
    const job = await finished(() => client.get(id));
    assert.equal(job.status, "failed");
    assert.match(job.status_details, /line 1, column/);
    assert.equal((await client.errors(id)).status_details, job.status_details);
  });

  test("is refused without the scope, and to a connection that there is not", async () => {
    const users = blob([]);
    const status = (code) => (thrown) => thrown.statusCode === code;
    const few = await connect(fewScopes);
    await assert.rejects(async () => few.submit({ users, connection_id }), status(403));
    await assert.rejects(
      async () => client.submit({ users, connection_id: "con_0000000000000000" }),
      status(400),
    );
  });
});
