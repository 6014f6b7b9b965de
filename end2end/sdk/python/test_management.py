"""What programs do that were written for the vendor's Python SDK, majors 5 and 6."""

import asyncio
import unittest
import urllib.parse
from importlib.metadata import version

from auth0.authentication import GetToken
from auth0.authentication.exceptions import Auth0Error
from auth0.management import AsyncManagementClient, Auth0, CreateExportUsersFields, ManagementClient
from auth0.management.core.api_error import ApiError
from auth0.management.errors import BadRequestError, ForbiddenError, NotFoundError, UnauthorizedError

from support import (
    AUDIENCE,
    CREDENTIALS,
    CSV_FIELDS,
    DOMAIN,
    FEW_SCOPES,
    HTTPS_DOMAIN,
    JSON_FIELDS,
    SOMEBODY,
    UNKNOWN_JOB,
    URL,
    USERS,
    Checks,
    download,
    finished,
)

MAJOR = int(version("auth0-python").split(".")[0])


def get_token(client_id, client_secret):
    """The SDK's own call for a token, over plain http: it takes a protocol "for testing"."""
    token = GetToken(DOMAIN, client_id, client_secret=client_secret, protocol="http")
    return token.client_credentials(AUDIENCE)["access_token"]


def connect(token):
    """ManagementClient, which always says https, is a shell around Auth0, which takes any base URL."""
    return Auth0(base_url=f"{URL}/api/v2", token=token)


def fields(named):
    return [CreateExportUsersFields(**field) for field in named]


