//! The buffers that are shared with the host. They are part of the module's zeroed memory: what was never
//! used of them never becomes resident.

use crate::layout::{BATCH_BYTES, WRITE_BYTES};
use std::cell::UnsafeCell;

struct Region<const SIZE: usize>(UnsafeCell<[u8; SIZE]>);

// SAFETY: the module has one thread.
unsafe impl<const SIZE: usize> Sync for Region<SIZE> {}

impl<const SIZE: usize> Region<SIZE> {
    const fn new() -> Self {
        Self(UnsafeCell::new([0; SIZE]))
    }
}

static RECEIVED: Region<BATCH_BYTES> = Region::new();
static EVENTS: Region<BATCH_BYTES> = Region::new();
static TO_SEND: Region<BATCH_BYTES> = Region::new();
static WRITES: Region<WRITE_BYTES> = Region::new();

/// Exclusive access to all four.
pub struct Buffers {
    pub received: &'static mut [u8],
    pub events: &'static mut [u8],
    pub to_send: &'static mut [u8],
    pub writes: &'static mut [u8],
}

impl Buffers {
    /// # Safety
    /// Called once in the life of the instance.
    pub unsafe fn take() -> Self {
        // SAFETY: the caller sees to it that no other reference exists.
        unsafe {
            Self {
                received: &mut *RECEIVED.0.get(),
                events: &mut *EVENTS.0.get(),
                to_send: &mut *TO_SEND.0.get(),
                writes: &mut *WRITES.0.get(),
            }
        }
    }
}
