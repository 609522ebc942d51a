//! Styled running text: measuring, wrapping, cutting. Every width is in terminal cells. Does not know what the text is.

use ratatui::style::Style;
use ratatui::text::{Line, Span};
use unicode_segmentation::UnicodeSegmentation;
use unicode_width::UnicodeWidthStr;

/// A stretch of text in one style.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Piece {
    /// The text, without line breaks.
    pub text: String,
    /// How it looks.
    pub style: Style,
    /// The link it belongs to, by its number on the page.
    pub link: Option<usize>,
}

/// Pieces that stand on one line.
pub type Row = Vec<Piece>;

impl Piece {
    /// A piece that belongs to no link.
    pub fn new(text: impl Into<String>, style: Style) -> Piece {
        Piece { text: text.into(), style, link: None }
    }
}

/// The width of a text in cells. Control characters, which nothing may print, count as one cell.
pub fn width(text: &str) -> usize {
    text.width()
}

/// The width of a row in cells.
pub fn row_width(row: &[Piece]) -> usize {
    row.iter().map(|piece| width(&piece.text)).sum()
}

/// The pieces as a line to draw.
pub fn line(row: Row) -> Line<'static> {
    Line::from(row.into_iter().map(|piece| Span::styled(piece.text, piece.style)).collect::<Vec<_>>())
}

/// The start of `text` that fits `cells`, with an ellipsis if something is left out.
pub fn clip(text: &str, cells: usize) -> String {
    if width(text) <= cells {
        return text.to_owned();
    }
    let mut short = String::new();
    let mut used = 1;
    for grapheme in text.graphemes(true) {
        used += width(grapheme);
        if used > cells {
            break;
        }
        short.push_str(grapheme);
    }
    if cells > 0 {
        short.push('…');
    }
    short
}

/// `text` followed by blanks up to `cells`, or cut to them.
pub fn pad(text: &str, cells: usize) -> String {
    let mut padded = clip(text, cells);
    let missing = cells.saturating_sub(width(&padded));
    padded.extend(std::iter::repeat_n(' ', missing));
    padded
}

/// One unit that wrapping keeps whole.
#[derive(Debug, Default)]
struct Token {
    pieces: Row,
    width: usize,
    /// Whether a blank stands before it in the text.
    spaced: bool,
    /// Whether a line break stands before it.
    broken: bool,
}

/// Wraps running text to `cells`: blanks are where lines may break, wide characters may be parted anywhere, a word longer than a
/// line is cut. A line feed in the text is a forced break. No row is wider than `cells` unless one character is.
pub fn wrap(pieces: &[Piece], cells: usize) -> Vec<Row> {
    let cells = cells.max(1);
    let mut rows: Vec<Row> = vec![Row::new()];
    let mut used = 0;
    for token in tokens(pieces) {
        let gap = usize::from(token.spaced && used > 0);
        if token.broken || (used > 0 && used + gap + token.width > cells) {
            rows.push(Row::new());
            used = 0;
        } else if gap > 0 {
            push_blank(&mut rows, &token);
            used += 1;
        }
        used = push_token(&mut rows, token, used, cells);
    }
    rows
}

/// The width of the longest word: in fewer cells than that, [`wrap`] cuts it.
pub fn longest_word(pieces: &[Piece]) -> usize {
    tokens(pieces).iter().map(|token| token.width).max().unwrap_or(0)
}

/// The blank between two words carries the style only if both sides share it (links and code stay one stretch).
fn push_blank(rows: &mut [Row], token: &Token) {
    let Some(last) = rows.last_mut().and_then(|row| row.last_mut()) else { return };
    match token.pieces.first() {
        Some(first) if first.style == last.style && first.link == last.link => last.text.push(' '),
        _ => rows.last_mut().into_iter().for_each(|row| row.push(Piece::new(" ", Style::new()))),
    }
}

fn push_token(rows: &mut Vec<Row>, token: Token, mut used: usize, cells: usize) -> usize {
    for piece in token.pieces {
        for grapheme in piece.text.graphemes(true) {
            let wide = width(grapheme);
            if used + wide > cells && used > 0 {
                rows.push(Row::new());
                used = 0;
            }
            used += wide;
            push_text(rows, grapheme, &piece);
        }
    }
    used
}

