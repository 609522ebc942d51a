//! Questions as plain text: asked on standard output, answered on standard input. The same answers are kept as in the tutor, so a
//! quiz begun here goes on there.

use super::args::{Global, QuizFormat};
use super::{content, plain, record};
use crate::app::exam::{Earlier, points, show};
use crate::app::learner::Learner;
use crate::course::quiz::grade::{Grade, Verdict, grade};
use crate::course::quiz::{Answer, Kind, Manifest, Predicted, Prose, Question};
use crate::course::{Course, Page, export};
use crate::lab::{predict, rehearse};
use crate::progress::{Answered, Asked, Entry, Record};
use std::collections::BTreeSet;
use std::io::{self, BufRead, Write};
use std::process::ExitCode;

/// Where questions are asked and answers read.
struct Desk<'a> {
    global: &'a Global,
    out: &'a mut dyn Write,
    input: &'a mut dyn BufRead,
    record: Record,
    seed: u64,
}

/// `podlab quiz CHAPTER`.
pub fn quiz(global: &Global, wanted: &str, restart: bool, out: &mut dyn Write) -> io::Result<ExitCode> {
    let course = content::course_aloud(global)?;
    let chapter = plain::find(&course, wanted)?;
    let Some(quiz) = course.quiz(&chapter.id) else {
        return Err(io::Error::other(format!("the chapter {} has no quiz", chapter.id)));
    };
    let (mut desk_input, learner, record) = begin(global, &course)?;
    let state = learner.quizzes.get(&chapter.id).cloned().unwrap_or_default();
    let mut done: Vec<Answered> = if restart { Vec::new() } else { state.open };
    let seed = learner.quiz_order(&chapter.id);
    let mut desk = Desk { global, out, input: &mut desk_input, record, seed };
    if !done.is_empty() {
        writeln!(desk.out, "Going on where you stopped; `--restart` starts again.\n")?;
    } else if let (Some(best), Some(latest)) = (state.best, state.latest) {
        let words = (Earlier { best, latest }).sentence();
        plain::folded("", &words).iter().try_for_each(|line| writeln!(desk.out, "{line}"))?;
        writeln!(desk.out)?;
    }
    for (number, question) in quiz.questions.iter().enumerate() {
        if done.iter().any(|answered| answered.question == question.id) {
            continue;
        }
        writeln!(desk.out, "Question {} of {}", number + 1, quiz.questions.len())?;
        match desk.ask(&course, &chapter.id, question, Asked::Quiz)? {
            Some(answered) => done.push(answered),
            None => return desk.leave(),
        }
    }
    let (won, of) = done.iter().fold((0.0, 0), |(p, o), answered| (p + answered.points, o + answered.of));
    desk.keep(&Entry::Finished { chapter: chapter.id.clone(), points: won, of })?;
    writeln!(desk.out, "{} of {of} points.", points(won))?;
    if let Some((best, of)) = state.best {
        writeln!(desk.out, "Your best before: {} of {of}.", points(best))?;
    }
    Ok(ExitCode::SUCCESS)
}

/// `podlab review`.
pub fn review(global: &Global, out: &mut dyn Write) -> io::Result<ExitCode> {
    let course = content::course_aloud(global)?;
    let (mut desk_input, learner, record) = begin(global, &course)?;
    let mut desk = Desk { global, out, input: &mut desk_input, record, seed: learner.review_order() };
    if learner.due.is_empty() {
        writeln!(desk.out, "Nothing is due. Questions come back some time after you answered them.")?;
    }
    for (number, id) in learner.due.iter().enumerate() {
        let Some((quiz, question)) = course.question(id) else { continue };
        writeln!(desk.out, "Review {} of {}", number + 1, learner.due.len())?;
        if desk.ask(&course, &quiz.chapter, question, Asked::Review)?.is_none() {
            return desk.leave();
        }
    }
    Ok(ExitCode::SUCCESS)
}

