import type { Contacts } from '../contacts.ts';
import type { Entry, Stop, Table } from '../engine.ts';
import type { Queue } from '../queue.ts';
import type { HubTable } from './tables.ts';

/** Tells all entries, then each change; and all of them again when contact was lost and found. */
export function watchTable(
  table: HubTable,
  contacts: Contacts,
  queue: Queue,
  listener: Parameters<Table['watch']>[0],
): Stop {
  let going = true;
  // What was under way when contact was lost belongs to a telling that has ended.
  let telling = 0;
  const soon = (tell: () => void) => {
    const mine = telling;
    queue.add(() => {
      if (going && mine === telling && contacts.now.is === 'there') tell();
    });
  };
  const tellAll = () => {
    telling += 1;
    for (const entry of table.all()) soon(() => listener.entry(entry));
    soon(() => listener.current());
  };
  const changed = (entry: Entry) => {
    if (contacts.now.is === 'there') soon(() => listener.entry(entry));
  };
  const stops = [table.watch(changed), contacts.found(tellAll)];
  if (contacts.now.is === 'there') tellAll();
  return () => {
    going = false;
    for (const stop of stops) stop();
  };
}
