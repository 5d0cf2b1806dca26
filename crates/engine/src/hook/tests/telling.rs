//! How a hook that keeps failing is reported.

use super::*;

#[tokio::test(start_paused = true)]
async fn a_failure_is_told_once_and_again_after_a_success_or_with_another_reason() {
    use NotStarted::{Forbidden, Missing};
    let three = |end: fn() -> NotStarted| [end(), end(), end()];
    let ends = [three(|| Missing), three(|| Missing), three(|| Forbidden)].into_iter().flatten();
    let mut bench = Bench::new(History::in_process(), ends);
    for (uid, told) in [(1, 2), (2, 0), (3, 2), (4, 0)] {
        bench.find([uid]).await;
        bench.run().await;
        bench.settled().await;
        let faults = bench.faults();
        assert_eq!(faults.len(), told, "mail {uid}: {faults:?}");
        if let [(first, true), (last, false)] = &faults[..] {
            assert!(first.ends_with("next try in 5 s") && last.contains("given up after 3 tries"), "{faults:?}");
        }
    }
    bench.fail([Missing, Missing, Missing]);
    bench.find([5]).await;
    bench.run().await;
    bench.settled().await;
    assert_eq!(bench.faults().len(), 2, "it had succeeded in between");
}
