import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { merge } from '../../../src/core/apply/merge/merge.ts';
import { PLAIN_POLICY } from '../../../src/core/apply/merge/policy.ts';
import type { Document } from '../../../src/core/document.ts';
import { isFailure } from '../../../src/core/failure.ts';
import { formatNamed } from '../../../src/core/formats/registry.ts';
import { runs } from '../../runs.ts';
import { LAYOUTS, type Layout } from './merge-print.ts';
import { edited, edits, isSection, type World, worlds } from './merge-world.ts';
import { said } from './said.ts';

/**
 * While a backup is away, or a change is held, only the newest version of a file is kept. That loses nothing:
 * one change from the first to the last version says on the backup what the changes one by one would have
 * said.
 */

function parsed({ format }: Layout, text: string): Document {
  const document = formatNamed(format).parse(text);
  if (isFailure(document)) throw new Error(`${document.message}\n${text}`);
  return document;
}

const merged = (layout: Layout, base: string, next: string, local: string) =>
  merge({
    base: parsed(layout, base),
    next: parsed(layout, next),
    local: parsed(layout, local),
    file: 'f',
    format: formatNamed(layout.format),
    policy: PLAIN_POLICY,
  });

/** What each name of a world says, those within sections too. */
function sayings(world: World, within = ''): Map<string, string> {
  const all = new Map<string, string>();
  for (const { key, above, remark, value } of world) {
    const own = isSection({ key, above, remark, value }) ? 'section' : JSON.stringify(value);
    all.set(key, `${within} ${above.join()} ${remark} ${own}`);
    if (!Array.isArray(value)) continue;
    for (const [name, saying] of sayings(value as World, key)) all.set(name, saying);
  }
  return all;
}

function changedNames(from: World, to: World): Set<string> {
  const [before, after] = [sayings(from), sayings(to)];
  return new Set([...before.keys(), ...after.keys()].filter(name => before.get(name) !== after.get(name)));
}

/**
 * Whether the primary ever had its hand on what the backup changed. What both did alike, and one took back,
 * comes out otherwise one by one: there the backup's own doing was forgotten on the way.
 */
function isApart(versions: readonly World[], local: World): boolean {
  const own = changedNames(versions[0]!, local);
  return versions.every(version => [...changedNames(versions[0]!, version)].every(name => !own.has(name)));
}

describe.each(LAYOUTS)('changes that wait, $format: $name', layout => {
  const { ability, print } = layout;
  const chain = fc
    .tuple(
      worlds(ability),
      edits('l'),
      fc.array(fc.nat(2), { minLength: 2, maxLength: 5 }),
      fc.tuple(...['a', 'c', 'd', 'e', 'f'].map(side => edits(side, 2))),
    )
    .map(([base, onLocal, picks, all]) => {
      const versions: World[] = [base];
      for (const [index, pick] of picks.entries()) {
        // Sometimes back to how it was: what came and went must not be there.
        const last = versions.at(-1)!;
        versions.push(pick === 0 ? versions[index >> 1]! : edited(last, all[index]!, ability));
      }
      return { versions, local: edited(base, onLocal, ability) };
    })
    .filter(({ versions, local }) => isApart(versions, local));

  it('say the same as one by one', () => {
    const seen = { folded: 0, held: 0, asked: 0, away: 0 };
    fc.assert(
      fc.property(chain, ({ versions, local }) => {
        const texts = versions.map(print);
        let now = print(local);
        let isHeld = false;
        for (let at = 1; at < texts.length && !isHeld; at++) {
          const step = merged(layout, texts[at - 1]!, texts[at]!, now);
          isHeld = step.failures.length > 0;
          if (!isHeld) now = step.text;
        }
        const first = texts[0]!;
        const folded = merged(layout, first, texts.at(-1)!, print(local));
        if (isHeld) {
          seen.held += 1;
          return;
        }
        const about = `${['local', print(local), ...texts, 'one by one', now, 'folded', folded.text].join('\n~~~\n')}\n`;
        if (folded.failures.length > 0) {
          // Held is never wrong; that it is rare is seen below.
          seen.asked += 1;
          return;
        }
        expect(said(folded.document.value), about).toBe(said(parsed(layout, now).value));
        if (print(local) === first) expect(folded.text).toBe(texts.at(-1));
        seen.folded += 1;
        if (print(local) !== first) seen.away += 1;
      }),
      runs(60),
    );
    console.log(`${layout.format}, ${layout.name}: ${JSON.stringify(seen)}`);
    expect(seen.away).toBeGreaterThan(5);
    expect(seen.asked).toBeLessThan(seen.folded / 10);
  });
});
