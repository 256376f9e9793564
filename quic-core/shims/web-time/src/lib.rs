//! The clock of the module. The host states the time with every call into the module, so that reading
//! it costs nothing and all that happens in one call happens at one instant.
//!
//! Offers the part of `web-time` that `quinn-proto` and `rustls-pki-types` use.

use std::ops::{Add, AddAssign, Sub, SubAssign};
use std::sync::atomic::{AtomicU64, Ordering};

pub use std::time::Duration;

/// Nanoseconds on the host's monotonic clock.
static MONOTONIC: AtomicU64 = AtomicU64::new(0);
/// Unix time in nanoseconds at the moment when `MONOTONIC` was zero.
static UNIX_OFFSET: AtomicU64 = AtomicU64::new(0);

/// Sets the monotonic time in milliseconds. Time never goes back: an earlier value is ignored.
pub fn set_monotonic(milliseconds: f64) {
    let nanoseconds = (milliseconds * 1e6) as u64;
    if nanoseconds > MONOTONIC.load(Ordering::Relaxed) {
        MONOTONIC.store(nanoseconds, Ordering::Relaxed);
    }
}

/// States the Unix time in milliseconds that belongs to the present monotonic time.
pub fn set_unix(milliseconds: f64) {
    let nanoseconds = (milliseconds * 1e6) as u64;
    UNIX_OFFSET.store(nanoseconds.saturating_sub(MONOTONIC.load(Ordering::Relaxed)), Ordering::Relaxed);
}

/// A moment on the host's monotonic clock.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Instant(Duration);

impl Instant {
    pub fn now() -> Self {
        Self(Duration::from_nanos(MONOTONIC.load(Ordering::Relaxed)))
    }

    /// Milliseconds on the host's clock.
    pub fn as_milliseconds(self) -> f64 {
        self.0.as_secs_f64() * 1e3
    }

    pub fn duration_since(&self, earlier: Self) -> Duration {
        self.saturating_duration_since(earlier)
    }

    pub fn checked_duration_since(&self, earlier: Self) -> Option<Duration> {
        self.0.checked_sub(earlier.0)
    }

    pub fn saturating_duration_since(&self, earlier: Self) -> Duration {
        self.0.saturating_sub(earlier.0)
    }

    pub fn elapsed(&self) -> Duration {
        Self::now().duration_since(*self)
    }

    pub fn checked_add(&self, duration: Duration) -> Option<Self> {
        self.0.checked_add(duration).map(Self)
    }

    pub fn checked_sub(&self, duration: Duration) -> Option<Self> {
        self.0.checked_sub(duration).map(Self)
    }
}

impl Add<Duration> for Instant {
    type Output = Self;

    fn add(self, duration: Duration) -> Self {
        Self(self.0.saturating_add(duration))
    }
}

impl AddAssign<Duration> for Instant {
    fn add_assign(&mut self, duration: Duration) {
        *self = *self + duration;
    }
}

impl Sub<Duration> for Instant {
    type Output = Self;

    fn sub(self, duration: Duration) -> Self {
        Self(self.0.saturating_sub(duration))
    }
}

impl SubAssign<Duration> for Instant {
    fn sub_assign(&mut self, duration: Duration) {
        *self = *self - duration;
    }
}

impl Sub<Instant> for Instant {
    type Output = Duration;

    fn sub(self, earlier: Self) -> Duration {
        self.duration_since(earlier)
    }
}

/// A moment in Unix time.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SystemTime(Duration);

/// Midnight, 1 January 1970, UTC.
pub const UNIX_EPOCH: SystemTime = SystemTime(Duration::ZERO);

impl SystemTime {
    pub const UNIX_EPOCH: Self = UNIX_EPOCH;

    pub fn now() -> Self {
        let offset = UNIX_OFFSET.load(Ordering::Relaxed);
        Self(Duration::from_nanos(offset.saturating_add(MONOTONIC.load(Ordering::Relaxed))))
    }

    pub fn duration_since(&self, earlier: Self) -> Result<Duration, SystemTimeError> {
        self.0.checked_sub(earlier.0).ok_or_else(|| SystemTimeError(earlier.0.saturating_sub(self.0)))
    }

    pub fn checked_add(&self, duration: Duration) -> Option<Self> {
        self.0.checked_add(duration).map(Self)
    }
}

impl Add<Duration> for SystemTime {
    type Output = Self;

    fn add(self, duration: Duration) -> Self {
        Self(self.0.saturating_add(duration))
    }
}

impl Sub<Duration> for SystemTime {
    type Output = Self;

    fn sub(self, duration: Duration) -> Self {
        Self(self.0.saturating_sub(duration))
    }
}

/// The second moment is later than the first, by this much.
#[derive(Clone, Debug)]
pub struct SystemTimeError(Duration);

impl SystemTimeError {
    pub fn duration(&self) -> Duration {
        self.0
    }
}

impl std::fmt::Display for SystemTimeError {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str("the other moment is later")
    }
}

impl std::error::Error for SystemTimeError {}
