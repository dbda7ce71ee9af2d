//! A list of items as one vector: what each value is, in which order, with a hash that changes when any of it does.

use crate::bind::Binder;
use crate::error::Error;
use crate::expr::{parse, split_list};
use crate::groups;
use crate::plan::{BOOK, Brings, Node, Stream, TRADE, Work};
use crate::sources::{Sources, Worth};
use scalp_types::StateHash;
use std::fmt::Write as _;

/// Most values of a schema.
pub const VALUES_MAX: usize = 16_384;

/// An item of a list, or a member of a group or schema of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Part {
    /// As it is written.
    pub text: String,
    /// Whether it stands in the list itself; a member is in the vector once.
    pub is_own: bool,
}

impl Part {
    /// An item as it stands, or the members of the group or schema that it names.
    pub fn of(item: &str) -> Result<Vec<Part>, Error> {
        let item = item.trim();
        let part = |text: String, is_own| Part { text, is_own };
        Ok(match groups::expand(item)? {
            Some(members) => members.into_iter().map(|it| part(it, false)).collect(),
            None => vec![part(item.to_owned(), true)],
        })
    }
}

/// What a vector holds.
#[derive(Clone, Debug)]
pub struct Schema {
    sources: Sources,
    titles: Vec<String>,
    names: Vec<String>,
    pub(crate) picks: Vec<usize>,
    pub(crate) streams: Vec<Stream>,
    pub(crate) nodes: Vec<Node>,
    pub(crate) slots: usize,
    canonical: String,
    levels: usize,
}

impl Schema {
    /// Reads a list of items, groups (`GROUP:technical@1`) and shipped schemas (`SCHEMA:tick@1`), separated by commas or
    /// lines, for a stream that holds `sources`. No group and no item with all its outputs brings a value under a title that is
    /// there already, before or behind it: the first place counts. The same item written twice is there twice.
    pub fn parse(list: &str, sources: &Sources) -> Result<Schema, Error> {
        Schema::of_items(&split_list(list), sources)
    }

    /// As [`Schema::parse`], of items that are apart already.
    pub fn of_items<T: AsRef<str>>(items: &[T], sources: &Sources) -> Result<Schema, Error> {
        let mut parts = Vec::new();
        for item in items {
            parts.extend(Part::of(item.as_ref())?);
        }
        Schema::of_parts(&parts, sources)
    }

