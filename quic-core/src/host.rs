//! What the host lends: randomness and a place for messages. The time comes as an argument of each call.

#[link(wasm_import_module = "host")]
unsafe extern "C" {
    #[link_name = "random"]
    fn host_random(at: *mut u8, length: usize);
    #[link_name = "log"]
    fn host_log(at: *const u8, length: usize);
}

/// Fills `target` with unpredictable bytes.
pub fn fill_random(target: &mut [u8]) {
    // SAFETY: the host writes exactly `length` bytes at `at`, all of them inside `target`.
    unsafe { host_random(target.as_mut_ptr(), target.len()) };
}

/// Tells the host something for its log: a failed start or the message of a panic. Never data of a peer.
pub fn log(text: &str) {
    // SAFETY: the host reads exactly `length` bytes at `at`, all of them inside `text`.
    unsafe { host_log(text.as_ptr(), text.len()) };
}
