import { opendirSync } from 'node:fs';
import { type Look, sameVersion } from '../../core/capture/look.ts';
import type { Glance } from './glance.ts';
import type { Spot } from './spots.ts';

/**
 * Which files were complete before they had their name, so that they may be read at once. Tools that
 * write in place, and tools that remove and write anew (`install`, `git checkout`, vim, `mv` from another
 * file system), show half a file under its name for a while; tools that write aside and rename(2) never
 * do. The kernel tells which it was, but Node.js passes only on that *something* happened to a name:
 * `rename` for each of created, deleted, moved away and moved here; `change` for written, truncated and
 * touched. Two things prove a rename all the same.
 *
 * **One event between two glances.** At some moment a glance at the name saw inode A. Since that moment
 * exactly one event came for the name, a `rename`, and a glance now sees a file of another inode B.
 * Whatever puts another inode under a name that is taken takes two events (gone, and created or moved
 * here), except the rename(2) that replaces it, which takes one. What has to be made sure:
 * - *All events since A are counted.* Events are queued after what they tell of can be seen, and the
 *   counters are cleared in the same breath as the glance: what was not to be seen in the glance is
 *   counted later. After a watch was set anew nothing is known of its folder's names (`Spots.forget`).
 * - *All events until B are counted.* The glance may see B while its `created` is still in the queue, or
 *   not even in it: the kernel makes the entry, then queues the event, under the lock of the folder. To
 *   list the folder takes that lock, so after listing it the event is in the queue; libuv then reads
 *   the queue until it is empty; only after that full turn the counters are believed, and only when a
 *   second glance saw what the first saw.
 * - *The events are of this folder*: the watch is on the inode that the folder's path leads to, at both
 *   glances. A folder that was moved away goes on telling about its names.
 * - *No event was dropped*: the queue holds thousands; where it may have overflowed nothing is proven.
 *
 * **The inode was seen under another name** with the size and the time of writing that it has now, and it
 * was renamed since (ctime is later than mtime: a file that was just written has them equal). This
 * also proves arrivals at names that were free, and several in quick succession. Inode numbers are used
 * again at once (vim's probe `4913` gives its to the new file), so the time of birth must agree as well;
 * and a namesake born and written in the same tick of the clock would have mtime equal to ctime.
 *
 * An empty file is never proven. What neither can see is a tool that renames a file and goes on writing
 * into it: to rename is to say that it is complete.
 */
export class Arrivals {
  private readonly seen = new Map<string, { full: string; look: Look; born: bigint }>();

  /** Remembers a file under the name it has now. */
  remember(full: string, found: Glance): void {
    const { inode } = found.look;
    this.seen.delete(inode);
    this.seen.set(inode, { full, look: found.look, born: found.born });
    if (this.seen.size > SEEN_MAX) this.seen.delete(this.seen.keys().next().value!);
  }

  /** A first glance: may a second one, after a turn of the loop, prove that the file arrived whole? */
  candidate(spot: Spot, found: Glance): Candidate | undefined {
    const { look } = found;
    if (found.kind !== 'file' || look.size === 0 || look.inode === spot.known?.inode) return undefined;
    const moved = this.moved(spot, found);
    if (!moved && !alone(spot)) return undefined;
    if (!moved && !listed(spot.folder)) return undefined;
    return { spot, look, moved };
  }

  private moved(spot: Spot, { look, born }: Glance): boolean {
    const before = this.seen.get(look.inode);
    return (
      before !== undefined &&
      before.full !== spot.full &&
      before.born === born &&
      before.look.size === look.size &&
      before.look.modified === look.modified &&
      BigInt(look.changed) > BigInt(look.modified)
    );
  }
}

export interface Candidate {
  readonly spot: Spot;
  readonly look: Look;
  readonly moved: boolean;
}

/** The second glance, a full turn of the event loop after the first. */
export function proven({ spot, look, moved }: Candidate, second: Glance | undefined): boolean {
  return (moved || alone(spot)) && sameVersion(second?.look, look);
}

const SEEN_MAX = 512;

function alone(spot: Spot): boolean {
  return spot.known !== undefined && spot.renames === 1 && spot.changes === 0;
}

/** Waits for whoever is changing the folder at this moment. */
function listed(folder: string): boolean {
  try {
    const opened = opendirSync(folder, { bufferSize: 1 });
    try {
      opened.readSync();
    } finally {
      opened.closeSync();
    }
    return true;
  } catch {
    return false;
  }
}
