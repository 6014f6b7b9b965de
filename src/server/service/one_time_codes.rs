//! The codes of a second factor: those of an authenticator app (RFC 6238) and recovery codes.

use qrcode::Color;
use totp_rs::{Builder, Totp};

use crate::{
    domain::{
        error::AppError,
        profile::{QrCode, SecondFactorSetUp},
        timestamp::Timestamp,
    },
    server::random::{self, sha256_hex},
};

/// Recovery codes that a member gets at once.
const RECOVERY_CODES: usize = 10;

/// Digits of a recovery code: 83 bits. It has no letters, because the page that asks for it brings up the keyboard for
/// numbers.
const RECOVERY_CODE_DIGITS: usize = 25;

/// Characters that stand together, of a recovery code and of a secret.
const CODE_GROUP: usize = 5;
const SECRET_GROUP: usize = 4;

/// Light modules that a QR code needs around it.
const QUIET_ZONE: usize = 4;

/// What was typed in for a code.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Code {
    /// Six digits of the app.
    App(String),
    /// A recovery code's hash.
    Recovery(String),
}

impl Code {
    /// Reads a code, however it is grouped.
    pub(super) fn read(text: &str) -> Option<Self> {
        let code: String = text.chars().filter(|char| !char.is_whitespace() && *char != '-').collect();
        match code.len() {
            _ if !code.bytes().all(|byte| byte.is_ascii_digit()) => None,
            6 => Some(Self::App(code)),
            RECOVERY_CODE_DIGITS => Some(Self::Recovery(sha256_hex(code.as_bytes()))),
            _ => None,
        }
    }
}

/// New recovery codes as people read them, and their hashes.
pub(super) fn recovery_codes() -> (Vec<String>, Vec<String>) {
    let codes: Vec<_> = (0..RECOVERY_CODES).map(|_| random::digits(RECOVERY_CODE_DIGITS)).collect();
    let hashes = codes.iter().map(|code| sha256_hex(code.as_bytes())).collect();
    (codes.iter().map(|code| grouped(code, CODE_GROUP)).collect(), hashes)
}

/// The step (30 seconds each since 1970) whose code this is: the one of `now`, or a neighbour, for clocks differ.
pub(super) fn step_of(secret: &[u8], code: &str, now: Timestamp) -> Result<Option<i64>, AppError> {
    let seconds = u64::try_from(now.0 / 1_000).unwrap_or(0);
    let step = app(Builder::new(), secret)?.check(code, seconds);
    Ok(step.and_then(|step| i64::try_from(step).ok()))
}

/// What the member's app needs to know.
pub(super) fn set_up(secret: &[u8], tenant: &str, email: &str) -> Result<SecondFactorSetUp, AppError> {
    // The link's label has the two apart by a colon, so neither may have one.
    let builder =
        Builder::new().with_issuer(Some(format!("Muster ({tenant})"))).with_account_name(email.replace(':', "_"));
    let app = app(builder, secret)?;
    let link = app.to_url().map_err(|error| failed(&error))?;
    Ok(SecondFactorSetUp { secret: grouped(&app.secret().to_base32(), SECRET_GROUP), qr: qr_code(&link)?, link })
}

fn app(builder: Builder, secret: &[u8]) -> Result<Totp, AppError> {
    builder.with_secret(secret).build().map_err(|error| failed(&error))
}

fn failed(error: &dyn std::fmt::Display) -> AppError {
    tracing::error!(%error, "a second factor is not usable");
    AppError::Internal
}

fn grouped(code: &str, size: usize) -> String {
    let chars: Vec<_> = code.chars().collect();
    chars.chunks(size).map(String::from_iter).collect::<Vec<_>>().join(" ")
}

