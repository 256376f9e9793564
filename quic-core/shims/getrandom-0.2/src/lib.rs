//! Random bytes from the host, under the name and signature that `ring` knows.

#[link(wasm_import_module = "host")]
unsafe extern "C" {
    fn random(at: *mut u8, length: usize);
}

/// Never produced: a host that has no randomness throws, which ends the module.
#[derive(Clone, Copy, Debug)]
pub struct Error;

/// Fills `target` with unpredictable bytes.
pub fn getrandom(target: &mut [u8]) -> Result<(), Error> {
    // SAFETY: the host writes exactly `length` bytes at `at`, all of them inside `target`.
    unsafe { random(target.as_mut_ptr(), target.len()) };
    Ok(())
}
