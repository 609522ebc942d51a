//! The tutor on a screen in memory: keys go in, screens are looked at.

/// Compares a text with the one kept in `tests/screens/`.
macro_rules! golden {
    ($name:literal, $text:expr) => {
        insta::with_settings!({ snapshot_path => "../screens", prepend_module_to_snapshot => false, omit_expression => true }, {
            insta::assert_snapshot!($name, $text);
        });
    };
}

mod habits;
mod keys;
mod labs;
mod looks;
mod panes;
mod rig;
mod screens;
