//! Looking at a file: its keys move the moment that is shown. The board, the log and what is remembered of each watch are
//! those of that moment; no key reaches a server.

use jiff::tz::TimeZone;

use super::events;
use crate::tui::app::App;
use crate::tui::viewed_file::{Step, Wanted};

/// Goes a step along the time line.
pub fn go(app: &mut App, step: Step) {
    let Some(file) = &mut app.options.viewed else { return };
    match file.target(step) {
        Ok((moment, watch)) => {
            file.moment = moment;
            show(app);
            // Who looks for trouble wants to see whose it is.
            if let (Step::To(Wanted::Trouble, _), Some(watch)) = (step, watch) {
                app.watches.select_watch(&watch, &app.board);
            }
        }
        Err(why) => app.notices.say(why),
    }
}

/// Goes to a part of the time line.
pub fn go_to_part(app: &mut App, part: usize, parts: usize) {
    if let Some(file) = &mut app.options.viewed {
        file.moment = file.moment_at(part, parts);
        show(app);
    }
}

/// Says that a key reaches nobody.
pub fn refuse(app: &mut App) {
    app.notices.say("this is a file: no engine and no server hears this key");
}

/// Shows the moment: what is shown is made anew, so that it is the same however one came there.
pub fn show(app: &mut App) {
    let Some(file) = app.options.viewed.clone() else { return };
    app.now = file.now();
    app.log = app.log.emptied();
    app.histories.clear();
    for event in file.told() {
        events::event(app, event);
    }
    // Nobody is told of a file's mails.
    let _ = app.log.take_unconfirmed();
    app.engine.mails.came.begin_anew();
    app.board = file.board(&app.options.zone);
    app.arrange();
    app.look_around();
}

/// UTC in place of the viewer's time zone, or that one again.
pub fn switch_zone(app: &mut App) {
    let Some(file) = &mut app.options.viewed else { return };
    let said = if let Some(zone) = file.own_zone.take() {
        app.options.zone = zone;
        "times are this machine's"
    } else {
        file.own_zone = Some(std::mem::replace(&mut app.options.zone, TimeZone::UTC));
        "times are UTC"
    };
    // The day, from whose midnight blind time counts, is another.
    show(app);
    app.notices.say(said);
}
