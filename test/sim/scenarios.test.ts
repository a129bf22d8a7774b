import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';
import { play } from './run.ts';
import { SCENARIOS } from './scenarios.ts';

const FOLDER = fileURLToPath(new URL('../../fixtures/scenarios', import.meta.url));

/** WARMSPARE_SCENARIOS=write takes the transcripts as they now are; `git diff` then shows what changed. */
const WRITES = process.env.WARMSPARE_SCENARIOS === 'write';

/** To tenths of a second, and without what any change of the connector would change. */
function readable(line: string): string {
  const [, time, words] = /^ *([\d.]+) {2}(.*)$/.exec(line)!;
  const plain = words!
    .replace(/ replicated in [\d.]+ ms/, ' replicated')
    .replace(/\/simulated\/[^/]+\//g, '/');
  return `${Number(time).toFixed(1).padStart(6)} s  ${plain}`;
}

it.each(Object.entries(SCENARIOS))('%s', async (name, story) => {
  const { violations, lines } = await play(story);
  expect(violations).toEqual([]);
  const file = `${FOLDER}/${name.replace(/\W+/g, '-')}.txt`;
  const transcript = `${name}\n\n${lines.map(readable).join('\n')}\n`;
  if (WRITES) {
    mkdirSync(FOLDER, { recursive: true });
    writeFileSync(file, transcript);
  }
  expect(transcript).toBe(readFileSync(file, 'utf8'));
});
