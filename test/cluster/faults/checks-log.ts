import type { Counts, Finding } from './checker.ts';
import type { Of, Story, Version } from './story.ts';

/** C1, C2, C9: what the engine's log may hold of a task, and has to. */
export function checkLog(story: Story, counts: Counts): Finding[] {
  return story.tasks.flatMap(task => [
    ...published(story, task, counts),
    ...onceEach(story, task),
    ...invoked(story, task),
    ...inOrder(story, task),
  ]);
}

const at = ({ log, seq, id }: Of<'log'>) => `message ${seq} of log ${log} (${id})`;

/** Each message that was acknowledged is there, unless the engine has lost it by the test's own doing. */
function published(story: Story, task: string, counts: Counts): Finding[] {
  const there = new Set(story.of(task, 'log').map(({ id, seq }) => `${id} ${seq}`));
  const lost = new Map<string, Of<'publish'>>();
  for (const ack of story.of(task, 'publish')) {
    const key = `${ack.id} ${ack.seq}`;
    const mayBeLost = story.forgot(ack.t, Number.POSITIVE_INFINITY);
    if (!mayBeLost) counts.acknowledged += 1;
    if (there.has(key)) continue;
    if (mayBeLost) counts.wiped += 1;
    else lost.set(key, ack);
  }
  return [...lost.values()].map(({ t, id, seq }) => ({
    check: 'C1' as const,
    ...{ t, task },
    text: `${id} was acknowledged as message ${seq}, and is not in the log`,
  }));
}

function onceEach(story: Story, task: string): Finding[] {
  const places = new Map<string, Of<'log'>>();
  const found: Finding[] = [];
  for (const message of story.of(task, 'log')) {
    for (const key of [`id ${message.log} ${message.id}`, `seq ${message.log} ${message.seq}`]) {
      const known = places.get(key) ?? message;
      // What went is told once more.
      const before = story.forgot(known.t, message.t) ? message : known;
      places.set(key, before);
      if (before.id === message.id && before.seq === message.seq) continue;
      found.push({
        check: 'C1',
        t: message.t,
        task,
        text: `${at(before)} stands there again as ${at(message)}`,
      });
    }
  }
  return found;
}

/** Nothing that nobody saved (C1), and nothing that replication itself has made (C9). */
function invoked(story: Story, task: string): Finding[] {
  const versions = story.versionsOf(task);
  return story.of(task, 'log').flatMap(message =>
    Object.entries(message.files).flatMap(([file, hash]): Finding[] => {
      const { t } = message;
      const own = versions.get(file);
      if ((own?.saved(hash)?.began ?? t + 1) <= t) return [];
      const echo = own?.rewritten(hash);
      return echo === undefined
        ? [{ check: 'C1', t, task, text: `${at(message)} has a version of ${file} that nobody has saved` }]
        : [
            {
              check: 'C9',
              t,
              task,
              text: `${at(message)} tells revision ${echo.revision} of ${file} as the backup has it`,
            },
          ];
    }),
  );
}

/** By file: files of a task settle each on its own, so that nothing is promised about two of them. */
function inOrder(story: Story, task: string): Finding[] {
  const found: Finding[] = [];
  const newest = new Map<string, { readonly version: Version; readonly t: number }>();
  for (const message of story.of(task, 'log')) {
    for (const [file, hash] of Object.entries(message.files)) {
      const version = story.versionsOf(task).get(file)?.saved(hash);
      if (version === undefined) continue;
      const key = `${message.log} ${file}`;
      const known = newest.get(key);
      const before = known === undefined || story.forgot(known.t, message.t) ? version : known.version;
      if (version.began >= before.began) newest.set(key, { version, t: message.t });
      else if ((version.ended ?? Number.POSITIVE_INFINITY) < before.began)
        found.push({
          check: 'C2',
          ...{ t: message.t, task },
          text: `${at(message)} has revision ${version.revision} of ${file} after revision ${before.revision}`,
        });
    }
  }
  return found;
}
