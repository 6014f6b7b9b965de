//! TLS with PostgreSQL: who is trusted, and what is said of a server that is not.

use std::path::Path;

use muster::server::{
    random,
    store::{KeySource, PostgresOptions, Store},
};
use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, DnType, IsCa, KeyPair};
use tempfile::TempDir;

use crate::{
    postgres::{Cluster, Database},
    postgres_cli::{complaint, on},
    process::add_users_with,
};

/// Who signs certificates.
fn authority(name: &str) -> CertifiedIssuer<'static, KeyPair> {
    let mut params = CertificateParams::default();
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    params.distinguished_name.push(DnType::CommonName, name);
    CertifiedIssuer::self_signed(params, KeyPair::generate().unwrap()).unwrap()
}

/// A server with a certificate for `localhost`, and not for its number 127.0.0.1.
struct Encrypted {
    database: Database,
    _cluster: Cluster,
    /// Has the certificates of the authority that signed the server's, and of another one.
    dir: TempDir,
}

impl Encrypted {
    async fn start() -> Self {
        let dir = tempfile::tempdir().unwrap();
        let [signer, other] = ["signer", "other"].map(authority);
        for (name, authority) in [("signer.pem", &signer), ("other.pem", &other)] {
            std::fs::write(dir.path().join(name), authority.pem()).unwrap();
        }
        let key = KeyPair::generate().unwrap();
        let params = CertificateParams::new(["localhost".to_owned()]).unwrap();
        let certificate = params.signed_by(&key, &signer).unwrap();
        let cluster = Cluster::start_with_tls(&certificate.pem(), &key.serialize_pem()).await;
        let database = cluster.database().await;
        database.execute("CREATE ROLE muster LOGIN PASSWORD 'hunter2'").await;
        database.execute("GRANT CREATE ON SCHEMA public TO muster").await;
        Self { database, _cluster: cluster, dir }
    }

    fn dir(&self) -> &Path {
        self.dir.path()
    }

    /// The parameter for those certificates that are trusted.
    fn root(&self, name: &str) -> String {
        format!("sslrootcert={}", self.dir().join(name).display())
    }

    fn url(&self, host: &str, parameters: &str) -> String {
        self.database.tcp_url("muster:hunter2", host, parameters)
    }

    /// Whether the connections that a store opens with these parameters are encrypted: all of them, or none.
    async fn is_encrypted(&self, host: &str, parameters: &str) -> bool {
        let name = format!("test_{}", random::user_id_suffix());
        let url = self.url(host, &format!("{parameters}&application_name={name}"));
        let options = PostgresOptions { url, ..self.database.options() };
        let data = self.dir().join("data");
        let key = KeySource::MadeIn(data.join("secrets.key"));
        let store = Store::connect(&options, &data, &key).await.unwrap();
        store.count_users(None).await.unwrap(); // it connects when there is something to ask
        let sql = "SELECT ssl FROM pg_stat_ssl JOIN pg_stat_activity USING (pid) WHERE application_name = $1";
        let mut superuser = self.database.connect().await;
        let encrypted: Vec<bool> = sqlx::query_scalar(sql).bind(name).fetch_all(&mut superuser).await.unwrap();
        store.close().await;
        let first = *encrypted.first().unwrap();
        assert!(encrypted.iter().all(|encrypted| *encrypted == first), "{encrypted:?}");
        first
    }
}

#[tokio::test]
async fn connections_are_encrypted_as_far_as_the_address_says() {
    let server = Encrypted::start().await;
    let signer = server.root("signer.pem");
    for (host, mode, root, encrypted) in [
        ("localhost", "verify-full", &*signer, true),
        ("127.0.0.1", "verify-ca", &signer, true),
        ("127.0.0.1", "require", &signer, true),
        ("127.0.0.1", "require", "", true),
        ("127.0.0.1", "prefer", "", true),
        ("127.0.0.1", "disable", "", false),
    ] {
        let parameters = format!("sslmode={mode}&{root}").trim_end_matches('&').to_owned();
        assert_eq!(server.is_encrypted(host, &parameters).await, encrypted, "{host} {parameters}");
    }

    // Whole files, by COPY in and out.
    let url = server.url("localhost", &format!("sslmode=verify-full&{signer}"));
    add_users_with(server.dir(), 1_000, |command| {
        command.env("MUSTER_DATABASE_URL", &url);
    });
    let exported = on(server.dir(), &url, &["export", "--all", "--format", "csv", "--out", "-"]).output().unwrap();
    assert!(exported.status.success());
    assert_eq!(csv::Reader::from_reader(&*exported.stdout).records().filter(Result::is_ok).count(), 1_000);
}

#[tokio::test]
async fn a_server_that_is_not_trusted_is_told_with_the_reason_and_no_password() {
    let server = Encrypted::start().await;
    let (signer, other, missing) = (server.root("signer.pem"), server.root("other.pem"), server.root("missing.pem"));
    for (host, mode, root, words) in [
        ("localhost", "verify-full", &*other, "UnknownIssuer"),
        ("127.0.0.1", "verify-ca", &other, "UnknownIssuer"),
        ("127.0.0.1", "require", &other, "UnknownIssuer"),
        ("localhost", "verify-full", "sslrootcert=system", "UnknownIssuer"),
        ("127.0.0.1", "verify-full", &signer, "not valid for name"),
        ("localhost", "verify-full", &missing, "No such file"),
    ] {
        let url = server.url(host, &format!("sslmode={mode}&{root}"));
        let said = complaint(&on(server.dir(), &url, &["connection", "list"]).output().unwrap());
        assert!(said.contains(words) && said.contains(host), "{url}: {said}");
        assert!(!said.contains("hunter2"), "{said}");
    }
}
