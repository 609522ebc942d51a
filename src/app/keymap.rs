//! Which key means what, where. The one table that drives dispatch, the footer, the help and the palette.

use super::action::Action;
use super::key::{Code, Key};

/// Where a binding holds. A place has several contexts, the most specific first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Context {
    /// Everywhere but in text fields.
    Anywhere,
    /// In text fields.
    Typing,
    /// The map of the course.
    Map,
    /// The text of a chapter or the brief of a lab.
    Page,
    /// A lab.
    Lab,
    /// Simulated time.
    Time,
    /// The panes beside the text.
    Bench,
    /// The watch.
    Watch,
    /// The x-ray.
    Xray,
    /// The shell.
    Shell,
    /// A question with options or items.
    Question,
    /// A question to be answered by typing.
    Blank,
    /// What comes of a prediction, while it is shown.
    Outcome,
    /// A question after its answer.
    Answered,
    /// The end of a quiz.
    Score,
    /// A list to choose from.
    List,
    /// Scores and charts.
    Scores,
    /// Settings.
    Settings,
    /// A search or palette: a text field above a list.
    Picker,
    /// Text to be read and closed.
    Reading,
    /// What kubectl says about a Pod.
    Sheet,
    /// A text field above a text, for what is looked for in it.
    Finding,
    /// A text in which something is looked for.
    Found,
    /// The chain of causes.
    Chain,
    /// The YAML editor.
    Editor,
    /// A yes-or-no question.
    Confirm,
}

impl Context {
    /// The heading of this context in the help.
    pub const fn title(self) -> &'static str {
        match self {
            Context::Anywhere => "Everywhere",
            Context::Typing => "Typing",
            Context::Map => "Map of the course",
            Context::Page => "Reading",
            Context::Lab => "Lab",
            Context::Time => "Simulated time",
            Context::Bench => "Panes",
            Context::Watch => "Watch",
            Context::Xray => "X-ray",
            Context::Shell => "Shell",
            Context::Question => "Question",
            Context::Blank => "Question to fill in",
            Context::Outcome => "What comes of it",
            Context::Answered => "After an answer",
            Context::Score => "Score",
            Context::List => "List",
            Context::Scores => "Scores",
            Context::Settings => "Settings",
            Context::Picker => "Finding",
            Context::Reading => "Text window",
            Context::Sheet => "About a Pod",
            Context::Finding | Context::Found => "Finding in the text",
            Context::Chain => "Why",
            Context::Editor => "YAML editor",
            Context::Confirm => "Yes or no",
        }
    }
}

/// One row of the table.
#[derive(Debug)]
pub struct Binding {
    /// The keys; the first is the one that is shown.
    pub keys: &'static [Key],
    /// Where it holds.
    pub within: Context,
    /// What it does.
    pub run: Action,
    /// One or two words for the footer; empty keeps it out of the footer.
    pub hint: &'static str,
    /// A phrase for the help and the palette.
    pub help: &'static str,
}

const fn c(c: char) -> Key {
    Key::char(c)
}
const fn ctrl(c: char) -> Key {
    Key::ctrl(c)
}
const fn p(code: Code) -> Key {
    Key::plain(code)
}
const fn bind(
    within: Context,
    keys: &'static [Key],
    run: Action,
    hint: &'static str,
    help: &'static str,
) -> Binding {
    Binding { keys, within, run, hint, help }
}

const ENTER: Key = p(Code::Enter);
const ESC: Key = p(Code::Esc);
const TAB: Key = p(Code::Tab);
const BACK_TAB: Key = p(Code::BackTab);
const UP: Key = p(Code::Up);
const DOWN: Key = p(Code::Down);
const LEFT: Key = p(Code::Left);
const RIGHT: Key = p(Code::Right);
const PAGE_UP: Key = p(Code::PageUp);
const PAGE_DOWN: Key = p(Code::PageDown);
const SPACE: Key = c(' ');

