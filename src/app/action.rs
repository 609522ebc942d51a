//! What a key, a click or a line of the palette can mean.

/// Everything the learner can ask for with one key.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[expect(missing_docs, reason = "each is described for the learner in the keymap")]
pub enum Action {
    // Anywhere
    Quit,
    Suspend,
    Back,
    Help,
    Palette,
    Find,
    NextMatch,
    PreviousMatch,
    // Moving
    Up,
    Down,
    PageUp,
    PageDown,
    Top,
    Bottom,
    Left,
    Right,
    Act,
    NextPane,
    PreviousPane,
    FocusText,
    FocusWatch,
    FocusXray,
    FocusShell,
    Zoom,
    // Places
    GoMap,
    GoSearch,
    GoReview,
    GoProgress,
    GoSettings,
    Experiments,
    // A chapter
    NextSection,
    PreviousSection,
    NextChapter,
    PreviousChapter,
    Apply,
    Edit,
    TakeQuiz,
    // Time
    Pause,
    Step,
    StepBack,
    Slower,
    Faster,
    Live,
    Fresh,
    SaveRun,
    // A Pod
    Describe,
    Logs,
    PreviousLogs,
    Yaml,
    Why,
    Table,
    ZoomIn,
    ZoomOut,
    NextPod,
    PreviousPod,
    ReadAbout,
    // The shell
    Submit,
    Complete,
    Interrupt,
    OutputUp,
    OutputDown,
    // The editor
    Save,
    FindText,
    // A question
    Choose(u8),
    Toggle,
    MoveUp,
    MoveDown,
    Retake,
    Experiment,
    // A lab
    Hint,
    Restart,
    // Settings and answers to questions
    Yes,
    No,
}
