// What programs do that were written for the vendor's Node SDK, majors 6 and 7. SDK names the one to test.
import assert from "node:assert/strict";
import { before, describe, test } from "node:test";

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
  url,
  users,
} from "./support.js";

const sdk = process.env.SDK;
const { Management, ManagementClient, ManagementError, TokenProvider } = await import(sdk);
const major = Number(sdk.split("-")[1]);
const { ConnectionsClient } = await import(`${sdk}/connections`);
const { JobsClient } = await import(`${sdk}/jobs`);
const { UsersClient } = await import(`${sdk}/users`);

/**
 * A client with client credentials, and the SDK's own token provider, over plain http. 7: the option `fetch`. 6 drops that
 * option, but its clients of single resources, which the SDK exports for small bundles, take a `baseUrl`.
 */
function connect(options = credentials) {
  if (major >= 7) return new ManagementClient({ domain, fetch: plainFetch, ...options });
  const audience = `https://${domain}/api/v2/`;
  const provider = new TokenProvider({ domain, audience, fetch: plainFetch, ...options });
  const token = options.token ?? (() => provider.getAccessToken());
  const resource = { baseUrl: `${url}/api/v2`, token };
  return {
    connections: new ConnectionsClient(resource),
    jobs: new JobsClient(resource),
    users: new UsersClient(resource),
  };
}

/** An error of the SDK's, and what the server said. */
const error = (type, statusCode, body) => (thrown) => {
  assert.ok(thrown instanceof type, `${thrown}`);
  assert.ok(thrown instanceof ManagementError);
  assert.equal(thrown.statusCode, statusCode);
  assert.equal(thrown.body.statusCode, statusCode);
  assert.equal(typeof thrown.body.message, "string");
  for (const [name, value] of Object.entries(body)) assert.equal(thrown.body[name], value);
  return true;
};

const client = connect();

async function connectionId() {
  const [connection] = (await client.connections.list({ name: "Customers" })).data;
  return connection.id;
}

describe("connections", () => {
  test("are listed with the pager", async () => {
    const names = [];
    for await (const connection of await client.connections.list({ take: 1 })) {
      assert.match(connection.id, /^con_[A-Za-z0-9]{16}$/);
      assert.equal(connection.strategy, "auth0");
      names.push(connection.name);
    }
    assert.deepEqual(names.toSorted(), ["Customers", "Partners"]);
  });

  test("are found by name and strategy", async () => {
    const found = await client.connections.list({ name: "Partners", strategy: ["auth0", "samlp"] });
    assert.deepEqual(found.data.map(({ name }) => name), ["Partners"]);
    const other = await client.connections.list({ strategy: ["samlp", "waad"] });
    assert.deepEqual(other.data, []);
  });

  test("are read one by one", async () => {
    const id = await connectionId();
    assert.equal((await client.connections.get(id)).name, "Customers");
    await assert.rejects(
      Promise.resolve(client.connections.get("con_0000000000000000")),
      error(Management.NotFoundError, 404, { error: "Not Found" }),
    );
  });
});

describe("an export", () => {
  test("as CSV of a connection, with fields, titles and a limit", async () => {
    const connection_id = await connectionId();
    const request = { connection_id, format: "csv", limit: 5, fields: csvFields };
    const submitted = await client.jobs.usersExports.create(request);
    const { type, status, ...rest } = submitted;
    assert.deepEqual({ type, status }, { type: "users_export", status: "pending" });
    const { connection, created_at, id, ...echoed } = rest;
    assert.deepEqual(echoed, request);
    assert.match(id, /^job_[A-Za-z0-9]{16}$/);
    assert.equal(connection, "Customers");
    assert.match(created_at, /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/);

    const job = await finished(() => client.jobs.get(submitted.id));
    assert.equal(job.status, "completed");
    assert.equal(job.percentage_done, 100);
    assert.match(new URL(job.location).pathname, /\.csv\.gz$/);
    checkCsv(await download(job.location), 5);
  });

  test("as JSON, of all users", async () => {
    const submitted = await client.jobs.usersExports.create({ format: "json", fields: jsonFields });
    assert.equal("limit" in submitted, false);
    const job = await finished(() => client.jobs.get(submitted.id));
    assert.equal(job.status, "completed");
    assert.match(new URL(job.location).pathname, /\.json\.gz$/);
    checkNdjson(await download(job.location));
  });

  test("without anything said is a CSV file with the default fields", async () => {
    const submitted = await client.jobs.usersExports.create();
    assert.equal(submitted.format, "csv");
    assert.equal("fields" in submitted, false);
    const job = await finished(() => client.jobs.get(submitted.id));
    const again = await client.jobs.get(submitted.id);
    assert.notEqual(job.location, again.location);
    const text = await download(again.location);
    assert.ok(text.startsWith('"user_id","email","email_verified",'));
    assert.equal(text, await download(job.location));
  });

  test("has no errors to tell", async () => {
    const { id } = await client.jobs.usersExports.create({ limit: 1 });
    await finished(() => client.jobs.get(id));
    const { data, rawResponse } = await client.jobs.errors.get(id).withRawResponse();
    assert.equal(data, undefined);
    assert.equal(rawResponse.status, 204);
  });

  for (const [name, request] of Object.entries({
    limit: { limit: 0 },
    connection_id: { connection_id: "con_0000000000000000" },
    fields: { fields: [{ name: "email" }, { name: "name", export_as: "email" }] },
  })) {
    test(`with a wrong ${name} is refused`, async () => {
      await assert.rejects(
        Promise.resolve(client.jobs.usersExports.create(request)),
        (thrown) =>
          error(Management.BadRequestError, 400, { error: "Bad Request" })(thrown) &&
          thrown.body.message.includes(name),
      );
    });
  }

  test("with a key that does not exist is refused", async () => {
    await assert.rejects(
      Promise.resolve(client.jobs.usersExports.create({ colour: "red" })),
      error(Management.BadRequestError, 400, { errorCode: "invalid_body" }),
    );
  });
});

