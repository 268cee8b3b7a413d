//! The crate's clock in the SDK's terms, so that retries, refreshes and signatures follow injected time.

use std::time::{Duration, SystemTime};

use aws_smithy_async::rt::sleep::{AsyncSleep, Sleep};
use aws_smithy_async::time::TimeSource;

use jiff::Timestamp;

use crate::clock::SharedClock;

/// A [`crate::clock::Clock`] as the SDK's time source and sleep.
#[derive(Clone, Debug)]
pub(super) struct SdkTime(pub SharedClock);

impl TimeSource for SdkTime {
    fn now(&self) -> SystemTime {
        SystemTime::try_from(self.0.now()).unwrap_or(SystemTime::UNIX_EPOCH)
    }
}

impl AsyncSleep for SdkTime {
    fn sleep(&self, duration: Duration) -> Sleep {
        Sleep::new(self.0.sleep(duration))
    }
}

/// A moment in an answer of AWS, to the millisecond: its JSON carries seconds as floating-point numbers.
pub fn moment(time: &aws_smithy_types::DateTime) -> Option<Timestamp> {
    Timestamp::from_millisecond(time.to_millis().ok()?).ok()
}
