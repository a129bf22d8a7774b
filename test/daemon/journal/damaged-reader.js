// Reads a store that is damaged at one place after another, and says what came back. It may end at any of
// them: whoever runs it goes on with the next one. Each line: the place, then what was read.
import { copyFileSync, existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { answer } from '../../../dist/daemon/journal/answer.js';
import { damaged } from './damage.mjs';

const [, , good, work, sort, from, step, names] = process.argv;
const { relationships, revisions } = JSON.parse(names);
const whole = readFileSync(join(good, 'data.mdb'));
const places = damaged[sort].places(whole.length);

/** Everything that a store gives, as a child of the daemon or of `history` reads it. */
async function everything(folder) {
  const page = await answer({ call: 'page', folder, query: { relationships } });
  const facts = await answer({ call: 'facts', folder, relationship: 'a' });
  const contents = [];
  for (const [path, content] of revisions) {
    const found = await answer({ call: 'revision', folder, relationship: 'a', path, content });
    if (found !== null) contents.push(found);
  }
  return {
    failures: page.failures.length + facts.failures.length,
    records: page.records,
    facts: facts.facts,
    contents,
  };
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
    said = { read: await everything(store) };
  } catch {
    said = { read: { failures: 1 } };
  }
  process.stdout.write(`read ${JSON.stringify(said.read)}\n`);
  try {
    const { failures } = await answer({ call: 'rebuild', folder: store, into });
    const again = await everything(into);
    said = { ...again, failures: failures.length };
  } catch {
    said = { failures: 1 };
  }
  process.stdout.write(`rebuilt ${JSON.stringify(said)}\n`);
}
process.stdout.write('end\n');