/// `podlab quiz CHAPTER --export FORMAT`.
pub fn export_quiz(
    global: &Global,
    wanted: &str,
    format: QuizFormat,
    out: &mut dyn Write,
) -> io::Result<ExitCode> {
    let course = content::course_aloud(global)?;
    let chapter = plain::find(&course, wanted)?;
    let Some(quiz) = course.quiz(&chapter.id) else {
        return Err(io::Error::other(format!("the chapter {} has no quiz", chapter.id)));
    };
    let text = match format {
        QuizFormat::Gift => export::gift(quiz),
        QuizFormat::Anki => export::anki(quiz),
    };
    write!(out, "{text}")?;
    Ok(ExitCode::SUCCESS)
}

fn begin(global: &Global, course: &Course) -> io::Result<(io::StdinLock<'static>, Learner, Record)> {
    let opened = record::open(global);
    if let Some(notice) = &opened.notice {
        writeln!(io::stderr(), "podlab: {notice}")?;
    }
    let learner = record::learner(&opened.record, course, &record::settings(&opened.record));
    Ok((io::stdin().lock(), learner, opened.record))
}

impl Desk<'_> {
    /// Asks until an answer can be read, grades and keeps it; `None` at the end of the input.
    fn ask(
        &mut self,
        course: &Course,
        chapter: &str,
        question: &Question,
        asked: Asked,
    ) -> io::Result<Option<Answered>> {
        let shown = question.shuffled(self.seed);
        self.say(&question.ask)?;
        self.options(question, &shown)?;
        self.manifest(course, chapter, question)?;
        for line in plain::folded("", &how(&question.kind)) {
            writeln!(self.out, "{line}")?;
        }
        loop {
            write!(self.out, "> ")?;
            self.out.flush()?;
            let mut line = String::new();
            if self.input.read_line(&mut line)? == 0 {
                return Ok(None);
            }
            match read(&question.kind, &shown, line.trim()) {
                Ok(answer) => return self.graded(course, chapter, question, (answer, asked)).map(Some),
                Err(why) => writeln!(self.out, "{why}")?,
            }
        }
    }

    fn say(&mut self, prose: &Prose) -> io::Result<()> {
        let page = Page { blocks: prose.blocks.clone(), ..Page::default() };
        for row in plain::text(self.global, &page, &[]) {
            writeln!(self.out, "{row}")?;
        }
        Ok(())
    }

    /// The manifest a prediction is about.
    fn manifest(&mut self, course: &Course, chapter: &str, question: &Question) -> io::Result<()> {
        let Kind::Predict(prediction) = &question.kind else { return Ok(()) };
        let Some((name, yaml)) = show::manifest(prediction, course, chapter) else { return Ok(()) };
        writeln!(self.out, "{name}, applied at 0 s:")?;
        for line in yaml.lines() {
            writeln!(self.out, "{}", format!("    {line}").trim_end())?;
        }
        writeln!(self.out)
    }

    fn options(&mut self, question: &Question, shown: &[usize]) -> io::Result<()> {
        let texts: Vec<String> = match &question.kind {
            Kind::ChooseOne(options) | Kind::ChooseAll(options) => {
                shown.iter().map(|index| options[*index].text.plain()).collect()
            }
            Kind::Order(order) => shown.iter().map(|index| order.items[*index].plain()).collect(),
            Kind::Match(pairs) => {
                for (index, (left, _)) in pairs.pairs.iter().enumerate() {
                    writeln!(self.out, "  {}) {}", letter(index), left.plain().trim())?;
                }
                shown.iter().map(|index| pairs.pairs[*index].1.plain()).collect()
            }
            Kind::FindLine(find) => find.yaml.lines().map(str::to_owned).collect(),
            _ => Vec::new(),
        };
        for (index, text) in texts.iter().enumerate() {
            let number = format!("{:>3}. ", index + 1);
            // A line of a manifest stays as it is; its blanks mean something.
            let lines = match question.kind {
                Kind::FindLine(_) => vec![format!("{number}{}", text.trim_end())],
                _ => plain::folded(&number, text.trim()),
            };
            for line in lines {
                writeln!(self.out, "{line}")?;
            }
        }
        Ok(())
    }

    fn graded(
        &mut self,
        course: &Course,
        chapter: &str,
        question: &Question,
        given: (Answer, Asked),
    ) -> io::Result<Answered> {
        let (answer, asked) = given;
        let predicted = predicted(course, chapter, question);
        let grade = grade(question, &answer, predicted.as_ref());
        let answered = Answered {
            chapter: chapter.to_owned(),
            question: question.id.clone(),
            answer,
            points: grade.points,
            of: grade.of,
            asked,
            misconceptions: grade.misconceptions.clone(),
        };
        // Durable before the next question is shown.
        self.keep(&Entry::Answered(answered.clone()))?;
        self.tell(&grade, question, &answered.answer)?;
        Ok(answered)
    }

    fn tell(&mut self, grade: &Grade, question: &Question, answer: &Answer) -> io::Result<()> {
        let word = match grade.verdict {
            Verdict::Right => "Right",
            Verdict::Partly => "Partly right",
            Verdict::Wrong => "Not right",
        };
        let unit = if grade.of == 1 { "point" } else { "points" };
        writeln!(self.out, "\n{word}: {} of {} {unit}.", points(grade.points), grade.of)?;
        if !grade.solution.is_empty() {
            writeln!(self.out, "Answer: {}", grade.solution)?;
        }
        // In the order asked and by the numbers asked with, so that they can be told apart by ear.
        let shown = question.shuffled(self.seed);
        let place = |about: Option<usize>| about.and_then(|about| shown.iter().position(|one| *one == about));
        let mut feedback: Vec<_> = grade.feedback.iter().collect();
        feedback.sort_by_key(|one| place(one.about));
        for feedback in feedback {
            if let (Some(about), Kind::ChooseOne(options) | Kind::ChooseAll(options)) =
                (feedback.about, &question.kind)
            {
                let mark = if options[about].correct { "right" } else { "wrong" };
                let yours = if is_chosen(answer, about) { ", yours" } else { "" };
                let option = options[about].text.plain();
                let number = place(Some(about)).map(|at| format!("{}, ", at + 1)).unwrap_or_default();
                for line in plain::folded(&format!("{number}{mark}{yours}: "), option.trim()) {
                    writeln!(self.out, "{line}")?;
                }
            }
            self.say(&feedback.because)?;
        }
        writeln!(self.out)
    }

    fn keep(&mut self, entry: &Entry) -> io::Result<()> {
        self.record.save(entry, record::now()).map(|_| ()).map_err(|unsaved| io::Error::other(unsaved.0))
    }

    fn leave(&mut self) -> io::Result<ExitCode> {
        if self.record.lasts() {
            writeln!(self.out, "\nYour answers are kept; the same command goes on from here.")?;
        } else {
            writeln!(self.out, "\nYour answers could not be kept; the same command begins anew.")?;
        }
        Ok(ExitCode::SUCCESS)
    }
}