fn push_text(rows: &mut [Row], text: &str, like: &Piece) {
    let Some(row) = rows.last_mut() else { return };
    match row.last_mut() {
        Some(last) if last.style == like.style && last.link == like.link => last.text.push_str(text),
        _ => row.push(Piece { text: text.to_owned(), ..like.clone() }),
    }
}

fn tokens(pieces: &[Piece]) -> Vec<Token> {
    let mut all: Vec<Token> = Vec::new();
    let mut fresh = true;
    let (mut spaced, mut broken) = (false, false);
    for piece in pieces {
        for grapheme in piece.text.graphemes(true) {
            let blank = grapheme.chars().all(char::is_whitespace) && grapheme != "\u{a0}";
            if blank {
                (spaced, broken, fresh) = (true, broken || grapheme.contains('\n'), true);
                continue;
            }
            let wide = width(grapheme);
            if fresh || wide > 1 {
                all.push(Token { spaced, broken, ..Token::default() });
                (spaced, broken) = (false, false);
            }
            // After a wide character another word may begin.
            fresh = wide > 1;
            if let Some(token) = all.last_mut() {
                token.width += wide;
                push_text(std::slice::from_mut(&mut token.pieces), grapheme, piece);
            }
        }
    }
    all
}

/// Cuts a line of code into rows of at most `cells`; blanks are kept.
pub fn chop(pieces: &[Piece], cells: usize) -> Vec<Row> {
    let mut rows: Vec<Row> = vec![Row::new()];
    let token = Token { pieces: pieces.to_vec(), ..Token::default() };
    push_token(&mut rows, token, 0, cells.max(1));
    rows
}

/// Cuts a line into a row of at most `first` cells and others of at most `rest`. Unlike [`wrap`] it keeps all blanks but those where it
/// breaks, and it breaks at the last blank that leaves a third of the row filled; where there is none, inside a word.
pub fn break_line(pieces: &[Piece], first: usize, rest: usize) -> Vec<Row> {
    let all: Vec<(&str, &Piece)> =
        pieces.iter().flat_map(|piece| piece.text.graphemes(true).map(move |g| (g, piece))).collect();
    let (mut rows, mut from) = (Vec::new(), 0);
    loop {
        let cells = if rows.is_empty() { first.max(1) } else { rest.max(1) };
        let fitting = fitting(&all[from..], cells);
        let end = if from + fitting < all.len() {
            from + break_at(&all[from..], fitting, cells)
        } else {
            all.len()
        };
        let mut row = vec![Row::new()];
        all[from..end].iter().for_each(|(grapheme, piece)| push_text(&mut row, grapheme, piece));
        rows.append(&mut row);
        from = end;
        if from == all.len() {
            return rows;
        }
        from += all[from..].iter().take_while(|(grapheme, _)| *grapheme == " ").count();
        if from == all.len() {
            return rows;
        }
    }
}

/// How many of the graphemes fit `cells`; one at least.
fn fitting(graphemes: &[(&str, &Piece)], cells: usize) -> usize {
    let mut used = 0;
    let fits = graphemes.iter().take_while(|(grapheme, _)| {
        used += width(grapheme);
        used <= cells
    });
    fits.count().max(1)
}

/// Where to break graphemes of which `fitting` fit `cells`: behind the last word that ends there, if that leaves no short row.
fn break_at(graphemes: &[(&str, &Piece)], fitting: usize, cells: usize) -> usize {
    let blank = |at: usize| graphemes.get(at).is_some_and(|(grapheme, _)| *grapheme == " ");
    let ends = |at: &usize| blank(*at) && !blank(*at - 1);
    (cells.div_ceil(3).max(1)..=fitting).rev().find(ends).unwrap_or(fitting)
}