/// The bindings, within a context in the order in which the footer shows them.
pub const KEYMAP: &[Binding] = &{
    use Action as A;
    use Context as C;
    [
        bind(C::Map, &[ENTER, RIGHT, c('l')], A::Act, "open", "open the chosen chapter"),
        bind(C::Map, &[DOWN, c('j')], A::Down, "choose", "next chapter in the list"),
        bind(C::Map, &[UP, c('k')], A::Up, "", "previous chapter in the list"),
        bind(C::Map, &[c('t')], A::TakeQuiz, "quiz", "take the chosen chapter's quiz"),
        bind(C::Map, &[c('r')], A::GoReview, "review", "questions that are due again"),
        bind(C::Map, &[c('s')], A::GoProgress, "scores", "your scores and what you know"),
        bind(C::Map, &[c('o')], A::GoSettings, "settings", "theme, speed, motion"),
        bind(C::Page, &[ENTER], A::Act, "go on", "act on the marked thing, or read on"),
        bind(C::Page, &[DOWN, c('j')], A::Down, "scroll", "scroll down"),
        bind(C::Page, &[UP, c('k')], A::Up, "", "scroll up"),
        bind(C::Page, &[c('a')], A::Apply, "apply", "apply the marked YAML; do the marked thing again"),
        bind(C::Page, &[c('e')], A::Edit, "edit", "edit the marked YAML"),
        bind(C::Page, &[RIGHT, c('l')], A::Right, "", "mark the next thing in the page"),
        bind(C::Page, &[LEFT, c('h')], A::Left, "", "mark the previous thing in the page"),
        bind(C::Page, &[c('t')], A::TakeQuiz, "quiz", "take the chapter's quiz"),
        bind(C::Page, &[c(']')], A::NextSection, "section", "next section"),
        bind(C::Page, &[c('[')], A::PreviousSection, "", "previous section"),
        bind(C::Page, &[c('}')], A::NextChapter, "", "next chapter"),
        bind(C::Page, &[c('{')], A::PreviousChapter, "", "previous chapter"),
        bind(C::Page, &[c('w')], A::Why, "why", "why the newest row of the watch came about"),
        bind(C::Lab, &[c('h')], A::Hint, "hint", "the next hint"),
        bind(C::Lab, &[c('R')], A::Restart, "start over", "set the lab up again"),
        bind(C::Watch, &[DOWN, c('j')], A::Down, "select", "next row"),
        bind(C::Watch, &[UP, c('k')], A::Up, "", "previous row"),
        bind(C::Watch, &[c('w')], A::Why, "why", "the chain of causes behind the selected row"),
        bind(C::Watch, &[ENTER], A::Act, "go there", "go to the moment of the selected row"),
        bind(C::Watch, &[c('v')], A::Table, "view", "changes, one row for each Pod, or events"),
        bind(C::Watch, &[c('d')], A::Describe, "describe", "kubectl describe pod"),
        bind(C::Watch, &[c('l')], A::Logs, "logs", "kubectl logs"),
        bind(C::Watch, &[c('p')], A::PreviousLogs, "", "kubectl logs --previous"),
        bind(C::Watch, &[c('y')], A::Yaml, "yaml", "kubectl get pod -o yaml"),
        bind(C::Xray, &[LEFT], A::Left, "mark", "mark the change before, along the time line"),
        bind(C::Xray, &[RIGHT], A::Right, "", "mark the change after; after the last one: now"),
        bind(C::Xray, &[c('w')], A::Why, "why", "why the Pod is, or was at the mark, as it is"),
        bind(C::Xray, &[ENTER], A::Act, "go there", "go to the marked moment"),
        bind(C::Xray, &[c('+'), c('=')], A::ZoomIn, "zoom", "show less time, in more detail"),
        bind(C::Xray, &[c('-')], A::ZoomOut, "", "show more time"),
        bind(C::Xray, &[c(')'), c('f')], A::NextPod, "next Pod", "the next Pod"),
        bind(C::Xray, &[c('('), c('b')], A::PreviousPod, "", "the previous Pod"),
        bind(C::Xray, &[c('d')], A::Describe, "describe", "kubectl describe pod"),
        bind(C::Xray, &[c('l')], A::Logs, "logs", "kubectl logs"),
        bind(C::Xray, &[c('p')], A::PreviousLogs, "", "kubectl logs --previous"),
        bind(C::Xray, &[c('y')], A::Yaml, "", "kubectl get pod -o yaml"),
        bind(C::Xray, &[DOWN, c('j')], A::Down, "", "scroll down"),
        bind(C::Xray, &[UP, c('k')], A::Up, "", "scroll up"),
        bind(C::Time, &[SPACE], A::Pause, "pause", "time: pause or go on"),
        bind(C::Time, &[c('.')], A::Step, "step", "time: go to the next change"),
        bind(C::Time, &[c(',')], A::StepBack, "back", "time: go back to the change before"),
        bind(C::Time, &[c('>')], A::Faster, "faster", "speed: faster"),
        bind(C::Time, &[c('<')], A::Slower, "", "speed: slower"),
        bind(C::Time, &[c('c')], A::Live, "go on here", "time: continue from the moment shown"),
        bind(C::Bench, &[TAB], A::NextPane, "panes", "next pane"),
        bind(C::Bench, &[BACK_TAB], A::PreviousPane, "", "previous pane"),
        bind(C::Bench, &[c('1')], A::FocusText, "", "to the text"),
        bind(C::Bench, &[c('2')], A::FocusWatch, "", "to the watch"),
        bind(C::Bench, &[c('3')], A::FocusXray, "", "to the x-ray"),
        bind(C::Bench, &[c('4'), c('s')], A::FocusShell, "", "to the shell"),
        bind(C::Bench, &[c('z')], A::Zoom, "", "show the pane alone, or with the others"),
        bind(C::Bench, &[c('0')], A::Fresh, "", "start a fresh cluster"),
        bind(C::Bench, &[c('S')], A::SaveRun, "", "save this run as podlab-run.steps"),
        bind(C::Shell, &[ENTER], A::Submit, "run", "run the line"),
        bind(C::Shell, &[TAB], A::Complete, "complete", "complete the word; on an empty line: next pane"),
        bind(C::Shell, &[ctrl('c')], A::Interrupt, "drop the line", "stop the command, or drop the line"),
        bind(C::Shell, &[ctrl('l')], A::Fresh, "", "clear the output"),
        bind(C::Shell, &[PAGE_UP], A::OutputUp, "", "scroll the output up"),
        bind(C::Shell, &[PAGE_DOWN], A::OutputDown, "", "scroll the output down"),
        bind(C::Shell, &[BACK_TAB], A::PreviousPane, "panes", "previous pane"),
        bind(C::Shell, &[ESC], A::Back, "to the text", "back to the text"),
        bind(C::Question, &[DOWN, c('j')], A::Down, "choose", "next option"),
        bind(C::Question, &[UP, c('k')], A::Up, "", "previous option"),
        bind(C::Question, &[SPACE], A::Toggle, "mark", "mark or unmark; take up or put down"),
        bind(C::Question, &[c('K'), LEFT], A::MoveUp, "", "move the item up; previous choice"),
        bind(C::Question, &[c('J'), RIGHT], A::MoveDown, "", "move the item down; next choice"),
        bind(C::Question, &[ENTER], A::Submit, "answer", "give the answer"),
        bind(C::Question, &[c('1')], A::Choose(1), "", "choose or mark the option of that number"),
        bind(C::Question, &[c('2')], A::Choose(2), "", "choose or mark the option of that number"),
        bind(C::Question, &[c('3')], A::Choose(3), "", "choose or mark the option of that number"),
        bind(C::Question, &[c('4')], A::Choose(4), "", "choose or mark the option of that number"),
        bind(C::Question, &[c('5')], A::Choose(5), "", "choose or mark the option of that number"),
        bind(C::Question, &[c('6')], A::Choose(6), "", "choose or mark the option of that number"),
        bind(C::Question, &[c('7')], A::Choose(7), "", "choose or mark the option of that number"),
        bind(C::Question, &[c('8')], A::Choose(8), "", "choose or mark the option of that number"),
        bind(C::Question, &[c('9')], A::Choose(9), "", "choose or mark the option of that number"),
        bind(C::Blank, &[ENTER], A::Submit, "answer", "give the answer"),
        bind(C::Blank, &[DOWN], A::Down, "scroll", "scroll down"),
        bind(C::Blank, &[UP], A::Up, "", "scroll up"),
        bind(C::Answered, &[ENTER, SPACE], A::Act, "next question", "read on; at the end, the next question"),
        bind(C::Answered, &[DOWN, c('j')], A::Down, "scroll", "scroll down"),
        bind(C::Answered, &[UP, c('k')], A::Up, "", "scroll up"),
        bind(
            C::Answered,
            &[c('x')],
            A::Experiment,
            "see for yourself",
            "try in the simulator what the answer took for granted",
        ),
        bind(C::Outcome, &[ENTER, SPACE], A::Act, "skip", "go to the moment that was asked for"),
        bind(C::Score, &[ENTER], A::Act, "go on", "go on with the course"),
        bind(C::Score, &[DOWN, c('j')], A::Down, "", "scroll down"),
        bind(C::Score, &[UP, c('k')], A::Up, "", "scroll up"),
        bind(C::Score, &[c('t')], A::Retake, "retake", "take the quiz again"),
        bind(C::Score, &[c('r')], A::GoReview, "review", "questions that are due again"),
        bind(C::List, &[ENTER, RIGHT, c('l')], A::Act, "open", "open the chosen row"),
        bind(C::List, &[DOWN, c('j')], A::Down, "choose", "next row"),
        bind(C::List, &[UP, c('k')], A::Up, "", "previous row"),
        bind(C::Scores, &[DOWN, c('j')], A::Down, "scroll", "scroll down"),
        bind(C::Scores, &[UP, c('k')], A::Up, "", "scroll up"),
        bind(C::Scores, &[c('r')], A::GoReview, "review", "questions that are due again"),
        bind(
            C::Scores,
            &[c('x')],
            A::Experiments,
            "experiments",
            "try in the simulator what is commonly believed",
        ),
        bind(C::Settings, &[DOWN, c('j')], A::Down, "choose", "next setting"),
        bind(C::Settings, &[UP, c('k')], A::Up, "", "previous setting"),
        bind(C::Settings, &[RIGHT, ENTER, SPACE, c('l')], A::Right, "change", "next value"),
        bind(C::Settings, &[LEFT, c('h')], A::Left, "", "previous value"),
        bind(C::Picker, &[ENTER], A::Act, "open", "open the chosen row"),
        bind(C::Picker, &[DOWN, ctrl('n'), TAB], A::Down, "choose", "next row"),
        bind(C::Picker, &[UP, ctrl('p'), BACK_TAB], A::Up, "", "previous row"),
        bind(C::Reading, &[DOWN, c('j')], A::Down, "scroll", "scroll down"),
        bind(C::Reading, &[UP, c('k')], A::Up, "", "scroll up"),
        bind(C::Reading, &[ESC, c('q'), ENTER], A::Back, "close", "close"),
        bind(C::Sheet, &[c('/')], A::FindText, "find", "find text in this window"),
        bind(C::Sheet, &[c('d')], A::Describe, "describe", "kubectl describe pod"),
        bind(C::Sheet, &[c('l')], A::Logs, "logs", "kubectl logs"),
        bind(C::Sheet, &[c('p')], A::PreviousLogs, "previous", "kubectl logs --previous"),
        bind(C::Sheet, &[c('y')], A::Yaml, "yaml", "kubectl get pod -o yaml"),
        bind(C::Sheet, &[c('w')], A::Why, "why", "the chain of causes behind the Pod's state"),
        bind(C::Found, &[c('n')], A::NextMatch, "next", "next match"),
        bind(C::Found, &[c('N')], A::PreviousMatch, "previous", "previous match"),
        bind(C::Found, &[ESC], A::Back, "stop finding", "look for nothing"),
        bind(C::Finding, &[ENTER], A::Act, "find", "go to the first match"),
        bind(C::Chain, &[DOWN, c('j')], A::Down, "choose", "next link"),
        bind(C::Chain, &[UP, c('k')], A::Up, "", "previous link"),
        bind(C::Chain, &[ENTER, c(',')], A::Act, "go there", "go to the moment of this link"),
        bind(C::Chain, &[c('r')], A::ReadAbout, "read about it", "the chapter that teaches this link"),
        bind(C::Chain, &[ESC, c('q')], A::Back, "close", "close"),
        bind(C::Editor, &[ctrl('s')], A::Save, "apply", "save the file and apply it"),
        bind(C::Editor, &[ctrl('f')], A::FindText, "find", "find text"),
        bind(C::Editor, &[ESC], A::Back, "leave", "leave the editor"),
        bind(C::Editor, &[ctrl('c')], A::Interrupt, "", "leave the editor and drop what was changed"),
        bind(C::Confirm, &[c('y')], A::Yes, "yes", "yes"),
        bind(C::Confirm, &[c('n'), ESC, c('q')], A::No, "no", "no"),
        bind(C::Confirm, &[ctrl('c'), ctrl('q')], A::Quit, "", "quit podlab"),
        bind(C::Typing, &[ESC], A::Back, "back", "leave"),
        bind(C::Typing, &[ctrl('c'), ctrl('q')], A::Quit, "", "quit podlab"),
        bind(C::Typing, &[ctrl('z')], A::Suspend, "", "suspend podlab"),
        bind(C::Typing, &[PAGE_DOWN], A::PageDown, "", "a screen down"),
        bind(C::Typing, &[PAGE_UP], A::PageUp, "", "a screen up"),
        bind(C::Typing, &[p(Code::F(1))], A::Help, "help", "all keys"),
        bind(C::Anywhere, &[c('/')], A::Find, "search", "search all chapters"),
        bind(C::Anywhere, &[c('n')], A::NextMatch, "", "next match, or next section"),
        bind(C::Anywhere, &[c('N'), c('p')], A::PreviousMatch, "", "previous match, or previous section"),
        bind(C::Anywhere, &[c(':'), ctrl('p')], A::Palette, "commands", "every command by name"),
        bind(C::Anywhere, &[c('?'), p(Code::F(1))], A::Help, "help", "all keys"),
        bind(C::Anywhere, &[ESC, c('q')], A::Back, "back", "one level up; from the map: quit"),
        bind(C::Anywhere, &[c('m')], A::GoMap, "", "map of the course"),
        bind(C::Anywhere, &[PAGE_DOWN, ctrl('d'), ctrl('f')], A::PageDown, "", "a screen down"),
        bind(C::Anywhere, &[PAGE_UP, ctrl('u'), ctrl('b')], A::PageUp, "", "a screen up"),
        bind(C::Anywhere, &[c('g'), p(Code::Home)], A::Top, "", "to the top"),
        bind(C::Anywhere, &[c('G'), p(Code::End)], A::Bottom, "", "to the end"),
        bind(C::Anywhere, &[ctrl('c'), ctrl('q')], A::Quit, "", "quit podlab"),
        bind(C::Anywhere, &[ctrl('z')], A::Suspend, "", "suspend podlab"),
    ]
};