    /// As [`Schema::of_items`], of items and members.
    pub fn of_parts(parts: &[Part], sources: &Sources) -> Result<Schema, Error> {
        let mut binder = Binder::new(sources)?;
        let (mut titles, mut names, mut picks) = (Vec::<String>::new(), Vec::new(), Vec::new());
        // Whether each value is an item that was written for itself alone.
        let mut alone = Vec::new();
        let mut add = |binder: &mut Binder<'_>, item: &str, is_own: bool| -> Result<(), Error> {
            for (place, output) in binder.item(item, &parse(item)?)? {
                // Groups overlap; a value is in the vector once unless it was asked for twice.
                if !is_own && names.contains(&place.name) {
                    continue;
                }
                let is_alone = is_own && output.is_none();
                let title = match output {
                    Some(output) => format!("{item}.{output}"),
                    None => item.to_owned(),
                };
                // Brought by a group, or as one of all outputs of an item, it takes the place of the same item by itself.
                let before = titles.iter().position(|it| *it == title);
                if before.is_some_and(|it| !(is_alone && alone[it])) {
                    continue;
                }
                titles.push(title);
                alone.push(is_alone);
                names.push(place.name);
                picks.push(place.slot);
                if picks.len() > VALUES_MAX {
                    return Err(Error::Size { most: VALUES_MAX, given: picks.len() });
                }
            }
            Ok(())
        };
        for part in parts {
            add(&mut binder, &part.text, part.is_own)?;
        }
        if picks.is_empty() {
            return Err(Error::Size { most: VALUES_MAX, given: 0 });
        }
        let Binder { streams, nodes, slots, versions, levels, .. } = binder;
        let mut canonical = names.join("\n");
        for (name, version) in &versions {
            // Writing to a string cannot fail.
            let _ = write!(canonical, "\nwith {name} {version}");
        }
        if sources.bars {
            let _ = write!(canonical, "\nbars {}", sources.bar_span.unwrap_or(0));
            if !sources.bar_kind.is_empty() {
                let _ = write!(canonical, " {}", sources.bar_kind);
            }
            if sources.no_volume {
                canonical.push_str(" without volume");
            }
        }
        let _ = match sources.worth {
            Worth::Base => Ok(()),
            Worth::Linear(base) => write!(canonical, "\nsizes of {base} base"),
            Worth::Inverse(quote) => write!(canonical, "\nsizes of {quote} quote"),
        };
        let sources = sources.clone();
        let mut schema = Schema { sources, titles, names, picks, streams, nodes, slots, canonical, levels };
        // Those that something reads, whatever the order in which they were handed in.
        let is_read = |it: &&Stream| matches!(it.brings, Brings::Outside(_)) && schema.reads(it.clock);
        let mut outside: Vec<_> = (schema.streams.iter().filter(is_read))
            .filter_map(|it| {
                if let Brings::Outside(at) = it.brings { schema.sources.outside.get(at) } else { None }
            })
            .map(|it| format!("\noutside {} {} {}", it.name, it.age_max.unwrap_or(0), it.origin))
            .collect();
        outside.sort_unstable();
        schema.canonical.push_str(&outside.concat());
        Ok(schema)
    }

    /// How many values there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.picks.len()
    }

    /// Never: a schema has a value.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.picks.is_empty()
    }

    /// The values as they were written, with the output where an item has several.
    #[must_use]
    pub fn titles(&self) -> &[String] {
        &self.titles
    }

    /// The values written in full, every parameter with its value.
    #[must_use]
    pub fn names(&self) -> &[String] {
        &self.names
    }

    /// What the stream must hold.
    #[must_use]
    pub fn sources(&self) -> &Sources {
        &self.sources
    }

    /// Levels of the book that are looked at; no more need to be lent.
    #[must_use]
    pub fn levels(&self) -> usize {
        self.levels
    }

    /// The lengths of the longer bars that are made of those of the stream, nanoseconds.
    pub fn longer(&self) -> impl Iterator<Item = i64> {
        self.streams.iter().filter_map(|it| match it.brings {
            Brings::Longer(span) => Some(span),
            _ => None,
        })
    }

    /// Whether trades or the book are read.
    #[must_use]
    pub fn reads_flow(&self) -> bool {
        self.reads(TRADE | BOOK)
    }

    /// Whether the book is read.
    #[must_use]
    pub fn reads_book(&self) -> bool {
        self.reads(BOOK)
    }

    fn reads(&self, flow: u64) -> bool {
        let of = |slot: usize| {
            self.streams
                .iter()
                .any(|it| it.clock & flow != 0 && (it.slot..it.slot + it.columns.width()).contains(&slot))
        };
        // A column is read by what steps with another clock too: by ONBAR and AGE, and by what joins it.
        let reads = |it: &Node| it.wakes() & flow != 0 || it.inputs.iter().any(|&slot| of(slot as usize));
        self.nodes.iter().any(reads) || self.picks.iter().any(|&slot| of(slot))
    }

    /// The values, by their titles, that rest on who took each trade: the columns `side` and `signed`, measures that sign trades,
    /// and whatever is made of those. A side that is wrong makes them wrong.
    #[must_use]
    pub fn on_sides(&self) -> Vec<&str> {
        // `side` and `signed` among the columns of a trade.
        let trades = self.streams.iter().filter(|it| it.brings == Brings::Trades);
        self.resting(trades.flat_map(|it| [it.slot + 2, it.slot + 3]))
    }

    /// Those of [`Schema::on_sides`] that have a value where the venue does not tell who took, by an estimate: not the columns
    /// `side` and `signed`, which are absent there.
    #[must_use]
    pub fn on_estimated_sides(&self) -> Vec<&str> {
        self.resting(std::iter::empty())
    }

    /// What is made of these slots, or of outputs of measures that rest on sides.
    fn resting(&self, of: impl Iterator<Item = usize>) -> Vec<&str> {
        let mut rests = vec![false; self.slots];
        of.for_each(|slot| rests[slot] = true);
        // What a node reads stands before it.
        for node in &self.nodes {
            let reads = node.inputs.iter().any(|&slot| rests[slot as usize]);
            for at in 0..node.width {
                rests[node.slot + at] = match node.work {
                    Work::Measure(_, feed) => feed.on_sides >> at & 1 == 1,
                    // How old a value is, is no matter of what it says.
                    Work::Age => false,
                    _ => reads,
                };
            }
        }
        let all = self.picks.iter().zip(&self.titles);
        all.filter(|it| rests[*it.0]).map(|it| it.1.as_str()).collect()
    }

    /// All that makes the vector what it is: the values in full, the versions of the entries they use, the length of the bars
    /// (nanoseconds, 0 where they have none or it is not known) or what else ends them, what a contract is worth that is not one unit
    /// of base, and the series from outside that are read, by their names, with
    /// their greatest age (nanoseconds, 0 for none) and their origin.
    #[must_use]
    pub fn canonical(&self) -> &str {
        &self.canonical
    }

    /// A hash of [`Schema::canonical`]: a model stores it, and refuses vectors of another.
    #[must_use]
    pub fn hash(&self) -> StateHash {
        let mut hash = StateHash::default();
        hash.absorb(self.canonical.len() as u64);
        for chunk in self.canonical.as_bytes().chunks(8) {
            hash.absorb(chunk.iter().fold(0, |word, &byte| word << 8 | u64::from(byte)));
        }
        hash
    }
}

/// Reads a hash of a schema as it is written, 16 hexadecimal digits.
pub fn read_hash(text: &str) -> Result<StateHash, String> {
    let is_hash = text.len() == 16 && text.bytes().all(|it| it.is_ascii_hexdigit());
    let bits = u64::from_str_radix(text, 16).ok().filter(|_| is_hash);
    let expected = || format!("expected the 16 hexadecimal digits of a schema, got {text:?}");
    bits.map(StateHash::from_bits).ok_or_else(expected)
}
