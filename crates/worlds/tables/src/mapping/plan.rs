//! A mapping applied to the columns of one file: which cell holds what.

use super::cells::Row;
use super::rows::Rows;
use super::{Column, Columns, Kind, Mapping};
use crate::fault::Fault;

/// A cell, or a part of one.
#[derive(Debug, Clone, Copy)]
pub(super) struct Cell {
    at: usize,
    part: Option<(u8, usize)>,
    name: &'static str,
}

impl Cell {
    /// Its text in this row; an error when the row is too short.
    #[inline]
    pub(super) fn of<'a>(&self, row: &Row<'a>) -> Result<&'a [u8], Fault> {
        let text = row.get(self.at).ok_or_else(|| Fault::missing(self.name))?;
        match self.part {
            None => Ok(text),
            Some((split, part)) => text
                .split(|&c| c == split)
                .nth(part)
                .ok_or_else(|| Fault::field(self.name, "more parts", text)),
        }
    }
    /// What it holds, for errors.
    pub(super) const fn name(&self) -> &'static str {
        self.name
    }
}

/// Which cell holds what.
#[derive(Debug, Clone, Default)]
pub(super) struct Plan {
    pub(super) time: Option<Cell>,
    pub(super) arrival: Option<Cell>,
    pub(super) symbol: Option<Cell>,
    pub(super) side: Option<Cell>,
    pub(super) snapshot: Option<Cell>,
    pub(super) price: Option<Cell>,
    pub(super) qty: Option<Cell>,
    pub(super) id: Option<Cell>,
    pub(super) bid: Option<Cell>,
    pub(super) bid_qty: Option<Cell>,
    pub(super) ask: Option<Cell>,
    pub(super) ask_qty: Option<Cell>,
    pub(super) open: Option<Cell>,
    pub(super) high: Option<Cell>,
    pub(super) low: Option<Cell>,
    pub(super) close: Option<Cell>,
    pub(super) volume: Option<Cell>,
    pub(super) taker_buy: Option<Cell>,
    pub(super) trades: Option<Cell>,
    pub(super) rate: Option<Cell>,
    pub(super) rate_at: Option<Cell>,
    pub(super) mark: Option<Cell>,
    pub(super) index: Option<Cell>,
    pub(super) interest: Option<Cell>,
    pub(super) interest_value: Option<Cell>,
    pub(super) message: Option<Cell>,
    pub(super) first_id: Option<Cell>,
    pub(super) last_id: Option<Cell>,
    pub(super) previous_id: Option<Cell>,
    /// Bid price, bid size, ask price, ask size of each level.
    pub(super) levels: Vec<[Cell; 4]>,
    /// How many columns every row of a text file has: as many as its first line.
    columns: usize,
}

impl Plan {
    /// The plan for a text file, and whether its first line is a header.
    pub(super) fn from_first_line(
        mapping: &Mapping,
        first: &Row<'_>,
        rows: &Rows,
    ) -> Result<(Self, bool), Fault> {
        let header = match mapping.header {
            Some(it) => it,
            None => match place_without_header(&mapping.time.column) {
                None => true,
                Some(at) => !first.get(at).is_some_and(|text| rows.looks_like_time(text)),
            },
        };
        let names = first.all();
        let plan = Self::new(mapping, header.then_some(&names[..]))?;
        Ok((Self { columns: first.len(), ..plan }, header))
    }

    /// Refuses a row with more or fewer columns than the first line: it is torn, or another row runs into it.
    #[inline]
    pub(super) fn check_columns(&self, row: &Row<'_>) -> Result<(), Fault> {
        if row.len() == self.columns { Ok(()) } else { Err(self.torn(row)) }
    }
    #[cold]
    fn torn(&self, row: &Row<'_>) -> Fault {
        let first_missing = self.cells().filter(|it| it.at >= row.len()).min_by_key(|it| it.at);
        first_missing.map_or_else(
            || {
                let expected = format!("{} columns, as in the first line", self.columns);
                Fault::field("line", expected, row.len().to_string().as_bytes())
            },
            |it| Fault::missing(it.name),
        )
    }
    /// All cells that are read.
    fn cells(&self) -> impl Iterator<Item = Cell> {
        let single = [
            self.time,
            self.arrival,
            self.symbol,
            self.side,
            self.snapshot,
            self.price,
            self.qty,
            self.id,
            self.bid,
            self.bid_qty,
            self.ask,
            self.ask_qty,
            self.open,
            self.high,
            self.low,
            self.close,
            self.volume,
            self.taker_buy,
            self.trades,
            self.rate,
            self.rate_at,
            self.mark,
            self.index,
            self.interest,
            self.interest_value,
            self.message,
            self.first_id,
            self.last_id,
            self.previous_id,
        ];
        single.into_iter().flatten().chain(self.levels.iter().flatten().copied())
    }