/// What `key` means where `contexts` hold, the most specific first.
pub fn find(contexts: &[Context], key: Key) -> Option<Action> {
    contexts.iter().find_map(|context| {
        KEYMAP.iter().find(|b| b.within == *context && b.keys.contains(&key)).map(|b| b.run)
    })
}

/// The bindings that hold where `contexts` do, each action once, the most specific first.
pub fn bindings(contexts: &[Context]) -> Vec<&'static Binding> {
    let mut found: Vec<&Binding> = Vec::new();
    for context in contexts {
        for binding in KEYMAP.iter().filter(|b| b.within == *context) {
            let reachable = binding.keys.iter().any(|key| find(contexts, *key) == Some(binding.run));
            if reachable && !found.iter().any(|b| b.run == binding.run) {
                found.push(binding);
            }
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_key_means_two_things_in_one_context() {
        for (i, one) in KEYMAP.iter().enumerate() {
            for other in KEYMAP[i + 1..].iter().filter(|b| b.within == one.within) {
                let shared: Vec<_> = one.keys.iter().filter(|k| other.keys.contains(k)).collect();
                assert!(shared.is_empty(), "{shared:?}: {} / {}", one.help, other.help);
            }
        }
    }

    #[test]
    fn no_bare_character_is_bound_where_text_is_typed() {
        let typing = [Context::Typing, Context::Shell, Context::Blank, Context::Picker, Context::Editor];
        for binding in KEYMAP.iter().filter(|b| typing.contains(&b.within)) {
            assert!(binding.keys.iter().all(|k| k.text().is_none()), "{}", binding.help);
        }
    }

    #[test]
    fn every_binding_says_what_it_does() {
        assert!(KEYMAP.iter().all(|b| !b.help.is_empty() && !b.keys.is_empty()));
    }

    #[test]
    fn the_most_specific_context_wins() {
        let watch = [Context::Watch, Context::Bench, Context::Anywhere];
        assert_eq!(find(&watch, Key::char('p')), Some(Action::PreviousLogs));
        assert_eq!(find(&[Context::Anywhere], Key::char('p')), Some(Action::PreviousMatch));
    }
}
