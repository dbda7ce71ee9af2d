//! The items that `[report] indicators` names.

use scalp_features::{Schema, Sources, expr};

/// Items that were read and found sound.
#[derive(Debug, Clone)]
pub struct IndicatorList(String);

impl IndicatorList {
    /// The list of a configuration; none where nothing is named. What is wrong is told with its place.
    pub fn read(items: &[String]) -> Result<Option<Self>, (usize, String)> {
        for (at, item) in items.iter().enumerate() {
            if item.trim().is_empty() {
                return Err((at, "expected an indicator such as SMA(20)".to_owned()));
            }
            if let Some(before) = items[..at].iter().position(|it| it.trim() == item.trim()) {
                return Err((at, format!("{item} stands at place {} already", before + 1)));
            }
            for part in expr::split_list(item) {
                Schema::of_items(&[part], &Sources::bars()).map_err(|why| (at, why.to_string()))?;
            }
        }
        Ok(if items.is_empty() { None } else { Some(Self(items.join(", "))) })
    }

    /// The items, separated by commas.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "tests only")]
mod tests {
    #[test]
    fn what_is_wrong_in_a_configuration_is_told_with_its_place() {
        let list = |items: &[&str]| {
            super::IndicatorList::read(&items.iter().map(|it| (*it).to_owned()).collect::<Vec<_>>())
        };
        assert!(list(&[]).unwrap().is_none());
        assert!(list(&["SMA(20)", "RSI(14)@1h", "DOUBLE_TOP", "LAG(SMA(RSI(14),9),2)"]).unwrap().is_some());
        let (at, why) = list(&["SMA(20)", "BBAND(20)"]).unwrap_err();
        assert!(at == 1 && why.contains("did you mean BBANDS?"), "{why}");
        assert_eq!(list(&["SMA(20)", " "]).unwrap_err().0, 1);
        assert!(list(&["SMA(0)"]).unwrap_err().1.contains("SMA.timeperiod"));
        assert!(list(&["SMA(9)", "SMA(9)"]).unwrap_err().1.contains("stands at place 1"));
        assert!(list(&["SMA(9"]).unwrap_err().1.contains("closing bracket"));
        assert!(list(&["VPIN(50)"]).unwrap_err().1.contains("reads trades"));
    }
}
