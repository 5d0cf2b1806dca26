//! A link that breaks and is made again: nothing comes twice.

use super::*;

fn left(engine: &str, after: u64) -> Attach {
    Attach { resume: Some(Resume { engine: engine.to_owned(), after }), ..all() }
}

#[tokio::test]
async fn who_was_told_nothing_before_its_link_broke_is_told_nothing_of_before_afterwards() {
    let rig = Rig::new();
    let engine = rig.engine();
    for n in 1..=3 {
        engine.tell(alert(n));
    }
    let Attached { front_end, engine: hello, .. } = rig.attached().await;
    assert_eq!(front_end.last(), 3);
    let again = left(&hello.engine, front_end.last());
    drop(front_end);
    let mut back = rig.attach("state", &again).await.expect("an engine");
    assert_eq!(back.front_end.last(), 3, "and once more the same");
    engine.tell(alert(4));
    assert_eq!(event(&mut back.front_end).await, Some(alert(4)));
}

#[tokio::test]
async fn what_was_given_and_not_taken_before_a_link_broke_comes_again() {
    let rig = Rig::new();
    let engine = rig.engine();
    engine.tell(alert(1));
    engine.tell(alert(2));
    let mut new = rig.attach("state", &left("", 0)).await.expect("an engine");
    assert_eq!(event(&mut new.front_end).await, Some(alert(1)));
    let again = left(&new.engine.engine, new.front_end.last());
    drop(new);
    let mut back = rig.attach("state", &again).await.expect("an engine");
    assert_eq!(event(&mut back.front_end).await, Some(alert(2)));
}
