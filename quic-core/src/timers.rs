//! Which connection must be woken when: a binary heap that knows where each connection stands in it, so
//! that a deadline moves in place and the heap never holds more than one entry per connection.

use web_time::Instant;

const ABSENT: usize = usize::MAX;

/// Deadlines of connections, by their handle.
#[derive(Default)]
pub struct Timers {
    heap: Vec<(Instant, usize)>,
    places: Vec<usize>,
}

impl Timers {
    /// The earliest deadline.
    pub fn next(&self) -> Option<Instant> {
        self.heap.first().map(|entry| entry.0)
    }

    /// Sets, moves or removes the deadline of a connection.
    pub fn set(&mut self, handle: usize, deadline: Option<Instant>) {
        if handle >= self.places.len() {
            self.places.resize(handle + 1, ABSENT);
        }
        let place = self.places[handle];
        match deadline {
            Some(at) if place == ABSENT => {
                self.heap.push((at, handle));
                self.rise(self.heap.len() - 1);
            }
            Some(at) => {
                self.heap[place].0 = at;
                self.settle(place);
            }
            None if place != ABSENT => self.remove(place),
            None => {}
        }
    }

    /// Takes one connection whose deadline is not after `now`.
    pub fn pop_due(&mut self, now: Instant) -> Option<usize> {
        let (at, handle) = *self.heap.first()?;
        if at > now {
            return None;
        }
        self.remove(0);
        Some(handle)
    }

    fn remove(&mut self, place: usize) {
        let (_, handle) = self.heap.swap_remove(place);
        self.places[handle] = ABSENT;
        if place < self.heap.len() {
            self.settle(place);
        }
    }

    fn settle(&mut self, place: usize) {
        let place = self.rise(place);
        self.sink(place);
    }

    fn rise(&mut self, mut place: usize) -> usize {
        while place > 0 {
            let parent = (place - 1) / 2;
            if self.heap[parent].0 <= self.heap[place].0 {
                break;
            }
            self.swap(parent, place);
            place = parent;
        }
        self.places[self.heap[place].1] = place;
        place
    }

    fn sink(&mut self, mut place: usize) {
        loop {
            let left = 2 * place + 1;
            if left >= self.heap.len() {
                break;
            }
            let right = left + 1;
            let least =
                if right < self.heap.len() && self.heap[right].0 < self.heap[left].0 { right } else { left };
            if self.heap[place].0 <= self.heap[least].0 {
                break;
            }
            self.swap(place, least);
            place = least;
        }
        self.places[self.heap[place].1] = place;
    }

    fn swap(&mut self, a: usize, b: usize) {
        self.heap.swap(a, b);
        self.places[self.heap[a].1] = a;
        self.places[self.heap[b].1] = b;
    }
}
