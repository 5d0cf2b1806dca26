//! Outputs in order, in a queue that holds no memory while it is empty.
//!
//! A machine is at rest nearly all its life, and a thousand of them are kept: what a burst needed is given back.

use std::collections::VecDeque;

/// The next output, until there is none.
pub fn next<T>(outputs: &mut VecDeque<T>) -> Option<T> {
    let next = outputs.pop_front();
    if outputs.is_empty() {
        *outputs = VecDeque::new();
    }
    next
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_empty_queue_holds_no_memory() {
        let mut outputs = VecDeque::from([1, 2]);
        assert_eq!((next(&mut outputs), next(&mut outputs), next(&mut outputs)), (Some(1), Some(2), None));
        assert_eq!(outputs.capacity(), 0);
    }
}
