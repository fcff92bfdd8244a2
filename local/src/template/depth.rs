//! How deep a YAML text is nested, with what its aliases repeat.

use std::collections::HashMap;

use saphyr_parser::Event;

/// The depth at each event of a parser.
#[derive(Default)]
pub(super) struct Depth {
    /// The anchor of each open collection, and the height of what it holds so far.
    open: Vec<(usize, usize)>,
    /// The height of what each anchor names.
    heights: HashMap<usize, usize>,
}

impl Depth {
    /// The depth that is reached with this event.
    pub(super) fn after(&mut self, event: &Event<'_>) -> usize {
        match event {
            Event::SequenceStart(anchor, _) | Event::MappingStart(anchor, _) => {
                self.open.push((*anchor, 0));
                self.open.len()
            }
            Event::SequenceEnd | Event::MappingEnd => {
                if let Some((anchor, below)) = self.open.pop() {
                    self.heights.insert(anchor, below + 1);
                    self.hold(below + 1);
                }
                self.open.len()
            }
            Event::Alias(anchor) => {
                let height = self.heights.get(anchor).copied().unwrap_or(0);
                self.hold(height);
                self.open.len() + height
            }
            _ => self.open.len(),
        }
    }

    fn hold(&mut self, height: usize) {
        if let Some((_, below)) = self.open.last_mut() {
            *below = height.max(*below);
        }
    }
}
