//! Whatever is pressed, on whatever screen: the tutor answers with a frame, never with a panic.

use crate::rig::Rig;
use podlab::app::key::{Code, Key};
use podlab::app::{Mouse, Msg, Touch};
use proptest::prelude::*;
use std::time::Duration;

#[derive(Clone, Debug)]
enum Deed {
    Key(Key),
    Click(u16, u16),
    Drag(u16, u16),
    Wheel(bool, u16, u16),
    Paste(String),
    Wait(u16),
    Resize(u16, u16),
}

fn key() -> impl Strategy<Value = Key> {
    let named = prop::sample::select(vec![
        Code::Enter,
        Code::Enter,
        Code::Enter,
        Code::Esc,
        Code::Tab,
        Code::BackTab,
        Code::Backspace,
        Code::Delete,
        Code::Left,
        Code::Right,
        Code::Up,
        Code::Down,
        Code::Home,
        Code::End,
        Code::PageUp,
        Code::PageDown,
        Code::F(1),
    ]);
    let letter =
        prop::sample::select("aetdlywzmnpNosrhjkgGcvKJ0129:/?.,<>[]{}+- é日".chars().collect::<Vec<_>>());
    let bare = prop_oneof![2 => named, 3 => letter.prop_map(Code::Char)];
    (bare, prop::bool::weighted(0.1), prop::bool::weighted(0.05)).prop_map(|(code, ctrl, alt)| Key {
        code,
        ctrl,
        alt,
        shift: false,
    })
}

fn deed() -> impl Strategy<Value = Deed> {
    prop_oneof![
        20 => key().prop_map(Deed::Key),
        3 => (0u16..130, 0u16..45).prop_map(|(x, y)| Deed::Click(x, y)),
        1 => (0u16..130, 0u16..45).prop_map(|(x, y)| Deed::Drag(x, y)),
        1 => (any::<bool>(), 0u16..130, 0u16..45).prop_map(|(up, x, y)| Deed::Wheel(up, x, y)),
        1 => "[a-z :\n\t\u{1b}{}-]{0,30}".prop_map(Deed::Paste),
        2 => (1u16..2000).prop_map(Deed::Wait),
        2 => (0u16..140, 0u16..50).prop_map(|(w, h)| Deed::Resize(w, h)),
    ]
}

fn perform(rig: &mut Rig, deed: Deed) {
    let mouse = |x, y, touch| Msg::Mouse(Mouse { x, y, touch });
    match deed {
        Deed::Key(key) => rig.key(key),
        Deed::Click(x, y) => rig.send(mouse(x, y, Touch::Press)),
        Deed::Drag(x, y) => {
            rig.send(mouse(x, y, Touch::Drag));
            rig.send(mouse(x, y, Touch::Release));
        }
        Deed::Wheel(up, x, y) => rig.send(mouse(x, y, if up { Touch::WheelUp } else { Touch::WheelDown })),
        Deed::Paste(text) => rig.send(Msg::Paste(text)),
        Deed::Wait(millis) => rig.send(Msg::Tick(Duration::from_millis(u64::from(millis)))),
        Deed::Resize(width, height) => rig.resize(width.max(1), height.max(1)),
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn random_keys_at_random_sizes_never_panic(deeds in prop::collection::vec(deed(), 1..60)) {
        let mut rig = Rig::new(100, 30);
        for deed in deeds {
            perform(&mut rig, deed);
            let shown = rig.screen();
            prop_assert!(!shown.contains('\u{1b}'), "nothing that commands a terminal is drawn");
        }
    }
}
