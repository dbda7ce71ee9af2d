//! CSV files of Tardis.dev: told apart by their header.

use crate::fault::Fault;
use crate::mapping::Mapping;
use crate::recorded;

/// The mapping for a file with this header line; `None` when it is no Tardis header.
pub fn mapping(header: &[u8]) -> Option<Result<Mapping, Fault>> {
    let names = header.split(|&c| c == b',').collect::<Vec<_>>();
    let [b"exchange", b"symbol", b"timestamp", b"local_timestamp", rest @ ..] = &names[..] else {
        return None;
    };
    let has = |name: &str| rest.contains(&name.as_bytes());
    let name = if has("is_snapshot") {
        "tardis-incremental_book_L2"
    } else if has("asks[0].price") {
        let count = (0..).take_while(|n| has(&format!("asks[{n}].price"))).count();
        return Some(recorded::mapping("tardis-book_snapshot").map(|mut it| {
            it.levels.iter_mut().for_each(|levels| levels.count = count);
            it
        }));
    } else if has("bid_price") {
        "tardis-quotes"
    } else if has("mark_price") {
        "tardis-derivative_ticker"
    } else if has("side") && has("price") {
        "tardis-trades"
    } else {
        return None;
    };
    Some(recorded::mapping(name))
}
