import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { canonical } from '../../../src/core/change/align.ts';
import { diff } from '../../../src/core/change/diff.ts';
import { applyPatch, rewritePatch } from '../../../src/core/change/patch.ts';
import type { Document, FormatName } from '../../../src/core/document.ts';
import { isFailure } from '../../../src/core/failure.ts';
import { formatNamed } from '../../../src/core/formats/registry.ts';
import type { Mapping } from '../../../src/core/rewrite/identity.ts';
import { compileMapping } from '../../../src/core/rewrite/mapping.ts';
import { rewrite } from '../../../src/core/rewrite/rewrite.ts';
import { valueRewriter } from '../../../src/core/rewrite/values.ts';
import { runs } from '../../runs.ts';
import { edited } from './edits.ts';
import { IDENTITY, models } from './model.ts';
import { print } from './print.ts';

function mappingOf(): Mapping {
  const { mapping, failures } = compileMapping(IDENTITY);
  if (mapping === undefined) throw new Error(failures[0]?.message);
  return mapping;
}

function parsed(format: FormatName, text: string): Document {
  const document = formatNamed(format).parse(text);
  if (isFailure(document)) throw new Error(`${document.message}\n${text}`);
  return document;
}

function rewritten(format: FormatName, text: string, mapping: Mapping): string {
  return rewrite(parsed(format, text), mapping, 'f', formatNamed(format)).text;
}

/** The law and the involution for one format; each format's file calls it, so that two run at a time. */
export function lawOf(format: FormatName): void {
  describe(`the law, ${format}`, () => {
    const mapping = mappingOf();

    it('rewrite(patch(P, change)) equals patch(rewrite(P), rewrite(change))', () => {
      const shares = { cases: 0, atBorder: 0, inKey: 0, repeated: 0, changed: 0 };
      fc.assert(
        fc.property(edited(format), ({ before, after, traits }) => {
          const old = parsed(format, print(before, format));
          const next = parsed(format, print(after, format));
          const change = diff(old.value, next.value);
          // Left: the scanner over all of the new text, then parse.
          const left = parsed(format, rewritten(format, next.text, mapping)).value;
          // Right: the operations rewritten one by one, applied to the parsed rewrite of the old text.
          const base = parsed(format, rewritten(format, old.text, mapping)).value;
          const right = applyPatch(base, rewritePatch(change, valueRewriter(mapping, 'f'), old.value));
          expect(isFailure(right) ? right : canonical(right)).toBe(canonical(left));
          shares.cases++;
          if (change.length > 0) shares.changed++;
          for (const trait of ['atBorder', 'inKey', 'repeated'] as const) if (traits[trait]) shares[trait]++;
        }),
        runs(1000),
      );
      const percent = (part: number) => Math.round((100 * part) / shares.cases);
      console.log(
        `law ${format}: ${shares.cases} cases, ${percent(shares.changed)} % changed, token at an edit's border ` +
          `${percent(shares.atBorder)} %, identifier in a key ${percent(shares.inKey)} %, repeated entries ${percent(shares.repeated)} %`,
      );
      expect(percent(shares.atBorder)).toBeGreaterThanOrEqual(30);
      expect(percent(shares.inKey)).toBeGreaterThanOrEqual(30);
      expect(percent(shares.repeated)).toBeGreaterThanOrEqual(20);
      expect(percent(shares.changed)).toBeGreaterThanOrEqual(80);
    });

    it('rewriting there and back gives the text back, byte for byte', () => {
      fc.assert(
        fc.property(models(format), model => {
          const text = print(model, format);
          const there = rewritten(format, text, mapping);
          expect(rewritten(format, there, mapping.reversed())).toBe(text);
        }),
        runs(1000),
      );
    });
  });
}
