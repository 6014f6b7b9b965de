// What programs do that were written for the vendor's Node SDK, major 4, which major 7 brings along as auth0/legacy.
import assert from "node:assert/strict";
import { describe, test } from "node:test";

import { AuthApiError, ManagementApiError, ManagementClient } from "auth0-7/legacy";

import {
  checkCsv,
  checkNdjson,
  credentials,
  csvFields,
  domain,
  download,
  fewScopes,
  finished,
  httpsDomain,
  jsonFields,
  plainFetch,
  unknownJob,
  users,
} from "./support.js";

const connect = (options = credentials) => new ManagementClient({ domain, fetch: plainFetch, ...options });

const client = connect();

const error = (statusCode, errorCode) => (thrown) => {
  assert.ok(thrown instanceof ManagementApiError, `${thrown}`);
  assert.equal(thrown.statusCode, statusCode);
  if (errorCode) assert.equal(thrown.errorCode, errorCode);
  assert.ok(thrown.message);
  return true;
};

test("connections are listed, with totals, from a place on, and one by one", async () => {
  const { data: all } = await client.connections.getAll();
  assert.deepEqual(all.map(({ name }) => name).toSorted(), ["Customers", "Partners"]);
  const { data: page } = await client.connections.getAll({ include_totals: true, per_page: 1, page: 1 });
  assert.deepEqual({ ...page, connections: page.connections.length }, { start: 1, limit: 1, total: 2, connections: 1 });
  const { data: first } = await client.connections.getAll({ take: 1 });
  const { data: second } = await client.connections.getAll({ take: 1, from: first.next });
  assert.deepEqual([...first.connections, ...second.connections].length, 2);
  assert.ok(!second.next);
  const { data: one } = await client.connections.get({ id: all[0].id });
  assert.equal(one.name, all[0].name);
});

describe("an export", () => {
  test("as CSV", async () => {
    const { data: connections } = await client.connections.getAll({ name: "Customers", strategy: ["auth0"] });
    const request = { connection_id: connections[0].id, format: "csv", limit: 5, fields: csvFields };
    const { data: submitted } = await client.jobs.exportUsers(request);
    assert.equal(submitted.status, "pending");
    const job = await finished(async () => (await client.jobs.get({ id: submitted.id })).data);
    assert.equal(job.status, "completed");
    checkCsv(await download(job.location), 5);
    const errors = await client.jobs.getErrors({ id: submitted.id });
    assert.equal(errors.status, 204);
  });

  test("as JSON", async () => {
    const { data: submitted } = await client.jobs.exportUsers({ format: "json", fields: jsonFields });
    const job = await finished(async () => (await client.jobs.get({ id: submitted.id })).data);
    checkNdjson(await download(job.location));
  });
});

test("users are listed, searched for and read", async () => {
  const { data: list } = await client.users.getAll();
  assert.ok(Array.isArray(list));
  const { data: page } = await client.users.getAll({ per_page: 100, page: 9, include_totals: true });
  assert.equal(page.total, users.size);
  assert.equal(page.start, 900);
  assert.equal(page.users.length, page.length);
  const { data: beyond } = await client.users.getAll({ per_page: 100, page: 10, include_totals: true });
  assert.deepEqual(beyond.users, []);
  const [wanted] = users.values();
  const { data: found } = await client.users.getAll({ q: `user_id:"${wanted.user_id}"`, search_engine: "v3" });
  assert.deepEqual(found.map(({ email }) => email), [wanted.email]);
  const { data: user } = await client.users.get({ id: wanted.user_id, fields: "email", include_fields: true });
  assert.deepEqual(user, { email: wanted.email });
});

test("errors are the SDK's", async () => {
  await assert.rejects(connect({ ...credentials, clientSecret: "wrong" }).users.getAll(), (thrown) => {
    assert.ok(thrown instanceof AuthApiError, `${thrown}`);
    assert.equal(thrown.statusCode, 401);
    assert.ok(thrown.error && thrown.error_description);
    return true;
  });
  await assert.rejects(connect(fewScopes).users.getAll(), error(403, "insufficient_scope"));
  await assert.rejects(connect({ token: "none" }).users.getAll(), error(401));
  await assert.rejects(client.jobs.get({ id: unknownJob }), error(404));
  await assert.rejects(client.jobs.get({ id: "job_1" }), error(400));
  await assert.rejects(client.jobs.exportUsers({ limit: 0 }), error(400));
});

// Nothing of it differs from the vendor's documentation but the domain. NODE_EXTRA_CA_CERTS has the proxy's certificate.
test("behind a proxy with https the client works as it is", async () => {
  const whole = new ManagementClient({ domain: httpsDomain, ...credentials });
  const { data } = await whole.users.getAll({ per_page: 1, include_totals: true });
  assert.equal(data.total, users.size);
});
