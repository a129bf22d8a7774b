// Reads a store that is damaged at one place after another, and says what came back. It may end at any of
// them: whoever runs it goes on with the next one. Each line: the place, then what was read.
import { copyFileSync, existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { readFacts, readPage, readRevision } from '../../../dist/daemon/journal/reading.js';
import { rebuild } from '../../../dist/daemon/journal/rebuild.js';
import { openTables } from '../../../dist/daemon/journal/tables.js';
import { damaged } from './damage.mjs';

const [, , good, work, sort, from, step, names] = process.argv;
const { relationships, revisions } = JSON.parse(names);
const whole = readFileSync(join(good, 'data.mdb'));
const places = damaged[sort].places(whole.length);

/** Everything that a store gives, by whichever way. */
function everything(folder) {
  const tables = openTables(folder, { readOnly: true });
  if (tables === undefined) return { failures: 1 };
  try {
    const page = readPage(tables, { relationships });
    const facts = relationships.map(name => readFacts(tables, name));
    const contents = revisions.map(([path, hash]) =>
      readRevision(tables, 'a', path, hash)?.toString('latin1'),
    );
    return {
      failures: page.failures.length + facts.reduce((sum, one) => sum + one.failures.length, 0),
      records: page.records,
      facts: facts.flatMap(one => one.facts),
      contents: contents.filter(one => one !== undefined),
    };
  } finally {
    tables.root.close();
  }
}

for (let at = Number(from); at < places; at += Number(step)) {
  rmSync(work, { recursive: true, force: true });
  const [store, into] = [join(work, `s${at}`), join(work, `i${at}`)];
  mkdirSync(store, { recursive: true });
  writeFileSync(join(store, 'data.mdb'), damaged[sort].at(whole, at));
  const mark = join(good, 'mark');
  if (existsSync(mark)) copyFileSync(mark, join(store, 'mark'));
  process.stdout.write(`at ${at}\n`);
  let said;
  try {
    said = { read: everything(store) };
  } catch {
    said = { read: { failures: 1 } };
  }
  process.stdout.write(`read ${JSON.stringify(said.read)}\n`);
  try {
    const { failures } = await rebuild(store, into);
    const again = everything(into);
    said = { ...again, failures: failures.length };
  } catch {
    said = { failures: 1 };
  }
  process.stdout.write(`rebuilt ${JSON.stringify(said)}\n`);
}
process.stdout.write('end\n');