/// The row as it is if it fits `cells`; otherwise wrapped, its later rows under `indent` blanks.
pub fn fold(row: Row, indent: usize, cells: usize) -> Vec<Row> {
    if row_width(&row) <= cells {
        return vec![row];
    }
    let indent = indent.min(cells / 3);
    let lead: String = row.iter().flat_map(|piece| piece.text.chars()).take_while(|c| *c == ' ').collect();
    let rows = wrap(&row, cells.saturating_sub(indent.max(lead.len())).max(1)).into_iter().enumerate();
    rows.map(|(at, mut row)| {
        let blanks = if at == 0 { lead.clone() } else { " ".repeat(indent) };
        row.insert(0, Piece::new(blanks, Style::new()));
        row
    })
    .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use ratatui::style::Modifier;

    fn wrapped(text: &str, cells: usize) -> Vec<String> {
        let rows = wrap(&[Piece::new(text, Style::new())], cells);
        rows.into_iter().map(|row| row.into_iter().map(|p| p.text).collect()).collect()
    }

    #[test]
    fn words_stay_whole_while_they_fit() {
        assert_eq!(wrapped("one two three", 8), ["one two", "three"]);
        assert_eq!(wrapped("abcdefghij k", 4), ["abcd", "efgh", "ij k"]);
        assert_eq!(wrapped("a\nb", 10), ["a", "b"]);
        assert_eq!(wrapped("", 10), [""]);
    }

    #[test]
    fn a_folded_row_fits_and_is_indented_only_if_it_must_be() {
        let row = || vec![Piece::new("  one two", Style::new()), Piece::new("  three four", Style::new())];
        assert_eq!(fold(row(), 4, 40), [row()]);
        let text: Vec<String> =
            fold(row(), 4, 14).into_iter().map(|r| r.into_iter().map(|p| p.text).collect()).collect();
        assert_eq!(text, ["  one two", "    three four"]);
    }

    #[test]
    fn a_line_breaks_at_blanks_where_that_leaves_no_short_row() {
        let broken = |text: &str, first: usize, rest: usize| -> Vec<String> {
            let rows = break_line(&[Piece::new(text, Style::new())], first, rest);
            rows.into_iter().map(|row| row.into_iter().map(|p| p.text).collect()).collect()
        };
        assert_eq!(broken("  one   two three", 12, 8), ["  one   two", "three"]);
        assert_eq!(broken("a bcdefghijklmnop", 10, 10), ["a bcdefghi", "jklmnop"]);
        assert_eq!(broken("one two", 7, 3), ["one two"]);
        assert_eq!(broken("one two  ", 7, 3), ["one two"]);
        assert_eq!(broken("", 7, 3), [""]);
        assert_eq!(broken("日本語", 1, 1), ["日", "本", "語"]);
    }

    #[test]
    fn wide_characters_may_be_parted_anywhere_and_count_twice() {
        assert_eq!(wrapped("日本語日本", 6), ["日本語", "日本"]);
        assert_eq!(wrapped("ab 日本", 5), ["ab 日", "本"]);
    }

    #[test]
    fn a_change_of_style_inside_a_word_does_not_part_it() {
        let bold = Style::new().add_modifier(Modifier::BOLD);
        let rows = wrap(&[Piece::new("x im", Style::new()), Piece::new("portant", bold)], 9);
        let texts: Vec<String> = rows.iter().map(|r| r.iter().map(|p| p.text.as_str()).collect()).collect();
        assert_eq!(texts, ["x", "important"]);
    }

    #[test]
    fn clipping_says_that_it_clipped() {
        assert_eq!(clip("container", 6), "conta…");
        assert_eq!(clip("日本語", 4), "日…");
        assert_eq!(pad("ab", 4), "ab  ");
        assert_eq!(clip("ab", 0), "");
    }

    proptest! {
        #[test]
        fn wrapped_rows_fit_and_lose_nothing(text in "[a-zé日 \n👩‍💻-]{0,80}", cells in 2usize..30) {
            let rows = wrapped(&text, cells);
            for row in &rows {
                prop_assert!(width(row) <= cells, "{row:?}");
            }
            let kept: String = rows.concat().split_whitespace().collect();
            let wanted: String = text.split_whitespace().collect();
            prop_assert_eq!(kept, wanted);
        }
    }
}
