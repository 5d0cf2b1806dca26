//! What a person is asked to do to log in.

/// A step that a person is asked to take.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum LoginStep {
    /// Open this in a browser on this machine.
    Browser {
        /// Where.
        url: String,
    },
    /// Open this in any browser, and type the code there.
    Device {
        /// Where.
        url: String,
        /// The code.
        code: String,
        /// The same with the code in it, where the issuer has that.
        complete: Option<String>,
    },
}
