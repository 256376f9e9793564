//! Random bytes from the host, under the names that `rand` knows.

use rand_core::{TryCryptoRng, TryRng};

#[link(wasm_import_module = "host")]
unsafe extern "C" {
    fn random(at: *mut u8, length: usize);
}

/// Never produced: a host that has no randomness throws, which ends the module.
#[derive(Clone, Copy, Debug)]
pub struct Error;

impl std::fmt::Display for Error {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str("the host has no randomness")
    }
}

impl std::error::Error for Error {}

/// Fills `target` with unpredictable bytes.
pub fn fill(target: &mut [u8]) -> Result<(), Error> {
    // SAFETY: the host writes exactly `length` bytes at `at`, all of them inside `target`.
    unsafe { random(target.as_mut_ptr(), target.len()) };
    Ok(())
}

/// The host's randomness as a generator.
#[derive(Clone, Copy, Debug, Default)]
pub struct SysRng;

impl TryRng for SysRng {
    type Error = Error;

    fn try_next_u32(&mut self) -> Result<u32, Error> {
        let mut bytes = [0; 4];
        fill(&mut bytes)?;
        Ok(u32::from_le_bytes(bytes))
    }

    fn try_next_u64(&mut self) -> Result<u64, Error> {
        let mut bytes = [0; 8];
        fill(&mut bytes)?;
        Ok(u64::from_le_bytes(bytes))
    }

    fn try_fill_bytes(&mut self, target: &mut [u8]) -> Result<(), Error> {
        fill(target)
    }
}

impl TryCryptoRng for SysRng {}
