//! The address of a PostgreSQL database, and what can be wrong with it.

use std::str::FromStr;

use sqlx::postgres::{PgConnectOptions, PgSslMode};
use url::Url;

/// What the address has to look like.
const SHAPE: &str = "database_url must be like postgres://user:password@host:5432/database";

/// Parameters that are understood, by libpq's names.
const PARAMETERS: [&str; 12] = [
    "sslmode",
    "sslrootcert",
    "sslcert",
    "sslkey",
    "host",
    "hostaddr",
    "port",
    "dbname",
    "user",
    "password",
    "application_name",
    "options",
];

/// What `sslmode` may be. "allow" is the same as "disable" to sqlx, which is not what it says.
const SSL_MODES: [&str; 5] = ["disable", "prefer", "require", "verify-ca", "verify-full"];

/// Takes the address apart.
///
/// # Errors
/// What is wrong, in a sentence that has no part of the address but the names of parameters.
pub fn parse(text: &str) -> Result<PgConnectOptions, String> {
    let mut url = Url::parse(text).map_err(|_| SHAPE.to_owned())?;
    if !matches!(url.scheme(), "postgres" | "postgresql") {
        return Err(SHAPE.to_owned());
    }
    let parameters: Vec<(String, String)> = url.query_pairs().into_owned().collect();
    if let Some((unknown, _)) = parameters.iter().find(|(name, _)| !PARAMETERS.contains(&name.as_str())) {
        return Err(format!("database_url has the parameter \"{unknown}\": there are {}", PARAMETERS.join(", ")));
    }
    let value = |name: &str| parameters.iter().rfind(|(known, _)| known == name).map(|(_, value)| value.as_str());
    if value("sslmode").is_some_and(|mode| !SSL_MODES.contains(&mode)) {
        return Err(format!("database_url: sslmode must be one of {}", SSL_MODES.join(", ")));
    }
    let root = value("sslrootcert");
    let is_system = root == Some("system");
    if is_system && value("sslmode") != Some("verify-full") {
        return Err("database_url: sslrootcert=system needs sslmode=verify-full".to_owned());
    }
    if is_system {
        // The system's certificates are what is trusted unless others are named.
        let rest = parameters.iter().filter(|(name, _)| name != "sslrootcert");
        url.query_pairs_mut().clear().extend_pairs(rest);
    }
    let mut options = PgConnectOptions::from_str(url.as_str()).map_err(|error| match error {
        sqlx::Error::Configuration(cause) => format!("database_url: {cause}"),
        _ => SHAPE.to_owned(),
    })?;
    // As libpq has it: a certificate that is named is there to be checked.
    if matches!(options.get_ssl_mode(), PgSslMode::Require) && root.is_some() {
        options = options.ssl_mode(PgSslMode::VerifyCa);
    }
    if options.get_application_name().is_none() {
        options = options.application_name("muster");
    }
    Ok(options)
}

/// Why there is no connection, in a sentence without the password.
pub fn describe(error: &sqlx::Error, options: &PgConnectOptions) -> String {
    let server = match options.get_socket() {
        Some(directory) => format!("{} port {}", directory.display(), options.get_port()),
        None => format!("{}:{}", options.get_host(), options.get_port()),
    };
    let user = options.get_username();
    let database = options.get_database().unwrap_or(user);
    match error {
        sqlx::Error::Database(error) => match error.code().as_deref() {
            Some("28P01") => format!("PostgreSQL on {server} refuses the password of the user \"{user}\""),
            Some("3D000") => {
                format!("PostgreSQL on {server} has no database \"{database}\": create it, as with createdb")
            }
            _ => format!("PostgreSQL on {server} refuses the connection: {}", error.message()),
        },
        sqlx::Error::Tls(cause) => format!("no TLS with PostgreSQL on {server}: {cause}"),
        sqlx::Error::Io(cause) => format!("can't connect to PostgreSQL on {server}: {cause}"),
        sqlx::Error::PoolTimedOut => format!("can't connect to PostgreSQL on {server}: it does not answer"),
        other => format!("can't connect to PostgreSQL on {server}: {other}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_taken_as_libpq_takes_them() {
        let options = parse("postgresql://ann:p%40ss@db.example:6432/muster?sslmode=verify-full").unwrap();
        assert_eq!((options.get_host(), options.get_port()), ("db.example", 6432));
        assert_eq!((options.get_username(), options.get_database()), ("ann", Some("muster")));
        assert_eq!(options.get_application_name(), Some("muster"));
        assert!(matches!(options.get_ssl_mode(), PgSslMode::VerifyFull));

        let socket = parse("postgres:///muster?host=/run/postgresql&port=5433&user=ann&application_name=a").unwrap();
        assert_eq!(socket.get_socket().unwrap().to_str(), Some("/run/postgresql"));
        assert_eq!((socket.get_port(), socket.get_application_name()), (5433, Some("a")));

        for (parameters, mode) in [
            ("sslmode=require", "Require"),
            ("sslmode=require&sslrootcert=/ca.pem", "VerifyCa"),
            ("sslmode=verify-full&sslrootcert=system", "VerifyFull"),
            ("sslmode=disable", "Disable"),
        ] {
            let options = parse(&format!("postgres://db/muster?{parameters}")).unwrap();
            assert_eq!(format!("{:?}", options.get_ssl_mode()), mode, "{parameters}");
            assert!(!format!("{options:?}").contains("\"system\""), "{parameters}: no file has this name");
        }
    }

    #[test]
    fn what_is_wrong_is_said_without_the_password() {
        for (url, words) in [
            ("", SHAPE),
            ("db.example", SHAPE),
            ("muster:hunter2@db/muster", SHAPE),
            ("mysql://muster:hunter2@db/muster", SHAPE),
            ("postgres://muster:hunter2@db:port/muster", SHAPE),
            ("postgres://muster:hunter2@db/muster?sslmode=on", "sslmode must be one of disable, prefer"),
            ("postgres://muster:hunter2@db/muster?sslmode=allow", "sslmode must be one of"),
            ("postgres://muster:hunter2@db/muster?sslrootcert=system", "needs sslmode=verify-full"),
            ("postgres://muster:hunter2@db/muster?pasword=hunter2", "the parameter \"pasword\""),
            ("postgres://muster:hunter2@db/muster?port=many", "database_url: "),
        ] {
            let message = parse(url).unwrap_err();
            assert!(message.contains(words), "{url}: {message}");
            assert!(!message.contains("hunter2"), "{message}");
        }
    }
}