class Management(Checks):
    @classmethod
    def setUpClass(cls):
        cls.client = connect(get_token(*CREDENTIALS))

    def finished(self, job_id):
        return finished(lambda: self.client.jobs.get(job_id), lambda job: job.status)

    def assert_refused(self, error, status, call, **body):
        with self.assertRaises(error) as caught:
            call()
        self.assertIsInstance(caught.exception, ApiError)
        self.assertEqual(caught.exception.status_code, status)
        self.assertEqual(caught.exception.body["statusCode"], status)
        self.assertIsInstance(caught.exception.body["message"], str)
        for name, value in body.items():
            self.assertEqual(caught.exception.body[name], value)
        return caught.exception

    def connection(self):
        return next(iter(self.client.connections.list(name="Customers")))

    def test_connections_are_listed_with_the_pager(self):
        names = []
        for connection in self.client.connections.list(take=1):
            self.assertRegex(connection.id, r"^con_[A-Za-z0-9]{16}$")
            self.assertEqual(connection.strategy, "auth0")
            names.append(connection.name)
        self.assertCountEqual(names, ["Customers", "Partners"])

    def test_connections_are_found_by_name_and_strategy(self):
        found = self.client.connections.list(name="Partners", strategy=["auth0", "samlp"])
        self.assertEqual([connection.name for connection in found], ["Partners"])
        self.assertEqual(list(self.client.connections.list(strategy=["samlp", "waad"])), [])

    def test_connections_are_read_one_by_one(self):
        self.assertEqual(self.client.connections.get(self.connection().id).name, "Customers")
        self.assert_refused(NotFoundError, 404, lambda: self.client.connections.get("con_0000000000000000"))

    def test_export_as_csv_of_a_connection_with_fields_titles_and_a_limit(self):
        connection = self.connection()
        submitted = self.client.jobs.users_exports.create(
            connection_id=connection.id, format="csv", limit=5, fields=fields(CSV_FIELDS)
        )
        self.assertRegex(submitted.id, r"^job_[A-Za-z0-9]{16}$")
        self.assertEqual((submitted.type, submitted.status), ("users_export", "pending"))
        self.assertEqual((submitted.connection_id, submitted.connection), (connection.id, "Customers"))
        self.assertEqual((submitted.format, submitted.limit), ("csv", 5))
        self.assertEqual([field.name for field in submitted.fields], [field["name"] for field in CSV_FIELDS])
        job = self.finished(submitted.id)
        self.assertEqual((job.status, job.percentage_done), ("completed", 100))
        self.assertTrue(urllib.parse.urlsplit(job.location).path.endswith(".csv.gz"))
        self.check_csv(download(job.location), 5)

    def test_export_as_json_of_all_users(self):
        submitted = self.client.jobs.users_exports.create(format="json", fields=fields(JSON_FIELDS))
        self.assertIsNone(submitted.limit)
        job = self.finished(submitted.id)
        self.assertEqual(job.status, "completed")
        self.assertTrue(urllib.parse.urlsplit(job.location).path.endswith(".json.gz"))
        self.check_ndjson(download(job.location))

    def test_export_without_anything_said(self):
        submitted = self.client.jobs.users_exports.create()
        self.assertEqual((submitted.format, submitted.fields), ("csv", None))
        first, second = self.finished(submitted.id), self.client.jobs.get(submitted.id)
        self.assertNotEqual(first.location, second.location)
        text = download(second.location)
        self.assertTrue(text.startswith('"user_id","email","email_verified",'))
        self.assertEqual(text, download(first.location))

    def test_export_has_no_errors_to_tell(self):
        submitted = self.client.jobs.users_exports.create(limit=1)
        self.finished(submitted.id)
        if MAJOR >= 6:
            self.assertIsNone(self.client.jobs.errors.get(submitted.id))
            return
        # 5 knows no answer without a body: it raises its error for the 204, from whichever server.
        with self.assertRaises(ApiError) as caught:
            self.client.jobs.errors.get(submitted.id)
        self.assertEqual((caught.exception.status_code, caught.exception.body), (204, ""))

    def test_wrong_exports_are_refused(self):
        create = self.client.jobs.users_exports.create
        twice = [CreateExportUsersFields(name="email"), CreateExportUsersFields(name="name", export_as="email")]
        for name, request in {
            "limit": {"limit": 0},
            "connection_id": {"connection_id": "con_0000000000000000"},
            "fields": {"fields": twice},
        }.items():
            with self.subTest(name):
                error = self.assert_refused(BadRequestError, 400, lambda: create(**request))
                self.assertIn(name, error.body["message"])
        unknown = {"additional_body_parameters": {"colour": "red"}}
        self.assert_refused(BadRequestError, 400, lambda: create(request_options=unknown), errorCode="invalid_body")

    def test_users_are_paged_through(self):
        pages = list(self.client.users.list(per_page=100, sort="created_at:1").iter_pages())
        totals = pages[0].response
        self.assertEqual((totals.start, totals.limit, totals.length, totals.total), (0, 100, 100, len(USERS)))
        seen = [user for page in pages for user in page.items]
        self.assertCountEqual([user.user_id for user in seen], list(USERS))
        dates = [user.created_at for user in seen]
        self.assertEqual(dates, sorted(dates))

    def test_users_come_to_an_end(self):
        self.assertEqual(sum(1 for _ in self.client.users.list()), len(USERS))

    def test_users_are_searched_for(self):
        found = self.client.users.list(
            q=f'email:"{SOMEBODY["email"]}"', search_engine="v3", fields="user_id,email", include_fields=True
        )
        self.assertEqual([user.user_id for user in found], [SOMEBODY["user_id"]])
        everybody = self.client.users.list(q='identities.connection:"Customers"', per_page=1)
        self.assertEqual(everybody.response.total, len(USERS))

    def test_users_are_read_one_by_one(self):
        for wanted in list(USERS.values())[:3]:
            user = self.client.users.get(wanted["user_id"])
            self.assertEqual(user.email, wanted["email"])
            self.assertEqual(user.created_at.strftime("%Y-%m-%dT%H:%M:%S"), wanted["created_at"][:19])
            self.assertIn("Customers", [identity.connection for identity in user.identities])
        self.assert_refused(NotFoundError, 404, lambda: self.client.users.get("auth0|nobody"))

    def test_error_of_a_wrong_secret(self):
        with self.assertRaises(Auth0Error) as caught:
            get_token(CREDENTIALS[0], "wrong")
        self.assertEqual(caught.exception.status_code, 401)
        self.assertTrue(caught.exception.error_code and caught.exception.message)

    def test_error_of_a_missing_scope(self):
        few = connect(get_token(*FEW_SCOPES))
        self.assertEqual(len(list(few.connections.list())), 2)
        for call in (few.users.list, few.jobs.users_exports.create):
            self.assert_refused(ForbiddenError, 403, call, errorCode="insufficient_scope")

    def test_error_of_a_token_that_is_none(self):
        self.assert_refused(UnauthorizedError, 401, connect("none").users.list, message="Invalid token")

    def test_errors_of_unknown_and_malformed_ids(self):
        for get in (self.client.jobs.get, self.client.jobs.errors.get):
            self.assert_refused(NotFoundError, 404, lambda: get(UNKNOWN_JOB))
            self.assert_refused(BadRequestError, 400, lambda: get("job_1"))

    def test_rate_limit_is_told(self):
        headers = self.client.users.with_raw_response.get(SOMEBODY["user_id"]).headers
        for name in ("limit", "remaining", "reset"):
            self.assertRegex(headers[f"x-ratelimit-{name}"], r"^\d+$")


class BehindAProxyWithHttps(Checks):
    """Nothing of it differs from the vendor's documentation but the domain. SSL_CERT_FILE has the proxy's certificate."""

    def test_client_works_as_it_is(self):
        client_id, client_secret = CREDENTIALS
        client = ManagementClient(domain=HTTPS_DOMAIN, client_id=client_id, client_secret=client_secret)
        (connection,) = client.connections.list(name="Customers")
        submitted = client.jobs.users_exports.create(connection_id=connection.id, limit=1)
        job = finished(lambda: client.jobs.get(submitted.id), lambda job: job.status)
        self.assertEqual(job.status, "completed")
        self.assertEqual(client.users.list(per_page=1).response.total, len(USERS))

    def test_asynchronous_client_works_as_it_is(self):
        async def total():
            client_id, client_secret = CREDENTIALS
            client = AsyncManagementClient(domain=HTTPS_DOMAIN, client_id=client_id, client_secret=client_secret)
            return (await client.users.list(per_page=1)).response.total

        self.assertEqual(asyncio.run(total()), len(USERS))


if __name__ == "__main__":
    unittest.main()
