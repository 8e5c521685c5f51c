//! Hashing and checking passwords: argon2id, as many at once as there are cores (F13).

use std::num::NonZero;
use std::sync::Arc;
use std::thread::available_parallelism;
use std::time::Duration;

use argon2::password_hash::phc::PasswordHash;
use argon2::password_hash::{PasswordHasher, PasswordVerifier};
use argon2::{Algorithm, Argon2, Params, Version};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::task::spawn_blocking;
use tokio::time::timeout;

use crate::http::{Error, Result, codes};

/// OWASP's first choice of 2026: 19 MiB, two passes, one lane; 25–60 ms on one core.
const MEMORY_KIB: u32 = 19 * 1024;
const PASSES: u32 = 2;
/// How long one may wait for a core; past that, waiting would only grow.
const PATIENCE: Duration = Duration::from_secs(2);

/// What the password of somebody who does not exist is checked against: it costs the same and never fits (S8).
const NOBODY: &str = "$argon2id$v=19$m=19456,t=2,p=1$bm9ib2R5J3Mgc2FsdCAxNg$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";

/// The cores that may hash at once: each holds 19 MiB and a core for its whole run.
pub(super) struct Passwords(Arc<Semaphore>);

impl Default for Passwords {
    fn default() -> Self {
        let cores = available_parallelism().map_or(1, NonZero::get);
        Self(Arc::new(Semaphore::new(cores)))
    }
}

impl Passwords {
    /// The PHC string of a password.
    ///
    /// # Errors
    /// `rate_limited` when no core came free within two seconds.
    pub(super) async fn hash(&self, password: &str) -> Result<String> {
        let (turn, password) = (self.turn().await?, password.to_owned());
        let hash = spawn_blocking(move || {
            let hash = argon2()?.hash_password(password.as_bytes()).map(|hash| hash.to_string());
            drop(turn);
            hash
        });
        hash.await.map_err(Error::fault)?.map_err(Error::fault)
    }

    /// Whether the password is the one behind `hash`; without a hash it takes as long and is not.
    ///
    /// # Errors
    /// `rate_limited` when no core came free within two seconds.
    pub(super) async fn fits(&self, password: &str, hash: Option<&str>) -> Result<bool> {
        let (turn, password) = (self.turn().await?, password.to_owned());
        let hash = hash.unwrap_or(NOBODY).to_owned();
        let fits = spawn_blocking(move || {
            let hash = PasswordHash::new(&hash)?;
            let verdict = argon2()?.verify_password(password.as_bytes(), &hash);
            drop(turn);
            match verdict {
                Ok(()) => Ok(true),
                Err(argon2::password_hash::Error::PasswordInvalid) => Ok(false),
                Err(error) => Err(error),
            }
        });
        fits.await.map_err(Error::fault)?.map_err(Error::fault)
    }

    async fn turn(&self) -> Result<OwnedSemaphorePermit> {
        let turn = timeout(PATIENCE, Arc::clone(&self.0).acquire_owned()).await;
        let turn = turn.map_err(|_| Error::from(codes::RATE_LIMITED).retry_after(2))?;
        turn.map_err(Error::fault)
    }
}

fn argon2() -> std::result::Result<Argon2<'static>, argon2::password_hash::Error> {
    let params = Params::new(MEMORY_KIB, PASSES, 1, None)?;
    Ok(Argon2::new(Algorithm::Argon2id, Version::V0x13, params))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_password_fits_its_own_hash_only() {
        let passwords = Passwords::default();
        let hash = passwords.hash("summer rain").await.unwrap();
        assert!(hash.starts_with("$argon2id$v=19$m=19456,t=2,p=1$"));
        assert!(passwords.fits("summer rain", Some(&hash)).await.unwrap());
        assert!(!passwords.fits("summer rain ", Some(&hash)).await.unwrap());
        assert_ne!(hash, passwords.hash("summer rain").await.unwrap());
    }

    #[tokio::test]
    async fn nobody_has_a_password_and_checking_it_costs_the_same() {
        let passwords = Passwords::default();
        for guess in ["", "password", "\0"] {
            assert!(!passwords.fits(guess, None).await.unwrap());
        }
        let nobody = PasswordHash::new(NOBODY).unwrap();
        let somebody = passwords.hash("summer rain").await.unwrap();
        let somebody = PasswordHash::new(&somebody).unwrap();
        assert_eq!(nobody.params, somebody.params);
        let lengths = |hash: &PasswordHash| {
            (
                hash.salt.as_ref().map(|salt| salt.as_ref().len()),
                hash.hash.as_ref().map(|out| out.as_bytes().len()),
            )
        };
        assert_eq!(lengths(&nobody), lengths(&somebody));
    }
}
