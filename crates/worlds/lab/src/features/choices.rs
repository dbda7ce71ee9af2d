//! By which column a table was read where several could be meant, and which were not read: told, as nobody was asked.

use super::cells::is_absent;
use super::raw::Raw;
use scalp_tables::plain::{BUY, SELL, TIME_NAMES, choice, choices, taker_names};

/// Names of the volume of a candle.
pub(super) const VOLUME_NAMES: [&str; 2] = ["volume", "vol"];

impl Raw {
    /// Of a table of candles.
    pub(super) fn choices_of_candles(&self) -> Vec<String> {
        let all = [
            choice(&self.names, "the time of a row", &TIME_NAMES),
            choice(&self.names, "the volume", &VOLUME_NAMES),
        ];
        all.into_iter().flatten().collect()
    }

    /// Of a table of trades.
    pub(super) fn choices_of_trades(&self) -> Vec<String> {
        let book = self.unread_book().map(|it| format!("it is read as trades, and {it}"));
        choices(&self.names).into_iter().chain(self.unread_sides()).chain(book).collect()
    }

    /// Of a table of books, whose best levels, or those of the first number, could have these names.
    pub(super) fn choices_of_books(&self, first: [[Vec<String>; 2]; 2]) -> Vec<String> {
        let time = choice(&self.names, "the time of a row", &TIME_NAMES);
        let levels = first.iter().zip(["bid", "ask"]).flat_map(|([price, size], side)| {
            [
                choice(&self.names, &format!("the price of a {side}"), price),
                choice(&self.names, &format!("the size of a {side}"), size),
            ]
        });
        time.into_iter().chain(levels.flatten()).collect()
    }

    /// A book beside the price and the size of a trade.
    pub(super) fn unread_book(&self) -> Option<String> {
        let of = |side: &'static str| {
            let is_of = move |name: &String| name.to_ascii_lowercase().starts_with(side);
            (0..self.names.len()).filter(move |it| is_of(&self.names[*it])).collect::<Vec<_>>()
        };
        let (bids, asks) = (of("bid"), of("ask"));
        let names = [&bids[..], &asks[..]].concat();
        let names = names.iter().map(|&it| self.names[it].as_str()).collect::<Vec<_>>().join(", ");
        (!bids.is_empty() && !asks.is_empty()).then(|| {
            format!(
                "a book is read from a table of its own (--input once more, without the price and the size of trades): of {names} \
                 no book is made"
            )
        })
    }

    /// A column of words that can be nothing but sides, where none has the name of one.
    fn unread_sides(&self) -> Option<String> {
        let names: Vec<&str> = taker_names().collect();
        if self.any(&names).is_some() {
            return None;
        }
        // Numbers are counts of something as well.
        let is_side = |cell: &str| {
            let is_word = cell.bytes().all(|it| it.is_ascii_alphabetic());
            is_word && BUY.iter().chain(&SELL).any(|it| it.eq_ignore_ascii_case(cell))
        };
        let at = (0..self.names.len()).find(|&at| {
            let mut said = (0..self.lines.len()).map(|row| self.cells[at].text(row));
            let is_any = said.clone().any(|it| is_side(&it));
            is_any && said.all(|it| is_absent(&it) || is_side(&it))
        })?;
        Some(format!(
            "the column {} looks like sides of trades, and is not read: one is called {}",
            self.names[at],
            names.join(", ")
        ))
    }
}
