//! The command line of podlab itself. Knows words and defaults; running them is the business of the modules beside it.

use clap::{Args, Parser, Subcommand, ValueEnum};
use std::path::PathBuf;

/// An interactive terminal tutor for Kubernetes Pods, with a simulated cluster beside the text.
#[derive(Debug, Parser)]
#[command(
    name = "podlab",
    version,
    about,
    disable_help_subcommand = true,
    args_conflicts_with_subcommands = false
)]
pub struct Cli {
    /// What to do; nothing opens the tutor where you stopped
    #[command(subcommand)]
    pub command: Option<Command>,
    /// Options that every command takes.
    #[command(flatten)]
    pub global: Global,
}

/// Options that every command takes.
#[derive(Clone, Debug, Args)]
pub struct Global {
    /// Add a content pack, or override parts of the built-in one (can be given several times)
    #[arg(long, global = true, value_name = "DIR")]
    pub content: Vec<PathBuf>,
    /// Where your progress is kept [default: the platform's data folder]
    #[arg(long, global = true, value_name = "DIR", env = "PODLAB_DATA_DIR")]
    pub data_dir: Option<PathBuf>,
    /// Colours: auto, dark, light, contrast, ansi, none
    #[arg(long, global = true, value_name = "NAME")]
    pub theme: Option<String>,
    /// No colours (also: the environment variable `NO_COLOR`)
    #[arg(long, global = true)]
    pub no_color: bool,
    /// Chapters and questions in words alone, without frames, for a screen reader (also: TERM=dumb)
    #[arg(long, global = true)]
    pub spoken: bool,
    /// Say more about what is done
    #[arg(short, long, global = true)]
    pub verbose: bool,
}

/// What podlab can do.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Open the tutor, at a chapter if one is named
    Learn {
        /// A chapter's number, slug or a part of its title; or a lab's slug or a part of its title
        chapter: Option<String>,
    },
    /// Print what `kubectl get pods -w` would print for manifests applied at 0 s
    Sim(Sim),
    /// The simulated shell with kubectl: interactive, one line, or a script
    Shell(Shell),
    /// Let a real kubectl use the simulated cluster
    Serve(Serve),
    /// Check a content pack: every error with path:line:column and a suggestion
    Check {
        /// The pack's folder [default: the built-in content]
        dir: Option<PathBuf>,
        /// Rewrite the transcripts of the pack to what the simulator prints
        #[arg(long)]
        bless: bool,
    },
    /// Start new content: a pack, or a chapter, quiz or lab in the current pack
    New {
        /// What to make
        what: Scaffold,
        /// Its name: lower case words joined by `-`
        name: String,
    },
    /// List the chapters and labs with your scores
    List,
    /// Print a chapter as plain text
    Show {
        /// A chapter's number or slug
        chapter: String,
    },
    /// Take a chapter's quiz as plain text: questions on standard output, answers from standard input
    Quiz {
        /// A chapter's number or slug
        chapter: String,
        /// Start again even if an unfinished run exists
        #[arg(long)]
        restart: bool,
        /// Print the questions in another format instead of asking them
        #[arg(long, value_name = "FORMAT")]
        export: Option<QuizFormat>,
    },
    /// Play a lab by line, without the screen; without a name, list the labs
    Lab {
        /// A lab's name, a part of its title, or its chapter
        lab: Option<String>,
    },
    /// Answer the questions that are due, as plain text
    Review,
    /// Your record: scores, history, what is due
    Progress {
        /// How to print it
        #[arg(short, long, value_name = "FORMAT", default_value = "table")]
        output: ProgressFormat,
    },
    /// Forget your record (asks first; the old file is kept beside the new one)
    Reset {
        /// Do not ask
        #[arg(long)]
        yes: bool,
    },
    /// Print a completion script for your shell
    Completions {
        /// bash, zsh, fish, elvish or powershell
        shell: clap_complete::Shell,
    },
    /// Print podlab's man page (roff), or that of one of its commands
    Man {
        /// The command, such as `learn`
        command: Option<String>,
    },
}

