//! The connections that captures were recorded through, over all files of a source: two markets of one venue may carry one
//! symbol, in one file or each in a file of its own, and a book made of both is none.

use crate::eventfile::Summary;
use crate::fault::Fault;
use scalp_types::{InstrumentId, InstrumentSpec};
use serde::{Deserialize, Serialize};
use std::fmt;

/// A connection of a capture.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Connection {
    /// What the recorder calls it.
    pub name: String,
    /// Where it led, without what is asked for behind `?`, by which connections to one market may differ. None where no frame
    /// says it.
    pub address: Option<String>,
    /// Whether it was chosen, by somebody who knows what it is.
    pub chosen: bool,
    /// What was told through it.
    pub carries: Vec<InstrumentId>,
}

impl Connection {
    /// Whether it goes by this name or address.
    pub fn is_called(&self, chosen: &str) -> bool {
        self.name == chosen || self.address.as_deref().is_some_and(|it| it == without_query(chosen))
    }

    /// Whether another market lies behind the other one. Where an address is not known, a connection stands for itself, unless
    /// both were chosen by somebody who knows them.
    pub fn is_other_market(&self, other: &Self) -> bool {
        match (&self.address, &other.address) {
            (Some(ours), Some(theirs)) => ours != theirs,
            _ => self.name != other.name && !(self.chosen && other.chosen),
        }
    }
}

impl fmt::Display for Connection {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.address {
            Some(address) if *address != self.name => write!(f, "{} ({address})", self.name),
            _ => write!(f, "{}", self.name),
        }
    }
}

/// An address without what is asked for behind its `?`.
pub fn without_query(address: &str) -> &str {
    address.split('?').next().unwrap_or(address)
}

/// Names and addresses, as an error lists them.
pub fn list<'a>(connections: impl IntoIterator<Item = &'a Connection>) -> String {
    let all: Vec<String> = connections.into_iter().map(Connection::to_string).collect();
    all.join(", ")
}

/// Adds the connections of another file of one source. A name whose address only one of the two files says has it in both: a
/// recorder that begins a new file goes on with the connections that it has.
pub fn join(all: &mut Vec<Connection>, mut more: Vec<Connection>) {
    for new in &mut more {
        for known in all.iter_mut().filter(|it| it.name == new.name) {
            new.address = new.address.take().or_else(|| known.address.clone());
            known.address = known.address.take().or_else(|| new.address.clone());
        }
    }
    for new in more {
        match all.iter_mut().find(|it| it.name == new.name && it.address == new.address) {
            Some(known) => {
                known.chosen |= new.chosen;
                known.carries.extend(new.carries);
                known.carries.sort_unstable();
                known.carries.dedup();
            }
            None => all.push(new),
        }
    }
}

/// The connections of a stored file, with these instruments' ids in place of its own.
pub fn of(stored: &Summary, instruments: &[InstrumentSpec]) -> Vec<Connection> {
    let id = |it: &InstrumentId| {
        let spec = stored.instruments.get(it.index())?;
        let at = instruments.iter().position(|it| it.venue == spec.venue && it.symbol == spec.symbol)?;
        Some(InstrumentId(u16::try_from(at).ok()?))
    };
    let of_them =
        |it: &Connection| Connection { carries: it.carries.iter().filter_map(id).collect(), ..it.clone() };
    stored.connections.iter().map(of_them).collect()
}

/// The first instrument that two markets carry, with all connections that do; none where each is of one market.
pub fn torn(all: &[Connection]) -> Option<(InstrumentId, Vec<&Connection>)> {
    let mut pairs = all.iter().enumerate().flat_map(|(at, one)| all[..at].iter().map(move |it| (it, one)));
    let common = |(one, other): (&Connection, &Connection)| {
        one.carries.iter().copied().find(|it| one.is_other_market(other) && other.carries.contains(it))
    };
    let instrument = pairs.find_map(common)?;
    Some((instrument, all.iter().filter(|it| it.carries.contains(&instrument)).collect()))
}