describe("users", () => {
  test("are paged through", async () => {
    const seen = new Map();
    let page = await client.users.list({ per_page: 100, sort: "created_at:1" });
    assert.equal(page.response.total, users.size);
    assert.equal(page.response.start, 0);
    assert.equal(page.response.limit, 100);
    assert.equal(page.response.length, 100);
    for (;;) {
      for (const user of page.data) seen.set(user.user_id, user);
      if (!page.hasNextPage()) break;
      page = await page.getNextPage();
    }
    assert.deepEqual([...seen.keys()].toSorted(), [...users.keys()].toSorted());
    const dates = [...seen.values()].map(({ created_at }) => created_at);
    assert.deepEqual(dates, dates.toSorted());
  });

  test("come to an end for those who ask until a page is empty", async () => {
    let count = 0;
    for await (const user of await client.users.list()) count += user.user_id ? 1 : 0;
    assert.equal(count, users.size);
  });

  test("are searched for", async () => {
    const [wanted] = users.values();
    const search = { search_engine: "v3", fields: "user_id,email", include_fields: true };
    const found = await client.users.list({ q: `email:"${wanted.email}"`, ...search });
    assert.deepEqual(found.data, [{ user_id: wanted.user_id, email: wanted.email }]);
    const all = await client.users.list({ q: 'identities.connection:"Customers"', per_page: 1 });
    assert.equal(all.response.total, users.size);
  });

  test("are read one by one", async () => {
    for (const wanted of [...users.values()].slice(0, 3)) {
      const user = await client.users.get(wanted.user_id);
      assert.equal(user.email, wanted.email);
      assert.equal(user.created_at, wanted.created_at);
      assert.deepEqual(user.user_metadata ?? {}, wanted.user_metadata ?? {});
      assert.ok(user.identities.some(({ connection }) => connection === "Customers"));
    }
    await assert.rejects(
      Promise.resolve(client.users.get("auth0|nobody")),
      error(Management.NotFoundError, 404, { error: "Not Found" }),
    );
  });
});

describe("errors", () => {
  test("a wrong secret", async () => {
    const wrong = connect({ ...credentials, clientSecret: "wrong" });
    await assert.rejects(Promise.resolve(wrong.users.list()), (thrown) => {
      assert.equal(thrown.statusCode, 401);
      const body = typeof thrown.body === "string" ? JSON.parse(thrown.body) : thrown.body;
      assert.equal(typeof body.error, "string");
      assert.equal(typeof body.error_description, "string");
      return true;
    });
  });

  test("a scope that the client does not have", async () => {
    const few = connect(fewScopes);
    assert.equal((await few.connections.list()).data.length, 2);
    const forbidden = error(Management.ForbiddenError, 403, { errorCode: "insufficient_scope" });
    await assert.rejects(Promise.resolve(few.users.list()), forbidden);
    await assert.rejects(Promise.resolve(few.jobs.usersExports.create()), forbidden);
  });

  test("a token that is none", async () => {
    await assert.rejects(
      Promise.resolve(connect({ token: "none" }).users.list()),
      error(Management.UnauthorizedError, 401, { message: "Invalid token" }),
    );
  });

  test("a job that does not exist, and an id that is none", async () => {
    for (const get of [(id) => client.jobs.get(id), (id) => client.jobs.errors.get(id)]) {
      const unknown = Promise.resolve(get(unknownJob));
      await assert.rejects(unknown, error(Management.NotFoundError, 404, { error: "Not Found" }));
      const malformed = Promise.resolve(get("job_1"));
      await assert.rejects(malformed, error(Management.BadRequestError, 400, { error: "Bad Request" }));
    }
  });

  test("come with the rate limit", async () => {
    const { rawResponse } = await client.users.list({ per_page: 1 });
    for (const name of ["limit", "remaining", "reset"]) {
      assert.match(rawResponse.headers.get(`x-ratelimit-${name}`), /^\d+$/);
    }
  });
});

// Nothing of it differs from the vendor's documentation but the domain. NODE_EXTRA_CA_CERTS has the proxy's certificate.
describe("behind a proxy with https", () => {
  let whole;
  before(() => (whole = new ManagementClient({ domain: httpsDomain, ...credentials })));

  test("the client works as it is", async () => {
    const [connection] = (await whole.connections.list({ name: "Customers" })).data;
    const { id } = await whole.jobs.usersExports.create({ connection_id: connection.id, limit: 1 });
    const job = await finished(() => whole.jobs.get(id));
    assert.equal(job.status, "completed");
    assert.equal((await whole.users.list({ per_page: 1 })).response.total, users.size);
  });
});