/// What the simulator says, if the question asks for a prediction.
fn predicted(course: &Course, chapter: &str, question: &Question) -> Option<Predicted> {
    let Kind::Predict(prediction) = &question.kind else { return None };
    let page = course.chapter(chapter).map(crate::course::Chapter::page);
    let files = match &prediction.manifest {
        Manifest::File { .. } => page.map(|p| p.files()).unwrap_or_default(),
        Manifest::Inline { .. } => Vec::new(),
    };
    let files = files.iter().filter_map(|code| Some((code.name.as_deref()?, code.text.as_str())));
    Some(predict::answer(&mut rehearse::stage(1, files), prediction))
}

/// Whether the answer chose the option of that number.
fn is_chosen(answer: &Answer, option: usize) -> bool {
    match answer {
        Answer::One(chosen) => *chosen == option,
        Answer::Many(chosen) => chosen.contains(&option),
        _ => false,
    }
}

fn letter(index: usize) -> char {
    char::from(b'a' + (index % 26) as u8)
}

fn how(kind: &Kind) -> String {
    let shape = match kind {
        Kind::ChooseOne(_) => "Type its number.",
        Kind::ChooseAll(_) => "Type their numbers, such as: 1 3",
        Kind::TrueFalse(_) => "Type true or false.",
        Kind::Order(_) => "Type the numbers in the right order, such as: 2 1 3",
        Kind::Match(_) => "Type the numbers that belong to a, b, c…, such as: 2 1 3",
        Kind::FindLine(_) => "Type the number of the line.",
        Kind::FillIn(_) | Kind::Predict(_) => "",
    };
    format!("{} {shape}", kind.rule()).trim_end().to_owned()
}

