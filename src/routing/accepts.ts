import type { Clock, Millis, Timer } from "../base/ports.ts";
import type { Link } from "../peer/link.ts";
import { TYPE } from "../wire/frame.ts";
import { writeHopAccept } from "../wire/route-control.ts";
import { FrameWriter } from "../wire/writer.ts";

/** How long a neighbour waits at most for word of what was taken from it. */
const TELL_AFTER: Millis = 20;

/** After so many frames it is told at once, so that it need not keep more. */
const TELL_EVERY = 256;

/** Tells neighbours how many route frames were taken from them: one number for all frames of a while. */
export class Accepts {
  readonly #clock: Clock;
  readonly #due: Link[] = [];
  readonly #writer = new FrameWriter();
  #timer: Timer | undefined;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** A route frame came in over `link` on its shared stream and is dealt with. */
  took(link: Link): void {
    const untold = link.framesTaken - link.framesTold;
    link.framesTaken += 1;
    if (untold === 0) this.#due.push(link);
    else if (untold >= TELL_EVERY) this.#tell(link);
    this.#schedule();
  }

  close(): void {
    this.#timer?.cancel();
    this.#due.length = 0;
  }

  #tellAll(): void {
    this.#timer = undefined;
    for (const link of this.#due) if (link.framesTaken > link.framesTold) this.#tell(link);
    // A link that took no more now is told later: its peer may send nothing before it hears.
    const untold = this.#due.filter(
      (link) => link.framesTaken > link.framesTold && link.ended === undefined,
    );
    this.#due.splice(0, this.#due.length, ...untold);
    if (untold.length > 0) this.#schedule();
  }

  #schedule(): void {
    this.#timer ??= this.#clock.timer(TELL_AFTER, () => this.#tellAll());
  }

  #tell(link: Link): void {
    this.#writer.begin();
    writeHopAccept(this.#writer, link.framesTaken);
    this.#writer.finish(TYPE.hopAccept);
    if (link.sendFrame(this.#writer)) link.framesTold = link.framesTaken;
  }
}
