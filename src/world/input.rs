//! What the terminal library reports, in the tutor's own words.

use crate::app::key::{Code, Key};
use crate::app::{Mouse, Msg, Touch};
use crossterm::event::{
    Event, KeyCode, KeyEvent, KeyEventKind, KeyModifiers, MouseButton, MouseEvent, MouseEventKind,
};

/// The message of an event; `None` for what the tutor has no use for.
pub fn message(event: Event) -> Option<Msg> {
    match event {
        Event::Key(key) if key.kind != KeyEventKind::Release => self::key(key).map(Msg::Key),
        Event::Mouse(mouse) => touch(mouse).map(Msg::Mouse),
        Event::Paste(text) => Some(Msg::Paste(text)),
        Event::Resize(_, _) => Some(Msg::Resized),
        _ => None,
    }
}

fn key(event: KeyEvent) -> Option<Key> {
    let code = match event.code {
        KeyCode::Char(c) => Code::Char(c),
        KeyCode::Enter => Code::Enter,
        KeyCode::Esc => Code::Esc,
        KeyCode::Tab if event.modifiers.contains(KeyModifiers::SHIFT) => Code::BackTab,
        KeyCode::Tab => Code::Tab,
        KeyCode::BackTab => Code::BackTab,
        KeyCode::Backspace => Code::Backspace,
        KeyCode::Delete => Code::Delete,
        KeyCode::Left => Code::Left,
        KeyCode::Right => Code::Right,
        KeyCode::Up => Code::Up,
        KeyCode::Down => Code::Down,
        KeyCode::Home => Code::Home,
        KeyCode::End => Code::End,
        KeyCode::PageUp => Code::PageUp,
        KeyCode::PageDown => Code::PageDown,
        KeyCode::F(n) => Code::F(n),
        _ => return None,
    };
    let ctrl = event.modifiers.contains(KeyModifiers::CONTROL);
    let alt = event.modifiers.contains(KeyModifiers::ALT);
    let shift = event.modifiers.contains(KeyModifiers::SHIFT)
        && !matches!(code, Code::Char(_) | Code::BackTab | Code::Tab);
    let code = match code {
        Code::Char(c) if ctrl => Code::Char(c.to_ascii_lowercase()),
        other => other,
    };
    Some(Key { code, ctrl, alt, shift })
}

fn touch(event: MouseEvent) -> Option<Mouse> {
    let touch = match event.kind {
        MouseEventKind::Down(MouseButton::Left) => Touch::Press,
        MouseEventKind::Drag(MouseButton::Left) => Touch::Drag,
        MouseEventKind::Up(MouseButton::Left) => Touch::Release,
        MouseEventKind::ScrollUp => Touch::WheelUp,
        MouseEventKind::ScrollDown => Touch::WheelDown,
        _ => return None,
    };
    Some(Mouse { x: event.column, y: event.row, touch })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pressed(code: KeyCode, modifiers: KeyModifiers) -> Option<String> {
        message(Event::Key(KeyEvent::new(code, modifiers))).map(|m| match m {
            Msg::Key(key) => key.to_string(),
            other => format!("{other:?}"),
        })
    }

    #[test]
    fn keys_come_with_the_modifiers_that_matter() {
        assert_eq!(pressed(KeyCode::Char('G'), KeyModifiers::SHIFT).as_deref(), Some("G"));
        assert_eq!(pressed(KeyCode::Char('C'), KeyModifiers::CONTROL).as_deref(), Some("Ctrl-C"));
        assert_eq!(pressed(KeyCode::Tab, KeyModifiers::SHIFT).as_deref(), Some("Shift-Tab"));
        assert_eq!(pressed(KeyCode::Down, KeyModifiers::SHIFT).as_deref(), Some("Shift-↓"));
    }

    #[test]
    fn a_key_going_up_is_no_key() {
        let up = KeyEvent::new_with_kind(KeyCode::Char('a'), KeyModifiers::NONE, KeyEventKind::Release);
        assert!(message(Event::Key(up)).is_none());
    }
}