/// The answer a line stands for; the error says how to write one.
fn read(kind: &Kind, shown: &[usize], line: &str) -> Result<Answer, String> {
    if line.is_empty() {
        return Err("Type an answer, or end the input (Ctrl-D) to stop here.".to_owned());
    }
    let indices =
        |limit: usize| numbers(line, limit).map(|all| all.into_iter().map(|n| n - 1).collect::<Vec<_>>());
    match kind {
        Kind::ChooseOne(_) => match indices(shown.len())?.as_slice() {
            [one] => Ok(Answer::One(shown[*one])),
            _ => Err("Type one number.".to_owned()),
        },
        Kind::ChooseAll(_) => Ok(Answer::Many(indices(shown.len())?.into_iter().map(|i| shown[i]).collect())),
        Kind::TrueFalse(_) => match line.to_lowercase().as_str() {
            "true" | "t" | "yes" | "y" => Ok(Answer::Truth(true)),
            "false" | "f" | "no" | "n" => Ok(Answer::Truth(false)),
            _ => Err("Type true or false.".to_owned()),
        },
        Kind::FillIn(_) | Kind::Predict(_) => Ok(Answer::Text(line.to_owned())),
        Kind::Order(_) => each_once(&indices(shown.len())?, shown).map(Answer::Order),
        Kind::Match(_) => {
            let order = each_once(&indices(shown.len())?, shown)?;
            Ok(Answer::Pairs(order.into_iter().map(Some).collect()))
        }
        Kind::FindLine(find) => {
            Ok(Answer::Lines(numbers(line, find.yaml.lines().count())?.into_iter().collect()))
        }
    }
}

fn each_once(given: &[usize], shown: &[usize]) -> Result<Vec<usize>, String> {
    let distinct: BTreeSet<&usize> = given.iter().collect();
    if given.len() == shown.len() && distinct.len() == shown.len() {
        Ok(given.iter().map(|i| shown[*i]).collect())
    } else {
        Err(format!("Type each of the numbers 1 to {} once.", shown.len()))
    }
}

/// Numbers from 1 to `limit`, apart by blanks or commas.
fn numbers(line: &str, limit: usize) -> Result<Vec<usize>, String> {
    let words = line.split(|c: char| c.is_whitespace() || c == ',').filter(|word| !word.is_empty());
    words
        .map(|word| match word.trim_end_matches(['.', ')']).parse() {
            Ok(n) if (1..=limit).contains(&n) => Ok(n),
            _ => Err(format!("'{word}' is none of the numbers 1 to {limit}.")),
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_read_as_people_type_them() {
        assert_eq!(numbers("1, 3", 3), Ok(vec![1, 3]));
        assert_eq!(numbers("2)", 3), Ok(vec![2]));
        assert!(numbers("0", 3).is_err());
        assert!(numbers("4", 3).is_err());
        assert!(numbers("one", 3).is_err());
    }

    #[test]
    fn an_order_names_each_item_once() {
        assert_eq!(each_once(&[1, 0], &[5, 7]), Ok(vec![7, 5]));
        assert!(each_once(&[0, 0], &[5, 7]).is_err());
        assert!(each_once(&[0], &[5, 7]).is_err());
    }
}
