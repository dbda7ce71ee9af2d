//! The synthetic market as an event file, made once for each set of parameters.

use crate::at_work::{AtWork, CACHE};
use crate::data::{DataError, Loaded};
use crate::feed::Track;
use crate::measure::Stopwatch;
use scalp_config::Config;
use scalp_sim::synthetic::{Synthetic, SyntheticConfig};
use scalp_tables::eventfile::{EventFile, EventWriter, Summary};
use scalp_types::{EventStream, Instruments, Span, Timestamp};
use sha2::{Digest, Sha256};
use std::path::Path;

/// The instruments of the synthetic market.
pub fn instruments(synthetic: &SyntheticConfig) -> Instruments {
    Instruments::new(synthetic.instrument_specs()).expect("the generator checks its instruments")
}

/// Writes the market to an event file. `tick` is told the time that has been reached, now and then.
pub fn write(
    synthetic: SyntheticConfig,
    path: &Path,
    tick: &mut dyn FnMut(Timestamp, u64),
) -> Result<Summary, DataError> {
    const TICK_EVERY: u64 = 1 << 16;
    let instruments = instruments(&synthetic);
    let mut market = Synthetic::new(synthetic).expect("the parameters were checked");
    let mut writer = EventWriter::create(path, &instruments)?;
    let mut events = 0_u64;
    while let Some(event) = market.next().expect("generating cannot fail") {
        writer.push(&event)?;
        events += 1;
        if events.is_multiple_of(TICK_EVERY) {
            tick(event.arrived_at, events);
        }
    }
    Ok(writer.finish()?)
}

/// The market of a configuration, generated now or before.
pub fn load(config: &Config, tick: &mut dyn FnMut(Timestamp, u64)) -> Result<Loaded, DataError> {
    let watch = Stopwatch::start();
    let synthetic = config.synthetic_parameters()?;
    let text = format!("{}|{synthetic:?}", env!("CARGO_PKG_VERSION"));
    let digest = Sha256::digest(text.as_bytes());
    let name: String = digest.iter().take(16).map(|byte| format!("{byte:02x}")).collect();
    let folder = config.report.folder.join(CACHE);
    std::fs::create_dir_all(&folder).map_err(|source| DataError::Io { path: folder.clone(), source })?;
    let path = folder.join(format!("synthetic-{name}.events"));
    // What was kept and cannot be opened any more is made again.
    if EventFile::open(&path).is_err() {
        let _at_work = AtWork::in_folder(&config.report.folder);
        write(synthetic, &path, tick)?;
    }
    let track = Track {
        file: EventFile::open(&path)?,
        shift: Span::ZERO,
        start: Timestamp::MIN,
        end: Timestamp::MAX,
        repeat: 1,
        gap: Span::ZERO,
        events_max: None,
    };
    Ok(Loaded { tracks: vec![track], spent: watch.spent(), warnings: Vec::new() })
}