    /// The plan for a file with these column names, or without names.
    pub(super) fn new(mapping: &Mapping, names: Option<&[&[u8]]>) -> Result<Self, Fault> {
        let find = |column: &Column, name| find(column, names, name);
        let optional = |column: &Option<Column>, name| column.as_ref().map(|it| find(it, name)).transpose();
        let need = needed(mapping.kind);
        let c = &mapping.columns;
        for (name, there) in given(mapping, c) {
            if need.contains(&name) && !there {
                let expected = format!("a column for {name} ({:?} need {need:?})", mapping.kind);
                return Err(Fault::file(expected, "a mapping without it"));
            }
        }
        if mapping.tick_rule && (mapping.side.is_some() || mapping.kind != Kind::Trades) {
            return Err(Fault::file(
                "tick_rule only for trades without a column for side",
                "a mapping with both",
            ));
        }
        let mut plan = Self {
            time: Some(find(&mapping.time.column, "time")?),
            arrival: mapping.arrival.as_ref().map(|it| find(&it.column, "arrival")).transpose()?,
            symbol: optional(&mapping.symbol, "symbol")?,
            side: mapping.side.as_ref().map(|it| find(&it.column, "side")).transpose()?,
            snapshot: mapping.snapshot.as_ref().map(|it| find(&it.column, "snapshot")).transpose()?,
            levels: Vec::new(),
            columns: 0,
            price: optional(&c.price, "price")?,
            qty: optional(&c.qty, "qty")?,
            id: optional(&c.id, "id")?,
            bid: optional(&c.bid, "bid")?,
            bid_qty: optional(&c.bid_qty, "bid_qty")?,
            ask: optional(&c.ask, "ask")?,
            ask_qty: optional(&c.ask_qty, "ask_qty")?,
            open: optional(&c.open, "open")?,
            high: optional(&c.high, "high")?,
            low: optional(&c.low, "low")?,
            close: optional(&c.close, "close")?,
            volume: optional(&c.volume, "volume")?,
            taker_buy: optional(&c.taker_buy, "taker_buy")?,
            trades: optional(&c.trades, "trades")?,
            rate: optional(&c.rate, "rate")?,
            rate_at: optional(&c.rate_at, "rate_at")?,
            mark: optional(&c.mark, "mark")?,
            index: optional(&c.index, "index")?,
            interest: optional(&c.interest, "interest")?,
            interest_value: optional(&c.interest_value, "interest_value")?,
            message: optional(&c.message, "message")?,
            first_id: optional(&c.first_id, "first_id")?,
            last_id: optional(&c.last_id, "last_id")?,
            previous_id: optional(&c.previous_id, "previous_id")?,
        };
        if let Some(levels) = &mapping.levels {
            for n in levels.first..levels.first.saturating_add(levels.count.min(LEVELS_MAX)) {
                let named = |text: &str| Column::Named(text.replace("{}", &n.to_string()));
                plan.levels.push([
                    find(&named(&levels.bid), "bid")?,
                    find(&named(&levels.bid_qty), "bid_qty")?,
                    find(&named(&levels.ask), "ask")?,
                    find(&named(&levels.ask_qty), "ask_qty")?,
                ]);
            }
        }
        Ok(plan)
    }
}

/// Levels in columns, at most.
pub(super) const LEVELS_MAX: usize = 1_000;

const fn needed(kind: Kind) -> &'static [&'static str] {
    match kind {
        Kind::Trades | Kind::QuoteSides | Kind::Book => &["price", "qty", "side"],
        Kind::Quotes => &["bid", "bid_qty", "ask", "ask_qty"],
        Kind::Bars => &["open", "high", "low", "close", "volume", "span"],
        Kind::Snapshots => &["levels"],
        Kind::Funding => &["rate"],
        Kind::Marks | Kind::Ticker => &["mark"],
        Kind::OpenInterest => &["interest"],
    }
}

fn given(mapping: &Mapping, c: &Columns) -> [(&'static str, bool); 17] {
    [
        ("price", c.price.is_some()),
        ("qty", c.qty.is_some()),
        ("side", mapping.side.is_some() || mapping.tick_rule),
        ("bid", c.bid.is_some()),
        ("bid_qty", c.bid_qty.is_some()),
        ("ask", c.ask.is_some()),
        ("ask_qty", c.ask_qty.is_some()),
        ("open", c.open.is_some()),
        ("high", c.high.is_some()),
        ("low", c.low.is_some()),
        ("close", c.close.is_some()),
        ("volume", c.volume.is_some()),
        ("span", mapping.span.is_some()),
        ("levels", mapping.levels.is_some()),
        ("rate", c.rate.is_some()),
        ("mark", c.mark.is_some()),
        ("interest", c.interest.is_some()),
    ]
}

fn find(column: &Column, names: Option<&[&[u8]]>, name: &'static str) -> Result<Cell, Fault> {
    let by_name = |wanted: &str, names: &[&[u8]]| {
        names.iter().position(|it| *it == wanted.as_bytes()).ok_or_else(|| {
            let there = names.iter().map(|it| String::from_utf8_lossy(it)).collect::<Vec<_>>().join(", ");
            Fault::field("header", format!("a column {wanted:?} (for {name})"), there.as_bytes())
        })
    };
    let at = match (column, names) {
        (Column::At(at), _) | (Column::Either { at, .. }, None) => *at,
        (Column::Named(wanted) | Column::Either { name: wanted, .. }, Some(names)) => by_name(wanted, names)?,
        (Column::Named(wanted), None) => {
            return Err(Fault::file(format!("a header with a column {wanted:?}"), "a file without a header"));
        }
        (Column::Part { column, split, part }, _) => {
            let whole = find(column, names, name)?;
            return Ok(Cell { part: Some((*split as u8, *part)), ..whole });
        }
    };
    Ok(Cell { at, part: None, name })
}

/// Where a column is in a file whose first line has these cells, and whether they are names; `None` where it is not there.
pub(crate) fn place(column: &Column, first: &[&[u8]]) -> Option<(usize, bool)> {
    let named = find(column, Some(first), "").ok().filter(|_| !matches!(column, Column::At(_)));
    match named {
        Some(cell) => Some((cell.at, true)),
        None => place_without_header(column).map(|at| (at, false)),
    }
}

/// Where the column would be in a file without a header; `None` when only a header can tell.
fn place_without_header(column: &Column) -> Option<usize> {
    match column {
        Column::At(at) | Column::Either { at, .. } => Some(*at),
        Column::Named(_) => None,
        Column::Part { column, .. } => place_without_header(column),
    }
}
