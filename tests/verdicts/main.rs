//! DONE without an answer on real sockets: the verdict and its proof, the replacement, the quarantine, the budget. And
//! eight hours of trouble in simulated time.

mod budget;
mod closed;
mod counted;
mod eight_hours;
mod ignored;
mod rig;
mod window;

use std::time::Duration;

const S: Duration = Duration::from_secs(1);
const MINUTE: Duration = Duration::from_mins(1);