/// What is expected where two markets carry an instrument.
pub fn choice<'a>(symbol: &str, carriers: impl IntoIterator<Item = &'a Connection>) -> String {
    format!(
        "the choice of one market of {symbol} by the name or address of its connection (--connection, or connection in \
         [[data]]): {}",
        list(carriers)
    )
}

/// A connection that was chosen and is not among those of the source.
#[cold]
pub fn lacking(chosen: &[impl AsRef<str>], all: &[Connection]) -> Option<Fault> {
    let is_there = |name: &str| all.iter().any(|it| it.is_called(name));
    let name = chosen.iter().map(AsRef::as_ref).find(|it| !is_there(it))?;
    let got = if all.is_empty() {
        "a capture that names no connections".to_owned()
    } else {
        format!("one of {}", list(all))
    };
    Some(Fault::file(format!("a capture of the connection {name:?}"), got))
}

/// Why a file of a source of which connections were chosen was passed over: what it has instead. None where it has one of them.
pub fn passed_over(chosen: &[impl AsRef<str>], of_file: &[Connection]) -> Option<String> {
    let has_one = chosen.is_empty() || of_file.is_empty() || of_file.iter().any(|it| it.chosen);
    (!has_one).then(|| {
        let chosen: Vec<&str> = chosen.iter().map(AsRef::as_ref).collect();
        format!(
            "passed over, as it has nothing of the connection {}: it has {}",
            chosen.join(", "),
            list(of_file)
        )
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn connection(name: &str, address: Option<&str>, chosen: bool) -> Connection {
        Connection {
            name: name.into(),
            address: address.map(Into::into),
            chosen,
            carries: vec![InstrumentId(0)],
        }
    }

    fn are_torn(files: &[Connection]) -> bool {
        let mut all = Vec::new();
        files.iter().for_each(|it| join(&mut all, vec![it.clone()]));
        torn(&all).is_some()
    }

    #[test]
    fn files_are_of_one_market_where_their_addresses_or_names_say_so() {
        let [linear, spot] = ["wss://x/linear", "wss://x/spot"].map(Some);
        assert!(are_torn(&[connection("c.1", linear, false), connection("c.2", spot, false)]));
        // One name in two files with an address in each: the recorder began anew.
        assert!(are_torn(&[connection("c.1", linear, true), connection("c.1", spot, true)]));
        assert!(!are_torn(&[connection("c.1", linear, false), connection("c.7", linear, false)]));
        // The second file goes on with a connection of the first, and says no address; in any order.
        let parts = [
            connection("c.1", linear, false),
            connection("c.1", None, false),
            connection("c.7", linear, false),
        ];
        for order in [[0, 1, 2], [1, 0, 2], [2, 1, 0], [1, 2, 0]] {
            assert!(!are_torn(&order.map(|it| parts[it].clone())), "{order:?}");
        }
        // Without any address a connection is a market, unless those who know have chosen both.
        for (chosen, want) in [([false, false], true), ([true, false], true), ([true, true], false)] {
            let files = [connection("c.1", None, chosen[0]), connection("c.2", None, chosen[1])];
            assert_eq!(are_torn(&files), want, "{chosen:?}");
        }
    }

    #[test]
    fn a_chosen_connection_must_be_in_one_of_the_files() {
        let file = [connection("c.1", Some("wss://x/linear"), false)];
        assert!(lacking(&["c.1", "wss://x/linear?a=1"], &file).is_none());
        assert!(lacking(&["c.1", "c.2"], &file).is_some());
        assert_eq!(passed_over(&["c.1"], &[]), None, "of a table nothing is said");
        let why = passed_over(&["c.2"], &file).unwrap();
        assert_eq!(why, "passed over, as it has nothing of the connection c.2: it has c.1 (wss://x/linear)");
        assert_eq!(passed_over(&[] as &[&str], &file), None);
    }
}
