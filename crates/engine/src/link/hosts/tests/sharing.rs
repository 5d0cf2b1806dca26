//! Connections that are to be shared on another host: its engine is asked, by the name that it knows, and no other.

use super::*;
use crate::requests::{Request, ShareOrder};

fn share(account: &str, connections: u16) -> Request {
    Request::Share(ShareOrder { account: account.to_owned(), connections })
}

async fn reply(rig: &mut Rig) -> Reply<()> {
    timeout(BOUND, rig.requests.reply()).await.expect("a reply in time")
}

#[tokio::test(start_paused = true)]
async fn the_engine_of_the_accounts_host_is_asked_by_its_own_name_and_what_it_says_comes_back() {
    let mut rig = Rig::new(&["mx1", "mx2"], None);
    let (mut first, mut second) = (rig.answered("one").await, rig.answered("two").await);
    if first.host == "mx2" {
        std::mem::swap(&mut first, &mut second);
    }
    rig.until("both", |board| ["mx1", "mx2"].iter().all(|host| stands(board, host, HostLink::Up))).await;
    assert!(rig.requests.request(share("mx2/work", 3)));
    let (id, asked) = second.request().await;
    assert_eq!(asked, share("work", 3));
    second.reply(id, &Reply::Read { said: "max_connections = 3 for work is saved".to_owned(), ui: () }).await;
    let told = reply(&mut rig).await;
    assert!(
        matches!(&told, Reply::Read { said, ui: () } if said == "max_connections = 3 for work is saved"),
        "{told:?}"
    );

    // The other engine hears of its own request first: of this one it heard nothing.
    assert!(rig.requests.request(share("mx1/work", 5)));
    let (id, asked) = first.request().await;
    assert_eq!(asked, share("work", 5));
    first.reply(id, &Reply::Failed("not saved: the file is for reading only".to_owned())).await;
    let told = reply(&mut rig).await;
    assert!(matches!(&told, Reply::Failed(why) if why.contains("for reading only")), "{told:?}");
}

#[tokio::test(start_paused = true)]
async fn this_machines_account_of_the_same_name_is_left_alone_and_a_host_without_a_link_says_so() {
    let (feed, local) = mpsc::channel(1);
    let mut rig = Rig::new(&["mx1"], Some(local));
    let Link { publisher: _publisher, front_end, .. } = link([inbox("work")], 64, false);
    let (own, mut asked) = crate::requests::request_channel();
    assert!(feed.send((front_end, own, None)).await.is_ok());
    rig.dial().await.fails("no route to host");
    rig.until("this machine's", |board| stands(board, "", HostLink::Up)).await;
    assert!(rig.requests.request(share("mx1/work", 2)));
    let told = reply(&mut rig).await;
    assert!(matches!(&told, Reply::Failed(why) if why == "mx1: no link to it now"), "{told:?}");
    assert!(rig.requests.request(share("work", 4)));
    let own = timeout(BOUND, asked.recv()).await.expect("in time").expect("the link is there");
    assert_eq!(own.request, share("work", 4));
}
