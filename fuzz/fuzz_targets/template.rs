//! `template.yaml`, as the local runner reads it.

#![no_main]

use libfuzzer_sys::fuzz_target;
use local::template::{Given, Template};

fuzz_target!(|text: &str| {
    if let Err(fault) = Template::read(text, Given::default()) {
        assert!(!fault.to_string().is_empty());
    }
});