/// `podlab sim`.
#[derive(Debug, Args)]
pub struct Sim {
    /// A manifest to apply at 0 s; `-` reads standard input (can be given several times)
    #[arg(short, long, value_name = "FILE")]
    pub file: Vec<String>,
    /// The namespace of the watch and of the commands, created if absent
    #[arg(short, long, value_name = "NS", default_value = "default")]
    pub namespace: String,
    /// Timed commands: lines of `<seconds> <command line>`, `#` comments
    #[arg(long, value_name = "FILE")]
    pub steps: Option<String>,
    /// Simulated time to run, such as 90s, 10m or 1h [default: until nothing can change any more, 10m at most]
    #[arg(long = "for", value_name = "TIME", value_parser = super::duration::parse_millis)]
    pub duration: Option<u64>,
    /// What to print
    #[arg(short, long, value_name = "FORMAT", default_value = "watch")]
    pub output: SimFormat,
    /// Begin each row with simulated seconds
    #[arg(long)]
    pub timestamps: bool,
    /// The seed of every draw: same seed, same run; 0, the tutor's, keeps waits near their middle
    #[arg(long, value_name = "N", default_value_t = 0)]
    pub seed: u64,
    /// How many nodes, or a file of Node manifests
    #[arg(long, value_name = "N|FILE", default_value = "1")]
    pub nodes: String,
    /// Simulated seconds for each real one [default: as fast as possible]
    #[arg(long, value_name = "FACTOR", value_parser = super::duration::parse_speed)]
    pub speed: Option<f64>,
}

/// `podlab shell`.
#[derive(Debug, Args)]
pub struct Shell {
    /// Run this line and exit with its code
    #[arg(short, value_name = "LINE", conflicts_with = "script")]
    pub command: Option<String>,
    /// Run this script and exit with its code
    pub script: Option<String>,
    /// The namespace to start in
    #[arg(short, long, value_name = "NS", default_value = "default")]
    pub namespace: String,
    /// The seed of every draw: same seed, same run; 0, the tutor's, keeps waits near their middle
    #[arg(long, value_name = "N", default_value_t = 0)]
    pub seed: u64,
    /// How many nodes, or a file of Node manifests
    #[arg(long, value_name = "N|FILE", default_value = "1")]
    pub nodes: String,
}

/// `podlab serve`.
#[derive(Debug, Args)]
pub struct Serve {
    /// The address to listen on; port 0 takes any that is free
    #[arg(long, value_name = "ADDRESS", default_value = "127.0.0.1:0")]
    pub listen: String,
    /// Where to write the kubeconfig [default: a file in the temporary folder, removed at the end]
    #[arg(long, value_name = "FILE")]
    pub kubeconfig: Option<PathBuf>,
    /// The seed of every draw: same seed, same run; 0, the tutor's, keeps waits near their middle
    #[arg(long, value_name = "N", default_value_t = 0)]
    pub seed: u64,
    /// How many nodes, or a file of Node manifests
    #[arg(long, value_name = "N|FILE", default_value = "1")]
    pub nodes: String,
}

/// What `podlab sim` prints.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum SimFormat {
    /// Rows of `kubectl get pods -w`
    Watch,
    /// Rows of `kubectl get pods -w -o wide`
    Wide,
    /// One JSON object a line: rows, events, command results
    Json,
    /// An asciinema recording
    Cast,
}

/// What `podlab progress` prints.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum ProgressFormat {
    /// For reading
    Table,
    /// Everything that is known
    Json,
    /// One row a chapter, for spreadsheets
    Csv,
    /// One row an answer: the log of what was done
    Log,
}

/// Formats that other programs import.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum QuizFormat {
    /// Moodle's question format
    Gift,
    /// Tab-separated text for Anki
    Anki,
}

/// What `podlab new` makes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Scaffold {
    /// A folder with one chapter, its quiz and a lab
    Pack,
    /// A chapter in the pack of the current folder
    Chapter,
    /// A quiz for a chapter of that name
    Quiz,
    /// A lab
    Lab,
}
