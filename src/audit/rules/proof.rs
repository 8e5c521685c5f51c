//! Following the chain line by line, and naming what does not fit (S17).

use std::collections::BTreeMap;
use std::fmt;

use entity::audit_log::Model as Row;
use entity::audit_mark::Model as Mark;
use entity::ids::AuditId;
use entity::values::Mac;

use super::codes::{is_line_ours, is_mark_ours, link_fits};
use super::head::Head;
use crate::kernel::vault::Vault;

/// What was done to the log.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Fault {
    /// A column of the line is not as it was written.
    Changed,
    /// The line stands in another place of the chain than it was put in.
    Moved,
    /// The line was never written by us.
    Inserted,
    /// The line holds something that is no value of its column.
    Unreadable,
    /// Lines from the middle are gone, up to this number.
    Removed {
        /// The last of them.
        upto: i64,
    },
    /// Lines from the end are gone, up to this number.
    TailRemoved {
        /// The last of them that is known of.
        upto: i64,
    },
    /// The mark of the chain's start or head was changed or taken away.
    Mark(&'static str),
    /// A line of the file of heads is not one that we wrote there.
    HeadFile {
        /// Which line, from 1.
        line: usize,
    },
    /// The chain is another one than the file of heads tells of.
    Rewritten {
        /// Which line of the file, from 1.
        line: usize,
    },
}

/// One thing that a proof found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// The line, where it is still there.
    pub id: Option<AuditId>,
    /// Its number in the chain, if it has one; the first of several.
    pub seq: Option<i64>,
    /// What was done.
    pub what: Fault,
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(id) = self.id {
            write!(f, "{id} ")?;
        }
        match self.seq {
            Some(seq) => write!(f, "seq {seq}: {:?}", self.what),
            None => write!(f, "not chained: {:?}", self.what),
        }
    }
}

/// What a proof came to.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Proof {
    /// Lines that were looked at.
    pub lines: u64,
    /// Heads from outside that were compared.
    pub heads: usize,
    /// What is wrong; nothing where all is well.
    pub found: Vec<Finding>,
}

/// Follows the chain: give it every line by number, then those without one, then the mark of the head.
#[derive(Debug)]
pub struct Walk<'a> {
    vault: &'a Vault,
    /// Where the chain was last sound: number and link.
    last: (i64, Mac),
    /// Whether the line before can be trusted to tell its link.
    sound: bool,
    /// A line whose link does not fit, until the line after it has told why.
    doubted: Option<Row>,
    heads: BTreeMap<i64, (usize, Mac)>,
    proof: Proof,
}

impl<'a> Walk<'a> {
    /// From the start of the chain: `start` is the mark of what was deleted because its time was over. `heads` are lines
    /// of the file from outside, each with its number; none where the line is not ours.
    #[must_use]
    pub fn begin(vault: &'a Vault, start: Option<&Mark>, heads: &[(usize, Option<Head>)]) -> Self {
        let last = start.map_or((0, Mac(String::new())), |mark| (mark.seq, mark.link.clone()));
        let mut walk = Self {
            vault,
            sound: true,
            doubted: None,
            heads: BTreeMap::new(),
            proof: Proof { heads: heads.len(), ..Proof::default() },
            last,
        };
        if start.is_some_and(|mark| !is_mark_ours(vault, mark)) {
            walk.find(None, None, Fault::Mark("start"));
            walk.sound = false;
        }
        for (line, head) in heads {
            match head {
                None => walk.find(None, None, Fault::HeadFile { line: *line }),
                // What was deleted in good time cannot be compared any more.
                Some(head) if head.seq < walk.last.0 => {}
                Some(head) => walk.keep(*line, head),
            }
        }
        walk
    }

    /// Keeps a head to compare the chain with once it is there.
    fn keep(&mut self, line: usize, head: &Head) {
        let known = self.heads.insert(head.seq, (line, head.link.clone()));
        let clashes = known.is_some_and(|(_, link)| link != head.link);
        if clashes || (head.seq == self.last.0 && self.sound && head.link != self.last.1) {
            self.find(None, Some(head.seq), Fault::Rewritten { line });
        }
    }

    fn find(&mut self, id: Option<AuditId>, seq: Option<i64>, what: Fault) {
        self.proof.found.push(Finding { id, seq, what });
    }

    /// Number of the last line that was followed.
    #[must_use]
    pub const fn reached(&self) -> i64 {
        self.last.0
    }

