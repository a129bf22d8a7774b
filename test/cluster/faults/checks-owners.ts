import type { Counts, Finding } from './checker.ts';
import type { Change, Sighting } from './history.ts';
import type { Of, Story } from './story.ts';

/** C3, C4, C5: who had a task, and what the backup's ledger says that each of them did. */
export function checkOwners(story: Story, counts: Counts): Finding[] {
  return story.tasks.flatMap(task => {
    counts.rejected += story.of(task, 'apply').length;
    return [
      ...ownersByEpoch(story, task),
      ...workByEpoch(story, task),
      ...changesInOrder(story, task),
      ...onceEach(story, task, counts),
      ...noStaleEffect(story, task),
    ];
  });
}

/**
 * Of the routing table, in the order of its revisions: the epoch rises with each change of the owner's process. A
 * table that the test took away may come back older than it was; whoever has a task then gets a new epoch all the same.
 */
function ownersByEpoch(story: Story, task: string): Finding[] {
  const found: Finding[] = [];
  const owners = new Map<number, string>();
  let [highest, newest, last] = [0, 0, 0];
  for (const { t, revision, epoch, owner } of story.of(task, 'own')) {
    if (story.forgot(last, t)) [highest, newest] = [0, 0];
    last = t;
    const isNew = revision > newest;
    newest = Math.max(newest, revision);
    if (epoch < highest && isNew)
      found.push({ check: 'C3', t, task, text: `epoch ${epoch} came after ${highest}` });
    highest = Math.max(highest, epoch);
    if (owner === null) continue;
    const name = `${owner.member} (${owner.incarnation})`;
    const before = owners.get(epoch) ?? name;
    owners.set(epoch, before);
    if (before !== name)
      found.push({ check: 'C3', t, task, text: `epoch ${epoch} had two owners: ${before} and ${name}` });
  }
  return found;
}

/** What a backup shows with a ledger, each with the one before it. */
type Seen = Of<'sight'> & { readonly ledger: NonNullable<Sighting['ledger']> };

function sightings(story: Story, task: string): Seen[] {
  return story.of(task, 'sight').filter((one): one is Seen => one.ledger !== null);
}

function newIn({ ledger }: Seen, before: Seen | undefined): readonly Change[] {
  return ledger.changes.filter(({ seq }) => seq > (before?.ledger.seq ?? 0));
}

/**
 * Whoever has a backup is the owner of a row in the routing table, by the epoch of that row, and rows that are over
 * do not come back. Changes that were made while the backup's own epoch did not change are all that owner's. Of the
 * first ones in an epoch nothing is said: whoever takes a backup over ends what the owner before had begun, under
 * that one's name.
 */
function workByEpoch(story: Story, task: string): Finding[] {
  const found: Finding[] = [];
  const owners = new Map(
    story.of(task, 'own').flatMap(one => (one.owner === null ? [] : [[one.epoch, one.owner.member]])),
  );
  const workers = new Map<number, string>();
  let highest = 0;
  let before: Seen | undefined;
  for (const sighting of sightings(story, task)) {
    const { t, ledger } = sighting;
    const { epoch, tenure } = ledger;
    const add = (check: 'C3' | 'C5', text: string) => found.push({ check, t, task, text });
    if (tenure !== null) {
      const owner = owners.get(tenure.epoch) ?? tenure.owner;
      if (owner !== tenure.owner)
        add(
          'C3',
          `${tenure.owner} has the backup in epoch ${tenure.epoch}, which is ${owner}'s in the table`,
        );
      if (tenure.epoch < highest)
        add('C5', `${tenure.owner} has the backup by epoch ${tenure.epoch} after one of ${highest}`);
      highest = Math.max(highest, tenure.epoch);
    }
    if (epoch === before?.ledger.epoch)
      for (const { seq, by } of newIn(sighting, before)) {
        if (by === null) continue;
        const worker = workers.get(epoch) ?? by;
        workers.set(epoch, worker);
        if (worker !== by) add('C3', `in epoch ${epoch} both ${worker} and ${by} wrote (change ${seq})`);
        else if ((tenure?.owner ?? by) !== by)
          add('C5', `change ${seq} of epoch ${epoch} is ${by}'s, who did not own it`);
      }
    before = sighting;
  }
  return found;
}

/** Change numbers never go back, and what was acknowledged under one stays what it was. */
function changesInOrder(story: Story, task: string): Finding[] {
  const found: Finding[] = [];
  const known = new Map<number, string>();
  let before: Seen | undefined;
  for (const sighting of sightings(story, task)) {
    const { t, ledger } = sighting;
    if (before !== undefined && ledger.seq < before.ledger.seq)
      found.push({
        check: 'C4',
        t,
        task,
        text: `change ${ledger.seq} came after change ${before.ledger.seq}`,
      });
    for (const { seq, files } of ledger.changes) {
      const said = JSON.stringify(Object.entries(files).sort());
      if ((known.get(seq) ?? said) !== said)
        found.push({ check: 'C4', t, task, text: `change ${seq} is another one than it was` });
      known.set(seq, said);
    }
    before = sighting;
  }
  return found;
}

/** A version takes effect once. What is put where it stands already has none, and is counted apart. */
function onceEach(story: Story, task: string, counts: Counts): Finding[] {
  const changes = new Map<number, { readonly t: number; readonly change: Change }>();
  for (const { t, ledger } of sightings(story, task))
    for (const change of ledger.changes) if (!changes.has(change.seq)) changes.set(change.seq, { t, change });
  const found: Finding[] = [];
  const done = new Map<string, number>();
  const stands = new Map<string, string | null>();
  for (const [seq, { t, change }] of [...changes].sort(([a], [b]) => a - b)) {
    for (const [file, hash] of Object.entries(change.files)) {
      const key = `${file} ${hash}`;
      const before = done.get(key);
      if (stands.get(file) === hash) counts.reapplied += 1;
      else if (before !== undefined && hash !== null)
        found.push({
          check: 'C4',
          t,
          task,
          text: `${file} got by change ${seq} what change ${before} had put there`,
        });
      done.set(key, seq);
      stands.set(file, hash);
    }
  }
  return found;
}

/**
 * Epochs of the ledger never go back. An owner whose folder was seen to be gone, while a higher one lay there, has
 * no effect any more: each ledger that is read from then on is the one that was read right after, or a higher epoch's.
 */
function noStaleEffect(story: Story, task: string): Finding[] {
  const found: Finding[] = [];
  let highest = 0;
  /** Epochs up to `epoch` were over when the ledger was of change `seq`. */
  let over = { epoch: 0, seq: 0 };
  for (const { t, epochs, ledger } of story.of(task, 'sight')) {
    const epoch = ledger?.epoch ?? 0;
    const seq = ledger?.seq ?? 0;
    if (ledger !== null && epoch < highest)
      found.push({
        check: 'C5',
        t,
        task,
        text: `an effect of epoch ${epoch} (change ${seq}) after one of epoch ${highest}`,
      });
    else if (ledger !== null && epoch <= over.epoch && seq !== over.seq)
      found.push({
        check: 'C5',
        t,
        task,
        text: `change ${seq} of epoch ${epoch}, which was over: ${over.epoch + 1} had taken the backup`,
      });
    highest = Math.max(highest, epoch);
    const ended = epochs.length === 0 ? 0 : Math.min(...epochs) - 1;
    if (ended > over.epoch) over = { epoch: ended, seq };
  }
  return found;
}
