//! What the server says, and what is sent, told and ended with.