/// Draws each run of dark modules as a bar.
fn qr_code(text: &str) -> Result<QrCode, AppError> {
    let code = qrcode::QrCode::new(text).map_err(|error| failed(&error))?;
    let width = code.width();
    let colors = code.to_colors();
    let mut path = String::new();
    for (y, row) in colors.chunks(width).enumerate() {
        let mut x = 0;
        for run in row.chunk_by(PartialEq::eq) {
            if run[0] == Color::Dark {
                let (left, top, long) = (x + QUIET_ZONE, y + QUIET_ZONE, run.len());
                path.push_str(&format!("M{left} {top}h{long}v1h-{long}z"));
            }
            x += run.len();
        }
    }
    Ok(QrCode { side: u32::try_from(width + 2 * QUIET_ZONE).unwrap_or(u32::MAX), path })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// RFC 6238, appendix B: the last six digits of its eight.
    #[test]
    fn codes_are_those_of_the_standard() {
        let secret = b"12345678901234567890";
        for (seconds, code) in [
            (59, "287082"),
            (1_111_111_109, "081804"),
            (1_111_111_111, "050471"),
            (1_234_567_890, "005924"),
            (2_000_000_000, "279037"),
            (20_000_000_000, "353130"),
        ] {
            let step = |millis: i64| step_of(secret, code, Timestamp(seconds * 1_000).plus_millis(millis)).unwrap();
            assert_eq!(step(0), Some(seconds / 30), "{code}");
            assert_eq!((step(30_000), step(-30_000)), (Some(seconds / 30), Some(seconds / 30)), "a step more or less");
            assert_eq!(step(60_000), None, "two steps are too far");
            assert_eq!(step(-60_000).is_some(), seconds == 59, "unless there is nothing before");
        }
        assert_eq!(step_of(secret, "287083", Timestamp(59_000)).unwrap(), None);
        assert!(step_of(b"short", "287082", Timestamp(59_000)).is_err());
    }

    #[test]
    fn codes_as_people_type_them() {
        let (codes, hashes) = recovery_codes();
        assert_eq!((codes.len(), codes[0].len()), (10, 29));
        let hash = Some(Code::Recovery(hashes[0].clone()));
        for (text, expected) in [
            ("012345", Some(Code::App("012345".to_owned()))),
            (" 012 345 ", Some(Code::App("012345".to_owned()))),
            (codes[0].as_str(), hash.clone()),
            (&codes[0].replace(' ', "-"), hash.clone()),
            (&codes[0].replace(' ', ""), hash),
            (&codes[0][1..], None),
            ("01234", None),
            ("01234x", None),
            ("", None),
        ] {
            assert_eq!(Code::read(text), expected, "{text}");
        }
    }

    #[test]
    fn what_an_app_needs() {
        let set_up = set_up(b"12345678901234567890", "acme", "ann:b@acme.test").unwrap();
        assert_eq!(set_up.secret, "GEZD GNBV GY3T QOJQ GEZD GNBV GY3T QOJQ");
        let link = url::Url::parse(&set_up.link).unwrap();
        assert_eq!((link.scheme(), link.host_str()), ("otpauth", Some("totp")));
        assert_eq!(link.path(), "/Muster%20%28acme%29:ann_b%40acme.test");
        let query: Vec<_> = link.query_pairs().map(|(name, value)| format!("{name}={value}")).collect();
        assert!(query.contains(&"secret=GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ".to_owned()), "{query:?}");
        assert!(query.contains(&"issuer=Muster (acme)".to_owned()), "{query:?}");
    }

    #[test]
    fn a_qr_code_draws_each_dark_module_once() {
        let drawn = qr_code("otpauth://totp/Muster:ann").unwrap();
        let code = qrcode::QrCode::new("otpauth://totp/Muster:ann").unwrap();
        assert_eq!(drawn.side as usize, code.width() + 8);
        let mut dark = 0;
        for bar in drawn.path.split('z').filter(|bar| !bar.is_empty()) {
            let (place, bar) = bar.strip_prefix('M').unwrap().split_once('h').unwrap();
            let (left, top) = place.split_once(' ').unwrap();
            let (left, top): (usize, usize) = (left.parse().unwrap(), top.parse().unwrap());
            let long: usize = bar.split_once('v').unwrap().0.parse().unwrap();
            assert!((left..left + long).all(|x| code[(x - 4, top - 4)] == Color::Dark), "{bar}");
            dark += long;
        }
        assert_eq!(dark, code.to_colors().iter().filter(|color| **color == Color::Dark).count());
    }
}
