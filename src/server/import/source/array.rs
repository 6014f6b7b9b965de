//! A JSON array of users, taken apart without reading it whole.
//!
//! An element is found by its brackets and strings alone, so one that is no JSON has bounds too, and is one user's error. Where
//! it is broken such that its brackets don't tell them either, lines do: a string ends with its line at the latest, and what
//! begins a line with `{` where a member's name should be is the next user.

use super::{Found, ImportError, MAX_USER_BYTES, input::Input, too_long};

/// The elements of an array.
pub struct Array<'f> {
    input: Input<'f>,
    next: Next,
}

/// What comes next.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Next {
    /// `[`
    Begin,
    /// An element, or the array's end.
    First,
    /// A comma, or the array's end.
    Separator,
    /// An element.
    Element,
    /// Nothing but white space.
    Nothing,
}

impl<'f> Array<'f> {
    /// The elements of the array that is next in the file.
    pub fn new(input: Input<'f>) -> Self {
        Self { input, next: Next::Begin }
    }

    /// Appends the next element to `out`.
    pub fn next(&mut self, out: &mut Vec<u8>) -> Result<Option<Found>, ImportError> {
        loop {
            let byte = self.input.next_visible()?;
            let next = match (self.next, byte) {
                (Next::Nothing, None) => return Ok(None),
                (Next::Nothing, Some(_)) => {
                    return Err(self.input.at.not_readable("something comes after the end of the array"));
                }
                (_, None) => return Err(self.cut_off()),
                (Next::Begin, Some(_)) => Next::First,
                (Next::Separator, Some(b',')) => Next::Element,
                (Next::Separator | Next::First, Some(b']')) => Next::Nothing,
                (Next::Separator, Some(_)) => {
                    return Err(self.input.at.not_readable("a comma or the end of the array should be here"));
                }
                (Next::Element | Next::First, Some(b',' | b']')) => {
                    return Err(self.input.at.not_readable("a user is missing before this comma or bracket"));
                }
                (Next::Element | Next::First, Some(_)) => return self.element(out).map(Some),
            };
            self.next = next;
            self.input.pass(1)?;
        }
    }

    fn cut_off(&self) -> ImportError {
        self.input.at.not_readable("the file ends before the end of the array: it was cut off")
    }

    /// Appends the element that begins here.
    fn element(&mut self, out: &mut Vec<u8>) -> Result<Found, ImportError> {
        let at = self.input.at;
        let start = out.len();
        let mut element = Element::default();
        let mut fits = true;
        loop {
            let piece = self.input.fill()?;
            if piece.is_empty() {
                return Err(self.cut_off());
            }
            let before = out.len();
            let mut scanned = 0;
            let end = loop {
                let Some(&byte) = piece.get(scanned) else { break None };
                match element.step(byte) {
                    Step::On => scanned += 1,
                    // The text up to here decides.
                    Step::BrokenString => {
                        let tail = if fits { tail(&out[start..], &piece[..scanned]) } else { Vec::new() };
                        scanned += 1;
                        if let Some(end) = element.close_line(&tail) {
                            break Some(end);
                        }
                    }
                    Step::End(end) => break Some(end),
                }
            };
            fits = fits && before - start + scanned <= MAX_USER_BYTES;
            if fits {
                out.extend_from_slice(&piece[..scanned]);
            } else {
                out.truncate(start);
            }
            self.input.pass(scanned)?;
            if let Some(end) = end {
                self.next = match end {
                    End::Before => Next::Separator,
                    // The comma is in the element's text already, which is broken anyway.
                    End::BeforeNext => Next::Element,
                    End::Array => Next::Nothing,
                };
                let problem = (!fits).then(too_long);
                return Ok(Found { at, problem });
            }
        }
    }
}

/// The last bytes of a text in two pieces: enough for the brackets that may end a line.
fn tail(before: &[u8], piece: &[u8]) -> Vec<u8> {
    const MOST: usize = 256;
    let rest = MOST.saturating_sub(piece.len()).min(before.len());
    let piece = &piece[piece.len().saturating_sub(MOST)..];
    [&before[before.len() - rest..], piece].concat()
}

/// What follows from a byte.
enum Step {
    /// It belongs to the element.
    On,
    /// It is a line feed inside a string, which JSON does not allow.
    BrokenString,
    /// The element ends before it.
    End(End),
}

/// How an element ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum End {
    /// Before the comma or bracket that is next.
    Before,
    /// With a comma, so that another one is next.
    BeforeNext,
    /// With the array.
    Array,
}

/// What has been seen since the last comma, as far as that matters.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
enum Since {
    #[default]
    Anything,
    Comma,
    CommaAndLine,
}

/// An element in the middle.
#[derive(Debug, Default)]
struct Element {
    /// The brackets that are open.
    open: Vec<u8>,
    /// How many more are: JSON that deep is refused anyway.
    deeper: u64,
    in_string: bool,
    escaped: bool,
    since: Since,
}

impl Element {
    /// Deeper than any JSON that is accepted.
    const MOST_OPEN: usize = 256;

    fn step(&mut self, byte: u8) -> Step {
        if self.in_string {
            match byte {
                b'\n' => return Step::BrokenString,
                _ if self.escaped => self.escaped = false,
                b'\\' => self.escaped = true,
                b'"' => self.in_string = false,
                _ => {}
            }
            return Step::On;
        }
        match byte {
            b' ' | b'\t' | b'\r' => return Step::On,
            b'\n' => {
                if self.since == Since::Comma {
                    self.since = Since::CommaAndLine;
                }
                return Step::On;
            }
            b'{' if self.since == Since::CommaAndLine && self.is_in_object() => return Step::End(End::BeforeNext),
            _ => self.since = Since::Anything,
        }
        match byte {
            b'"' => self.in_string = true,
            b'{' | b'[' if self.open.len() < Self::MOST_OPEN => self.open.push(byte),
            b'{' | b'[' => self.deeper += 1,
            b',' if self.open.is_empty() => return Step::End(End::Before),
            b',' => self.since = Since::Comma,
            b'}' | b']' if !self.close(byte) => return Step::End(End::Before),
            _ => {}
        }
        Step::On
    }

    fn is_in_object(&self) -> bool {
        self.deeper == 0 && self.open.last() == Some(&b'{')
    }

    /// Closes a bracket with all that are open in it; `false`: it is the array's.
    fn close(&mut self, byte: u8) -> bool {
        if self.deeper > 0 {
            self.deeper -= 1;
            return true;
        }
        let opening = if byte == b'}' { b'{' } else { b'[' };
        match self.open.iter().rposition(|&open| open == opening) {
            Some(index) => self.open.truncate(index),
            None if byte == b']' => return false,
            None => {}
        }
        true
    }

    /// Ends a string with its line, of which `tail` is the end: brackets there were meant to be brackets.
    fn close_line(&mut self, tail: &[u8]) -> Option<End> {
        self.in_string = false;
        self.escaped = false;
        let line = tail.trim_ascii_end();
        let (line, comma) = match line.strip_suffix(b",") {
            Some(line) => (line, true),
            None => (line, false),
        };
        let brackets = line.iter().rev().take_while(|byte| matches!(byte, b'}' | b']')).count();
        for &byte in &line[line.len() - brackets..] {
            if !self.close(byte) {
                return Some(End::Array);
            }
        }
        self.since = if comma { Since::CommaAndLine } else { Since::Anything };
        (self.open.is_empty() && comma).then_some(End::BeforeNext)
    }
}