    /// What was found so far.
    #[must_use]
    pub fn findings(&self) -> &[Finding] {
        &self.proof.found
    }

    /// A line that cannot be read; its number if that can be.
    pub fn unreadable(&mut self, id: Option<AuditId>, seq: Option<i64>) {
        self.proof.lines += 1;
        self.find(id, seq, Fault::Unreadable);
        if let Some(seq) = seq {
            self.last.0 = seq;
            self.sound = false;
        }
    }

    /// The next line of the chain.
    pub fn chained(&mut self, row: &Row) {
        let Some(seq) = row.seq else { return self.loose(row) };
        self.proof.lines += 1;
        self.settle_doubt(row.prev_link.as_ref());
        let reached = self.last.0;
        if seq <= reached {
            return self.find(Some(row.id), Some(seq), Fault::Inserted);
        }
        if seq > reached + 1 {
            self.find(None, Some(reached + 1), Fault::Removed { upto: seq - 1 });
            self.sound = false;
        }
        if let (Some(before), Some(link)) = (&row.prev_link, &row.link) {
            self.judge(row, before, link);
            self.compare(seq, link);
            self.last = (seq, link.clone());
        } else {
            self.find(Some(row.id), Some(seq), Fault::Changed);
            self.last.0 = seq;
            self.sound = false;
        }
    }

    /// Whether a line is as it was written, and stands where it was put.
    fn judge(&mut self, row: &Row, before: &Mac, link: &Mac) {
        let follows = !self.sound || *before == self.last.1;
        let fits = link_fits(self.vault, before, row, link);
        // Only the link to the line before was changed: with the right one all fits.
        let unlinked = self.sound && link_fits(self.vault, &self.last.1, row, link);
        match (is_line_ours(self.vault, row), fits) {
            (true, true) if follows => {}
            (true, true) => self.find(Some(row.id), row.seq, Fault::Moved),
            (true, false) if unlinked => self.find(Some(row.id), row.seq, Fault::Changed),
            (true, false) => self.doubted = Some(row.clone()),
            (false, _) => self.find(Some(row.id), row.seq, Fault::Changed),
        }
        self.sound = fits || unlinked;
    }

    /// Whether a line whose link does not fit was moved there, or only its link was changed: the line after it knows.
    fn settle_doubt(&mut self, after: Option<&Mac>) {
        let Some(row) = self.doubted.take() else { return };
        let in_place = after
            .zip(row.prev_link.as_ref())
            .is_some_and(|(after, before)| link_fits(self.vault, before, &row, after));
        let what = if in_place { Fault::Changed } else { Fault::Moved };
        self.find(Some(row.id), row.seq, what);
    }

    fn compare(&mut self, seq: i64, found: &Mac) {
        let Some((at, outside)) = self.heads.get(&seq).cloned() else { return };
        if self.sound && outside != *found {
            self.find(None, Some(seq), Fault::Rewritten { line: at });
        }
    }

    /// A line that waits for its number.
    pub fn loose(&mut self, row: &Row) {
        self.proof.lines += 1;
        if !is_line_ours(self.vault, row) || row.prev_link.is_some() || row.link.is_some() {
            self.find(Some(row.id), row.seq, Fault::Inserted);
        }
    }

    /// The end: the mark of the head, as it is now.
    #[must_use]
    pub fn end(mut self, head: Option<&Mark>) -> Proof {
        self.settle_doubt(head.map(|mark| &mark.link));
        let reached = self.last.0;
        match head {
            None if reached > 0 => self.find(None, None, Fault::Mark("head")),
            Some(mark) if !is_mark_ours(self.vault, mark) => {
                self.find(None, None, Fault::Mark("head"));
            }
            Some(mark) if mark.seq > reached => {
                self.find(None, Some(reached + 1), Fault::TailRemoved { upto: mark.seq });
            }
            Some(mark) if mark.seq < reached => {
                self.find(None, Some(mark.seq + 1), Fault::Inserted);
            }
            Some(mark) if self.sound && mark.link != self.last.1 => {
                self.find(None, None, Fault::Mark("head"));
            }
            _ => {}
        }
        // The head inside may have been set back together with the lines: the outside one was not.
        let known = head.map_or(0, |mark| mark.seq).max(reached);
        if let Some(upto) = self.heads.keys().next_back().copied().filter(|seq| *seq > known) {
            self.find(None, Some(known + 1), Fault::TailRemoved { upto });
        }
        self.proof
    }
}
