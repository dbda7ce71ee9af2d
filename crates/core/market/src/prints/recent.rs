//! Prices that the market traded at a moment ago. One order that takes many levels prints each of them, in steps so small
//! that the other side of the book, where the next trade may be, looks far away; but the market was there just before.

use scalp_types::StateHash;
use serde::{Deserialize, Serialize};

/// Prints of a block, of which the lowest and the highest are kept.
const BLOCK: u32 = 32;
/// Full blocks that are kept, beside the one that fills.
const BLOCKS: usize = 16;

/// The lowest and the highest of the latest 512 to 544 prints that passed.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub(super) struct Recent {
    /// A ring of full blocks; empty ones span nothing.
    blocks: [Block; BLOCKS],
    next: usize,
    filling: Block,
    filled: u32,
}

#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
struct Block {
    low: f64,
    high: f64,
}

const EMPTY: Block = Block { low: f64::MAX, high: 0.0 };

impl Block {
    const fn and(self, price: f64) -> Self {
        Self { low: self.low.min(price), high: self.high.max(price) }
    }
}

impl Default for Recent {
    fn default() -> Self {
        Self { blocks: [EMPTY; BLOCKS], next: 0, filling: EMPTY, filled: 0 }
    }
}

impl Recent {
    pub fn accept(&mut self, price: f64) {
        self.filling = self.filling.and(price);
        self.filled += 1;
        if self.filled == BLOCK {
            self.blocks[self.next] = self.filling;
            self.next = (self.next + 1) % BLOCKS;
            (self.filling, self.filled) = (EMPTY, 0);
        }
    }

    /// Whether the price lies between the lowest and the highest.
    pub fn spans(&self, price: f64) -> bool {
        let all = || self.blocks.iter().chain([&self.filling]);
        all().any(|it| it.low <= price) && all().any(|it| price <= it.high)
    }

    pub fn digest(&self, hash: &mut StateHash) {
        for it in self.blocks.iter().chain([&self.filling]).filter(|it| it.low <= it.high) {
            hash.absorb(it.low.to_bits());
            hash.absorb(it.high.to_bits());
        }
        hash.absorb(u64::from(self.filled));
    }
}
